//! Secrets that the server itself must be able to read again: kept encrypted in the database under the server's
//! secret key, so that a copy of the database alone does not yield them. What only has to be compared is hashed.

use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

const NONCE: usize = 24;

/// Seals and opens texts under one secret key.
///
/// ```
/// use jindou::credentials::seal::Seal;
/// let seal = Seal::new(b"the server's secret");
/// let kept = seal.close("row 7", b"open sesame")?;
/// assert_eq!(seal.open("row 7", &kept)?, b"open sesame");
/// assert!(seal.open("row 8", &kept).is_err(), "it is of use in its own place only");
/// assert!(Seal::new(b"another secret").open("row 7", &kept).is_err());
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    keyed: Hmac<Sha256>,
}

impl Seal {
    pub fn new(secret: &[u8]) -> Seal {
        // Each purpose has a key of its own, derived from the one secret.
        let derive = |purpose: &[u8]| Sha256::new().chain_update(purpose).chain_update(secret).finalize();
        let mut block = [0; 64];
        block[..32].copy_from_slice(&derive(b"jindou keyed hash\0"));
        Seal {
            cipher: XChaCha20Poly1305::new(&derive(b"jindou sealed secret\0")),
            keyed: Hmac::new(&block.into()),
        }
    }

    /// The sealed text of a secret that belongs to a place.
    pub fn close(&self, place: &str, secret: &[u8]) -> Result<String> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload);
        let sealed = sealed.map_err(|_| Error::server("a secret could not be sealed"))?;
        Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The secret again; an error when the key, the place or the text is not the one of then.
    pub fn open(&self, place: &str, text: &str) -> Result<Vec<u8>> {
        let broken = || Error::server("a sealed secret does not open; is the secret key the one of then?");
        let bytes = STANDARD.decode(text).map_err(|_| broken())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| broken())?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher.decrypt(&nonce, payload).map_err(|_| broken())
    }

    /// What is stored of a secret that is merely compared and too short to withstand a search of the database.
    pub fn hash(&self, place: &str, secret: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(place.as_bytes());
        mac.update(b"\0");
        mac.update(secret.as_bytes());
        crate::id::hex(&mac.finalize().into_bytes())
    }
}
