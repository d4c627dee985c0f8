//! Which passwords are refused: the shipped dictionary, the table that grew from it, the account's own names.
//! A refusal is counted; the password itself is kept nowhere.

use jindou::credentials::weak_passwords;
use jindou::plugin::*;

/// Fills the dictionary at the first start.
pub fn seed(tx: &mut Tx<'_>) -> Result<()> {
    if tx.number_of("Pwd", &[])? > 0 {
        return Ok(());
    }
    for word in weak_passwords::list() {
        tx.insert("Pwd", [("pwd", json!(word)), ("cnt", json!(0))])?;
    }
    Ok(())
}

/// Refuses a weak password; `own` are the names the account goes by.
pub fn check(tx: &mut Tx<'_>, pwd: &str, own: &[&str]) -> Result<()> {
    let listed = match weak_passwords::listed(pwd) {
        Some(word) => Some(word.to_owned()),
        None => tx.first("Pwd", &[("pwd", json!(pwd))], "pwd")?.map(|_| pwd.to_owned()),
    };
    if let Some(word) = listed.clone() {
        tx.even_if_refused(move |tx| count(tx, &word));
    }
    let shortest = usize::try_from(tx.config().int("P_PWD_MIN")).unwrap_or_default();
    weak_passwords::check(pwd, own, shortest)?;
    match listed {
        None => Ok(()),
        Some(_) => Err(Error::param("bad param `pwd`: weak password")
            .say("密码太常见，请换一个", "this password is one of the most used ones, choose another")),
    }
}

fn count(tx: &mut Tx<'_>, word: &str) -> Result<()> {
    let Some(row) = tx.first("Pwd", &[("pwd", json!(word))], "id, cnt")? else { return Ok(()) };
    let cnt = row.int("cnt") + 1;
    tx.update("Pwd", &[("id", row["id"].clone())], [("cnt", json!(cnt))])?;
    Ok(())
}
