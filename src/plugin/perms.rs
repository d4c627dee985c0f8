//! Permissions that staff may be given one by one: the word that stands in the account, what it opens, and what people
//! read of it.

use crate::auth::Mask;

/// One permission.
#[derive(Debug, Clone, Copy)]
pub struct Perm {
    /// `family`: letters and digits, one of its kind.
    pub word: &'static str,
    /// What an account with this word is, beside its login type.
    pub bits: Mask,
    /// In both languages: `家庭数据|Families' data`.
    pub label: &'static str,
    /// What it opens, in both languages.
    pub note: &'static str,
}

/// A permission: word, bits, label and note, the two texts as `中文|English`.
pub const fn perm(word: &'static str, bits: Mask, label: &'static str, note: &'static str) -> Perm {
    Perm { word, bits, label, note }
}
