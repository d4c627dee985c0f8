//! A value as the database holds it: what a plan binds and what a row gives back before rendering.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    Null,
    Int(i64),
    Real(f64),
    Text(Box<str>),
}

/// A value that borrows its text and bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValRef<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
}

impl ValRef<'_> {
    /// Bytes of a text; numbers are small.
    pub fn text_len(&self) -> usize {
        if let ValRef::Text(text) = self { text.len() } else { 0 }
    }
}

impl<'a> From<&'a Val> for ValRef<'a> {
    fn from(val: &'a Val) -> ValRef<'a> {
        match val {
            Val::Null => ValRef::Null,
            Val::Int(n) => ValRef::Int(*n),
            Val::Real(x) => ValRef::Real(*x),
            Val::Text(text) => ValRef::Text(text),
        }
    }
}

impl Val {
    pub fn text(text: impl Into<Box<str>>) -> Val {
        Val::Text(text.into())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Val::Null)
    }

    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Val::Int(n) => Some(*n),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Val::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The JSON form clients see. A float that JSON cannot carry becomes null.
    pub fn into_json(self) -> Value {
        match self {
            Val::Null => Value::Null,
            Val::Int(n) => Value::from(n),
            Val::Real(x) => Value::from(x),
            Val::Text(text) => Value::String(text.into()),
        }
    }
}

impl From<i64> for Val {
    fn from(n: i64) -> Val {
        Val::Int(n)
    }
}

impl From<f64> for Val {
    fn from(x: f64) -> Val {
        Val::Real(x)
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Val {
        Val::Text(text.into())
    }
}

impl From<String> for Val {
    fn from(text: String) -> Val {
        Val::Text(text.into())
    }
}
