//! Encrypted files of a backup: XChaCha20-Poly1305 over pieces of 64 KiB in the STREAM construction, so that pieces
//! cannot be exchanged, repeated or cut off, under a key made of `P_BACKUP_KEY` by argon2id. The name of a file is part
//! of what is authenticated: one file of a backup cannot take the place of another.

use crate::error::{Error, Result};
use aead_stream::{DecryptorBE32, EncryptorBE32};
use argon2::Argon2;
use chacha20poly1305::aead::{Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

const MAGIC: &[u8; 16] = b"JINDOU-SEALED-1\n";
const SALT: usize = 16;
/// The nonce of XChaCha20 without the counter and the last flag of STREAM.
const NONCE: usize = 19;
const HEAD: usize = MAGIC.len() + SALT + NONCE;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;

/// Makes keys of one passphrase. Making one takes tens of milliseconds, so those made are kept.
pub struct Cipher {
    passphrase: String,
    /// Of files that are sealed from now on.
    salt: [u8; SALT],
    keys: Mutex<BTreeMap<[u8; SALT], Key>>,
}

impl Cipher {
    pub fn new(passphrase: &str) -> Cipher {
        let salt = <[u8; SALT]>::generate();
        Cipher { passphrase: passphrase.to_owned(), salt, keys: Mutex::default() }
    }

    fn key(&self, salt: [u8; SALT]) -> io::Result<XChaCha20Poly1305> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&salt) {
            return Ok(XChaCha20Poly1305::new(key));
        }
        let mut key = Key::default();
        let made = Argon2::default().hash_password_into(self.passphrase.as_bytes(), &salt, &mut key);
        made.map_err(|e| io::Error::other(format!("no key can be made of P_BACKUP_KEY: {e}")))?;
        keys.insert(salt, key);
        Ok(XChaCha20Poly1305::new(&key))
    }

    /// What is written to it arrives at `out` encrypted; `finish` writes the end.
    pub fn sealing<W: Write>(&self, name: &str, mut out: W) -> io::Result<Sealing<W>> {
        let nonce = <[u8; NONCE]>::generate();
        let cipher = self.key(self.salt)?;
        out.write_all(MAGIC)?;
        out.write_all(&self.salt)?;
        out.write_all(&nonce)?;
        let cipher = EncryptorBE32::from_aead(cipher, &nonce.into());
        Ok(Sealing { cipher, name: name.to_owned(), piece: Vec::with_capacity(PIECE), out })
    }

    /// What is written to it, a sealed file, arrives at `out` as it was before.
    pub fn opening<W: Write>(&self, name: &str, out: W) -> Opening<'_, W> {
        Opening { keys: self, cipher: None, name: name.to_owned(), held: Vec::new(), out }
    }
}

pub struct Sealing<W> {
    cipher: EncryptorBE32<XChaCha20Poly1305>,
    name: String,
    piece: Vec<u8>,
    out: W,
}

