//! A file on its way to disk: written piece by piece with its digest, gone again if nobody takes it.

use crate::env::Env;
use crate::error::{Error, Result};
use crate::exec::Upload;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

pub struct Arriving {
    upload: Upload,
    out: File,
    hasher: Sha256,
}

impl Arriving {
    pub async fn begin(
        env: &Env,
        field: String,
        file_name: String,
        content_type: String,
    ) -> Result<Arriving> {
        let folder = env.incoming_dir();
        tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
        let path = folder.join(crate::id::hex_token());
        // From here on the file is removed unless it is taken.
        let upload = Upload { field, file_name, content_type, path, size: 0, sha256: String::new() };
        let out = File::create(&upload.path).await.map_err(failed)?;
        Ok(Arriving { upload, out, hasher: Sha256::new() })
    }

    pub async fn write(&mut self, chunk: &Bytes) -> Result<()> {
        self.hasher.update(chunk);
        self.upload.size += chunk.len() as u64;
        self.out.write_all(chunk).await.map_err(failed)
    }

    pub async fn end(mut self) -> Result<Upload> {
        self.out.flush().await.map_err(failed)?;
        self.upload.sha256 = self.hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(self.upload)
    }
}

fn failed(e: std::io::Error) -> Error {
    Error::server(format!("an upload could not be stored: {e}"))
}
