//! The two kinds of accounts that have a table, and who they are to the framework.

use super::guard;
use super::mfa;
use super::standing;
use jindou::plugin::*;
use jindou::redact::hash_token;
use jindou::registry::Registry;

/// Where the accounts of an app type are kept and what is said to them.
pub struct Kind {
    pub app_type: &'static str,
    pub table: &'static str,
    /// What a login answers with.
    pub get: &'static str,
    pub bit: Mask,
    wrong: (&'static str, &'static str),
    identify: fn(&mut Tx<'_>, i64) -> Result<Option<Identity>>,
}

pub static USER_KIND: Kind = Kind {
    app_type: "user",
    table: "User",
    get: "User.get",
    bit: USER,
    wrong: ("手机号或密码错误", "wrong phone or password"),
    identify: identify_user,
};

pub static EMP_KIND: Kind = Kind {
    app_type: "emp",
    table: "Employee",
    get: "Employee.get",
    bit: EMP,
    wrong: ("用户名或密码错误", "wrong name or password"),
    identify: identify_employee,
};

impl Kind {
    /// The kind that the caller's app is for.
    pub fn of(caller: &Caller) -> Result<&'static Kind> {
        let kinds = [&USER_KIND, &EMP_KIND];
        let kind = kinds.into_iter().find(|kind| kind.app_type == &*caller.app_type);
        kind.ok_or_else(|| unknown_type(caller))
    }

    /// Which of the two is wrong is not said.
    pub fn wrong(&self) -> Error {
        Error::auth_fail("bad uname or password").say(self.wrong.0, self.wrong.1)
    }

    /// The account of a phone or name: what begins with a digit is a phone.
    pub fn find(&self, tx: &mut Tx<'_>, uname: &str) -> Result<Option<(i64, String)>> {
        let column = if uname.starts_with(|c: char| c.is_ascii_digit()) { "phone" } else { "uname" };
        let row = tx.first(self.table, &[(column, json!(uname))], "id, pwd")?;
        Ok(row.map(|row| (row.int("id"), row.text("pwd").to_owned())))
    }

    pub fn stored_password(&self, tx: &mut Tx<'_>, id: i64) -> Result<Option<String>> {
        Ok(tx.first(self.table, &[("id", json!(id))], "pwd")?.map(|row| row.text("pwd").to_owned()))
    }

    /// Refuses a password that is not the account's, with the same limits as a login.
    pub fn prove(&self, stage: &Stage<'_>, args: &Args, id: i64, pwd: &str) -> Result<()> {
        let env = stage.env();
        let guess = guard::guess(stage, args, None, Some(id));
        env.logins.check(&guess)?;
        let stored = stage.read(|tx| self.stored_password(tx, id))?.unwrap_or_default();
        let right = env.hasher.verify(&stored, pwd)?.is_right();
        env.logins.settle(&guess, right)?;
        if right { Ok(()) } else { Err(bad_password()) }
    }

    /// What the account may do; an account that is off may do nothing.
    pub fn identity(&self, tx: &mut Tx<'_>, id: i64) -> Result<Identity> {
        (self.identify)(tx, id)?.ok_or_else(|| {
            Error::auth_fail("the account is disabled").say("帐号已停用", "this account is disabled")
        })
    }
}

pub fn bad_password() -> Error {
    Error::auth_fail("bad password").say("密码验证失败", "the password is wrong")
}

pub fn unknown_type(caller: &Caller) -> Error {
    Error::param(format!("Unknown type `{}`", caller.app_type))
}

pub fn identify_user(tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    let row = tx.first("User", &[("id", json!(id))], "pwd")?;
    Ok(row.map(|row| Identity::new(USER, fingerprint(row.text("pwd")))))
}

pub fn identify_employee(tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    let Some(row) = tx.first("Employee", &[("id", json!(id))], "pwd, perms")? else { return Ok(None) };
    let standing = standing::of_perms(tx, row.text("perms"))?;
    if standing.bits == 0 {
        return Ok(None);
    }
    let bits = mfa::narrowed(tx, "emp", id, standing.bits)?;
    let identity = Identity::new(bits, fingerprint(row.text("pwd")));
    Ok(Some(identity.narrowed(standing.narrowing)))
}

pub fn words_of(perms: &str) -> impl Iterator<Item = &str> {
    perms.split([',', ' ', '，']).map(str::trim).filter(|word| !word.is_empty())
}

pub fn is_known(registry: &Registry, word: &str) -> bool {
    registry.perms().any(|perm| perm.word == word)
}

/// `emp,mgr` → bits; nothing = nothing. Whatever the word, its holder is staff.
pub fn bits_of(registry: &Registry, perms: &str) -> Mask {
    words_of(perms).fold(0, |bits, word| {
        let known = registry.perms().find(|perm| perm.word == word);
        bits | EMP | known.map_or(0, |perm| perm.bits)
    })
}

/// Another password, another number: what sessions and tokens are bound to.
pub fn fingerprint(stored: &str) -> i64 {
    i64::from_str_radix(&hash_token(stored)[..15], 16).unwrap_or_default()
}
