//! A file on its way to disk: written piece by piece with its digest, gone again if nobody takes it.

use crate::api::Upload;
use crate::error::{Error, Result};
use crate::services::Services;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use tokio::sync::Semaphore;

/// Pieces written at once. More would only be more threads, each with memory of its own.
static WRITERS: Semaphore = Semaphore::const_new(8);

pub struct Arriving {
    upload: Upload,
    /// Bytes at most.
    most: u64,
    /// None after a failure.
    out: Option<(File, Sha256)>,
}

impl Arriving {
    pub async fn begin(
        env: &Services,
        field: String,
        file_name: String,
        content_type: String,
        most: u64,
    ) -> Result<Arriving> {
        let folder = env.incoming_dir();
        let path = folder.join(crate::id::hex_token());
        // From here on the file is removed unless it is taken.
        let upload = Upload { field, file_name, content_type, path, size: 0, sha256: String::new() };
        let path = upload.path.clone();
        let made = on_disk(move || {
            std::fs::create_dir_all(folder)?;
            File::create(path)
        });
        let out = made.await?;
        Ok(Arriving { upload, most, out: Some((out, Sha256::new())) })
    }

    pub async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.upload.size += chunk.len() as u64;
        if self.upload.size > self.most {
            return Err(Upload::too_large(&self.upload.file_name, self.most));
        }
        let Some((mut out, mut hasher)) = self.out.take() else {
            return Err(Error::server("a file that failed goes on arriving"));
        };
        let written = on_disk(move || {
            hasher.update(&chunk);
            out.write_all(&chunk)?;
            Ok((out, hasher))
        });
        self.out = Some(written.await?);
        Ok(())
    }

    pub fn end(mut self) -> Result<Upload> {
        let Some((_, hasher)) = self.out else {
            return Err(Error::server("a file that failed is at its end"));
        };
        self.upload.sha256 = hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(self.upload)
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let failed = |why: String| Error::server(format!("an upload could not be stored: {why}"));
    let _place = WRITERS.acquire().await.map_err(|e| failed(e.to_string()))?;
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| failed(e.to_string()))?;
    done.map_err(|e| failed(e.to_string()))
}
