//! What roles have left of a caller's rights. A caller carries it from call to call; what is in it is the business of those
//! who declare and check rights.

use std::any::Any;
use std::fmt;

pub struct Narrowing {
    /// Of all that it was made from: two with the same digest leave the same.
    digest: [u8; 32],
    left: Box<dyn Any + Send + Sync>,
}

impl Narrowing {
    pub fn new(digest: [u8; 32], left: impl Any + Send + Sync) -> Narrowing {
        Narrowing { digest, left: Box::new(left) }
    }

    /// What is left, to whoever knows its type.
    pub fn left<T: Any>(&self) -> Option<&T> {
        self.left.downcast_ref()
    }

    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl PartialEq for Narrowing {
    fn eq(&self, other: &Narrowing) -> bool {
        self.digest == other.digest
    }
}

impl fmt::Debug for Narrowing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Narrowing({:02x?})", &self.digest[..4])
    }
}