impl<W: Write> Sealing<W> {
    pub fn finish(mut self) -> io::Result<W> {
        let payload = Payload { msg: &self.piece, aad: self.name.as_bytes() };
        let sealed = self.cipher.encrypt_last(payload).map_err(|_| too_long())?;
        self.out.write_all(&sealed)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits until it is known not to be the last one.
        if self.piece.len() == PIECE {
            let payload = Payload { msg: &self.piece, aad: self.name.as_bytes() };
            let sealed = self.cipher.encrypt_next(payload).map_err(|_| too_long())?;
            self.out.write_all(&sealed)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn too_long() -> io::Error {
    io::Error::other("the file is too long to be sealed")
}

pub struct Opening<'k, W> {
    keys: &'k Cipher,
    cipher: Option<DecryptorBE32<XChaCha20Poly1305>>,
    name: String,
    /// The head until it is whole, then a piece that may be the last.
    held: Vec<u8>,
    out: W,
}

impl<W: Write> Opening<'_, W> {
    /// Fails unless the end was there.
    pub fn finish(mut self) -> Result<W> {
        let cut = || unopened(&self.name);
        let cipher = self.cipher.take().ok_or_else(cut)?;
        let payload = Payload { msg: &self.held, aad: self.name.as_bytes() };
        let plain = cipher.decrypt_last(payload).map_err(|_| cut())?;
        let written = self.out.write_all(&plain).and_then(|()| self.out.flush());
        written.map_err(|e| Error::server(format!("{}: {e}", self.name)))?;
        Ok(self.out)
    }

    fn begin(&mut self) -> io::Result<()> {
        let (magic, rest) = self.held.split_at(MAGIC.len());
        let (salt, nonce) = rest.split_at(SALT);
        let (Ok(salt), Ok(nonce)) = (<[u8; SALT]>::try_from(salt), <[u8; NONCE]>::try_from(nonce)) else {
            return Err(broken(&self.name));
        };
        if magic != MAGIC {
            return Err(broken(&self.name));
        }
        self.cipher = Some(DecryptorBE32::from_aead(self.keys.key(salt)?, &nonce.into()));
        self.held.clear();
        Ok(())
    }
}

impl<W: Write> Write for Opening<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = match &mut self.cipher {
            None => HEAD,
            Some(cipher) => {
                if self.held.len() == PIECE + TAG {
                    let payload = Payload { msg: &self.held, aad: self.name.as_bytes() };
                    let plain = cipher.decrypt_next(payload).map_err(|_| broken(&self.name))?;
                    self.out.write_all(&plain)?;
                    self.held.clear();
                }
                PIECE + TAG
            }
        };
        let taken = bytes.len().min(room - self.held.len());
        self.held.extend_from_slice(&bytes[..taken]);
        if self.cipher.is_none() && self.held.len() == HEAD {
            self.begin()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn broken(name: &str) -> io::Error {
    io::Error::other(said(name))
}

fn unopened(name: &str) -> Error {
    Error::server(said(name))
}

fn said(name: &str) -> String {
    format!("{name} does not open: P_BACKUP_KEY is not the one it was sealed with, or the file is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(cipher: &Cipher, name: &str, plain: &[u8]) -> Vec<u8> {
        let mut sealing = cipher.sealing(name, Vec::new()).unwrap();
        sealing.write_all(plain).unwrap();
        sealing.finish().unwrap()
    }

    fn open(cipher: &Cipher, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut opening = cipher.opening(name, Vec::new());
        opening.write_all(sealed).ok()?;
        opening.finish().ok()
    }

    #[test]
    fn files_of_every_length_come_back() {
        let (cipher, other) = (Cipher::new("a good passphrase"), Cipher::new("a good passphrase"));
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 77] {
            let plain: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let sealed = seal(&cipher, "a", &plain);
            assert_eq!(open(&other, "a", &sealed).as_ref(), Some(&plain), "{length}");
            assert!(plain.len() < 16 || !sealed.windows(16).any(|part| part == &plain[..16]));
        }
    }

    #[test]
    fn what_was_changed_cut_renamed_or_sealed_by_another_does_not_open() {
        let cipher = Cipher::new("a good passphrase");
        let plain = vec![7; 2 * PIECE + 5];
        let sealed = seal(&cipher, "a", &plain);
        assert!(open(&cipher, "b", &sealed).is_none());
        assert!(open(&Cipher::new("another passphrase"), "a", &sealed).is_none());
        for at in [0, 20, 40, HEAD, HEAD + PIECE + TAG, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&cipher, "a", &changed).is_none(), "{at}");
        }
        for cut in [0, HEAD - 1, HEAD, HEAD + PIECE + TAG, HEAD + 2 * (PIECE + TAG), sealed.len() - 1] {
            assert!(open(&cipher, "a", &sealed[..cut]).is_none(), "{cut}");
        }
        let (head, pieces) = sealed.split_at(HEAD);
        let (first, rest) = pieces.split_at(PIECE + TAG);
        let (second, last) = rest.split_at(PIECE + TAG);
        assert!(open(&cipher, "a", &[head, second, first, last].concat()).is_none());
        assert!(open(&cipher, "a", &[head, first, last].concat()).is_none());
    }
}
