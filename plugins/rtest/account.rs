//! A login as small as the suite needs.

use jindou::plugin::*;

pub fn login(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let uname = args.need_text("uname")?;
    let pwd = args.need_text("pwd")?;
    let user = stage.read(|tx| tx.first("User", &[("uname", json!(uname))], "id, pwd"))?;
    let refused =
        || Error::auth_fail("bad uname or password").say("用户名或密码错误", "wrong name or password");
    let user = user.ok_or_else(refused)?;
    let stored = user.text("pwd");
    if !stage.env().hasher.verify(stored, &pwd)?.is_right() {
        return Err(refused());
    }
    let id = user.int("id");
    Ok(Prepared::write(move |tx| {
        tx.log_in(id, &Identity::new(USER, 0));
        Ok(json!({"id": id}).into())
    }))
}

pub fn logout(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    tx.log_out();
    Ok(Answer::ok())
}

pub fn whoami(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    Ok(json!({"id": tx.caller().id}).into())
}

pub fn identify(tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    let found = tx.first("User", &[("id", json!(id))], "id")?;
    Ok(found.map(|_| Identity::new(USER, 0)))
}

/// The one user the suite logs in as.
pub fn first_user(tx: &mut Tx<'_>) -> Result<()> {
    if tx.number_of("User", &[])? > 0 {
        return Ok(());
    }
    let pwd = tx.env().hasher.hash("1234")?;
    let fields = json!({"uname": "rtest", "pwd": pwd, "name": "jdcloud-test", "createTm": tx.now()});
    if let Value::Object(fields) = fields {
        tx.insert("User", fields)?;
    }
    Ok(())
}
