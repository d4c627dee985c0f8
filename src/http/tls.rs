//! TLS by certificate files, for servers without a proxy before them. The files are read again when they change, and when
//! the server is told to (SIGHUP); connections that are open keep the certificate they began with.

use crate::config::Config;
use arc_swap::ArcSwap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::ServerConfig;
use tokio_rustls::rustls::{ServerConnection, crypto};

/// What a client may speak, best first.
const PROTOCOLS: [&[u8]; 2] = [H2, b"http/1.1"];
const H2: &[u8] = b"h2";
/// How often it is looked whether the files have changed.
const LOOK: Duration = Duration::from_secs(5);

pub struct Tls {
    in_use: ArcSwap<ServerConfig>,
    files: Mutex<Files>,
}

/// The certificate chain and its private key.
#[derive(Clone, PartialEq, Eq)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
    /// How they looked when they were read the last time.
    seen: [Option<Look>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    changed: SystemTime,
    length: u64,
}

impl Tls {
    /// None when no certificate is configured.
    pub fn of(config: &Config) -> Result<Option<Tls>, String> {
        let Some(files) = Files::of(config)? else { return Ok(None) };
        let in_use = ArcSwap::from_pointee(files.read()?);
        Ok(Some(Tls { in_use, files: Mutex::new(files) }))
    }

    /// Takes the files that a new configuration names, as they are now. What cannot be used changes nothing.
    pub fn renew(&self, config: &Config) -> Result<(), String> {
        let files = Files::of(config)?
            .ok_or("P_TLS_CERT: to serve without TLS the server must be started anew".to_owned())?;
        self.in_use.store(Arc::new(files.read()?));
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
        tracing::info!("the certificate was read again");
        Ok(())
    }

    /// Takes the files if they have changed. Of two that do not fit the old ones stay in use: the other one of them may
    /// be on its way.
    fn look(&self) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Files { seen: looks(&files.cert, &files.key), ..files.clone() };
        if now == *files {
            return;
        }
        match now.read() {
            Ok(read) => {
                self.in_use.store(Arc::new(read));
                tracing::info!("the certificate was read again: its files have changed");
            }
            Err(fault) => tracing::error!(fault, "the certificate in use stays"),
        }
        *files = now;
    }

    /// Looks after the files as long as the server runs.
    pub async fn watch(self: Arc<Tls>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let tls = self.clone();
            // On a thread that may wait: the files may be on a disk that does not answer.
            let _ = tokio::task::spawn_blocking(move || tls.look()).await;
        }
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.in_use.load_full())
    }
}

/// Whether the client chose HTTP/2.
pub fn is_h2(connection: &ServerConnection) -> bool {
    connection.alpn_protocol() == Some(H2)
}

impl Files {
    fn of(config: &Config) -> Result<Option<Files>, String> {
        let (cert, key) = (config.text("P_TLS_CERT"), config.text("P_TLS_KEY"));
        if cert.is_empty() && key.is_empty() {
            return Ok(None);
        }
        let (cert, key) = (PathBuf::from(cert), PathBuf::from(key));
        let seen = looks(&cert, &key);
        Ok(Some(Files { cert, key, seen }))
    }

    fn read(&self) -> Result<ServerConfig, String> {
        let refused = |error: tokio_rustls::rustls::Error| format!("P_TLS_CERT, P_TLS_KEY: {error}");
        let certs = CertificateDer::pem_file_iter(&self.cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("P_TLS_CERT: {}: {error}", self.cert.display()))?;
        if certs.is_empty() {
            return Err(format!("P_TLS_CERT: {}: there is no certificate in it", self.cert.display()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| format!("P_TLS_KEY: {}: {error}", self.key.display()))?;
        // TLS 1.2 and 1.3; the builder refuses a key of another certificate.
        let mut server = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_no_client_auth()
            .with_single_cert(certs, key)
            .map_err(refused)?;
        server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(server)
    }
}

fn looks(cert: &Path, key: &Path) -> [Option<Look>; 2] {
    [cert, key].map(|path| {
        let meta = path.metadata().ok()?;
        Some(Look { changed: meta.modified().ok()?, length: meta.len() })
    })
}
