//! The keys of the chain: a secret outside the database, without which no row, mark or witnessed head can be made.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// One key. It takes a secret for granted that is long enough.
#[derive(Clone)]
pub struct Seal {
    /// HMAC with its key already taken in.
    keyed: Hmac<Sha256>,
    name: String,
}

impl Seal {
    /// The secret is hashed with a purpose, so that it may serve elsewhere too.
    pub fn of(secret: &[u8]) -> Seal {
        let digest = Sha256::new().chain_update(b"jindou audit chain\0").chain_update(secret).finalize();
        let mut block = [0; 64];
        block[..32].copy_from_slice(&digest);
        let keyed = Hmac::<Sha256>::new(&block.into());
        let mut seal = Seal { keyed, name: String::new() };
        seal.name = seal.short("name", b"");
        seal
    }

    /// Tells keys apart without telling the key: stored beside what it sealed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The code of a text, in hex. Texts for different purposes must not begin alike.
    pub fn code(&self, text: &[u8]) -> String {
        let mut mac = self.keyed.clone();
        mac.update(text);
        crate::id::hex(&mac.finalize().into_bytes())
    }

    /// The code of parts, each behind its length, for a purpose.
    pub fn code_of(&self, purpose: &str, parts: &[&str]) -> String {
        let mut text = format!("{purpose}\0");
        for part in parts {
            text.push_str(&format!("{}:{part}", part.len()));
        }
        self.code(text.as_bytes())
    }

    pub fn proves(&self, purpose: &str, parts: &[&str], code: &str) -> bool {
        self.code_of(purpose, parts).as_bytes().ct_eq(code.as_bytes()).into()
    }

    /// A short code: tells whether two values are the same, and nothing about a value that could be guessed.
    pub fn short(&self, purpose: &str, value: &[u8]) -> String {
        let mut mac = self.keyed.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value);
        crate::id::hex(&mac.finalize().into_bytes()[..6])
    }
}

/// The key in use, and those before it.
#[derive(Clone)]
pub struct Keys {
    current: Arc<Seal>,
    older: Vec<Arc<Seal>>,
}

impl Keys {
    /// The first secret is the one in use.
    pub fn of<'s>(current: &[u8], older: impl IntoIterator<Item = &'s [u8]>) -> Keys {
        let older = older.into_iter().map(|secret| Arc::new(Seal::of(secret))).collect();
        Keys { current: Arc::new(Seal::of(current)), older }
    }

    pub fn current(&self) -> &Seal {
        &self.current
    }

    pub fn named(&self, name: &str) -> Option<&Seal> {
        std::iter::once(&self.current).chain(&self.older).map(Arc::as_ref).find(|seal| seal.name() == name)
    }

    /// The names of all, for messages.
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = vec![self.current.name()];
        for seal in &self.older {
            if !names.contains(&seal.name()) {
                names.push(seal.name());
            }
        }
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_name_and_codes_differ_by_key_purpose_and_parts() {
        let keys = Keys::of(b"new", [&b"old"[..]]);
        let (new, old) = (Seal::of(b"new"), Seal::of(b"old"));
        assert_eq!(keys.named(old.name()).unwrap().name(), old.name());
        assert_eq!(keys.current().name(), new.name());
        assert!(keys.named(Seal::of(b"other").name()).is_none());
        let code = new.code_of("mark", &["a", "b"]);
        assert!(new.proves("mark", &["a", "b"], &code) && !old.proves("mark", &["a", "b"], &code));
        assert!(!new.proves("mark", &["ab", ""], &code) && !new.proves("head", &["a", "b"], &code));
    }
}
