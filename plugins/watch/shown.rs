//! Codes that appear on the screen of a watch: the one that binds it and the one that opens the account of a lost
//! phone. A code is in memory alone while it is good. What proves it is its hash; the instruction that shows it names it
//! by a reference, so that no row holds a code.

use super::presence;
use jindou::credentials::proof::Proof;
use jindou::kv::Kv;
use jindou::plugin::*;
use std::time::Duration;

/// What a code is good for.
#[derive(Clone, Copy)]
pub enum Use {
    /// Binding the watch it appears on.
    Bind,
    /// The account of this user.
    Resume(i64),
}

impl Use {
    const fn life(self) -> Duration {
        match self {
            Use::Bind => BIND_LIFE,
            Use::Resume(_) => RESUME_LIFE,
        }
    }
}

const BIND_LIFE: Duration = Duration::from_secs(3600);
const RESUME_LIFE: Duration = Duration::from_secs(600);

/// The name of the code in the data of an instruction, and that of its reference in the stored row.
const CODE: &str = "code";
const REFERENCE: &str = "codeRef";

/// Has the watch show a new code of this strength.
pub fn show(tx: &mut Tx<'_>, imei: &str, what: Use, proof: Proof) -> Result<String> {
    let code = proof.draw().to_ascii_uppercase();
    let reference = jindou::id::token();
    let (key, value) = match what {
        Use::Bind => (bind_key(tx, imei, &code), era(tx, imei)?),
        Use::Resume(user) => (resume_key(tx, &code), user.to_string()),
    };
    let life = Some(what.life());
    tx.kv().set(&key, &value, life)?;
    tx.kv().set(&shown_key(&reference), &code, life)?;
    presence::instruct(tx, imei, presence::SHOW_CODE, &json!({REFERENCE: reference}))?;
    Ok(code)
}

/// Whether this code binds the watch; a right one is used up.
pub fn binds(tx: &mut Tx<'_>, imei: &str, code: &str) -> Result<bool> {
    let key = bind_key(tx, imei, &typed(code));
    let issued = tx.kv().take(&key)?;
    Ok(issued == Some(era(tx, imei)?))
}

/// The user whose account the code opens; it is used up.
pub fn resumes(tx: &mut Tx<'_>, code: &str) -> Result<Option<i64>> {
    let key = resume_key(tx, &typed(code));
    Ok(tx.kv().take(&key)?.and_then(|user| user.parse().ok()))
}

/// The data of an instruction as the watch gets it; `None` when the code in it is no longer good.
pub fn filled_in(tx: &mut Tx<'_>, data: &str) -> Result<Option<Row>> {
    let mut data: Row = serde_json::from_str(data).unwrap_or_default();
    let Some(reference) = data.remove(REFERENCE) else { return Ok(Some(data)) };
    let code = tx.kv().get(&shown_key(reference.as_str().unwrap_or_default()))?;
    Ok(code.map(|code| {
        data.insert(CODE.to_owned(), json!(code));
        data
    }))
}

/// The watch leaves its family: whoever read a code from it before does not get it back by that.
pub fn forget(tx: &mut Tx<'_>, imei: &str) -> Result<()> {
    let new = jindou::id::token();
    tx.kv().set(&era_key(imei), &new, Some(BIND_LIFE))
}

/// What codes of the time since the watch last left a family have in common. It is forgotten when the codes of before
/// have run out by themselves.
fn era(tx: &mut Tx<'_>, imei: &str) -> Result<String> {
    Ok(tx.kv().get(&era_key(imei))?.unwrap_or_default())
}

/// Codes are upper-case; who types one need not care.
fn typed(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

fn era_key(imei: &str) -> String {
    format!("watch:{imei}:era")
}

fn shown_key(reference: &str) -> String {
    format!("watchShows:{reference}")
}

fn bind_key(tx: &Tx<'_>, imei: &str, code: &str) -> String {
    format!("watchToken:{imei}:{}", tx.env().seal.hash("watchToken", code))
}

fn resume_key(tx: &Tx<'_>, code: &str) -> String {
    format!("resumeUser:{}", tx.env().seal.hash("resumeUser", code))
}
