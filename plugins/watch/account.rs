//! Users of the phone app: accounts without a password, their profile, where notifications go.

use super::session::enter_user;
use super::{codes, shown};
use jindou::credentials::proof::Proof;
use jindou::id::CodeKind;
use jindou::kv::Kv;
use jindou::plugin::*;
use jindou::throttle::attempt_limit::AttemptLimit;

pub static WATCH_USER: Object = Object::table("WatchUser")
    .subs(&[one("first", "CircleUser", "userId={userId}")
        .cond("status=1")
        .order("joinTm,id")
        .res("circleId,circleName,phone,shareLocateFlag")
        .merged()
        .by_default()])
    .hidden("facePersonNo")
    .quick_search("name")
    .private_of("User", "userId")
    .actions(&[
        write("get", USER, get).doc("The caller's profile."),
        write("set", USER, set).doc("Changes the caller's profile."),
    ])
    .user(
        can(GET | SET)
            .own("userId")
            .required_on_set("name")
            .readonly("type, createTm, userId, faceGroup, facePersonNo, mac"),
    )
    .emp(can(READ).needs(mask::PRIVATE));

/// Kept for the face service; nobody but the administrator looks at it.
pub static USER_FACE: Object = Object::table("UserFace").hidden("faceToken").private_of("User", "userId");

pub static DEVICE_TOKEN: Object = Object::table("DeviceToken").hidden("token");

/// The code of a lost phone. A guess may hit any that is out, so it withstands those of everybody together: a
/// hundred codes at a time, each guessed at as often as `OF_ALL` lets pass.
pub const RESUME: Proof = Proof::new(CodeKind::clear(8), 10_000_000);
const OF_NETWORK: AttemptLimit = AttemptLimit { wrong: 5, seconds: 600 };
const OF_ALL: AttemptLimit = AttemptLimit { wrong: 100_000, seconds: 600 };
/// The kind of a profile that `newUser` made.
const GUEST_KIND: i64 = 2;
/// What fits into the name of an account; the profile holds more.
const NAME_MAX: usize = 20;

pub fn new_user(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (name, pic) = (args.given("name")?, args.id("picId")?);
    let app = args.given("appIdent")?;
    let id = make_user(tx, name, pic, app)?;
    Ok(Value::Object(enter_user(tx, id)?).into())
}

/// A new account with its profile.
pub fn make_user(
    tx: &mut Tx<'_>,
    name: Option<String>,
    pic: Option<i64>,
    app: Option<String>,
) -> Result<i64> {
    let network = Key::network("newUser", &tx.caller());
    tx.limit(&network, 10, 3600).map_err(|_| Error::known(codes::NEW_USER_OFTEN))?;
    let name = match name {
        Some(name) => name,
        None => format!("游客{}", jindou::id::digits(6)),
    };
    let short: String = name.chars().take(NAME_MAX).collect();
    let now = tx.now();
    let id = tx.add("User", json!({"name": short, "picId": pic, "createTm": now}))?;
    let profile = json!({"userId": id, "type": GUEST_KIND, "name": name, "picId": pic,
        "appIdent": app, "createTm": now});
    tx.add("WatchUser", profile)?;
    Ok(id)
}

/// The id of a user's profile, made when they came another way than by `newUser`.
pub fn profile(tx: &mut Tx<'_>, user: i64) -> Result<i64> {
    if let Some(row) = tx.first("WatchUser", &[("userId", json!(user))], "id")? {
        return Ok(row.int("id"));
    }
    let account = tx.first("User", &[("id", json!(user))], "name, picId")?.unwrap_or_default();
    let fields = json!({"userId": user, "type": 1, "name": account.get("name"), "picId": account.get("picId"),
        "createTm": tx.now()});
    tx.add("WatchUser", fields)
}

pub fn renew(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let me = tx.caller().id;
    tx.end_sessions("user", me)?;
    let mut entered = enter_user(tx, me)?;
    Ok(json!({"_token": entered.remove("_token")}).into())
}

/// The account of a lost phone.
pub fn resume(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let code = args.need_text("code")?;
    let kv = &tx.kv();
    let (network, all) = (Key::network("resume", &tx.caller()), Key::of("resume", "of all"));
    if OF_NETWORK.blocked(kv, &network)? || OF_ALL.blocked(kv, &all)? {
        return Err(Error::known(codes::RESUME_OFTEN));
    }
    let Some(user) = shown::resumes(tx, &code)? else {
        OF_NETWORK.failed(kv, &network)?;
        OF_ALL.failed(kv, &all)?;
        return Err(Error::known(codes::BAD_RESUME));
    };
    OF_NETWORK.succeeded(kv, &network)?;
    Ok(Value::Object(enter_user(tx, user)?).into())
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let args = mine(tx, args)?;
    tx.standard("WatchUser", GET, &args)
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let args = mine(tx, args)?;
    tx.standard("WatchUser", SET, &args)
}

/// Whatever id was sent, the caller's own row is meant.
fn mine(tx: &mut Tx<'_>, args: &Args) -> Result<Args> {
    let id = profile(tx, tx.caller().id)?;
    Ok(args.clone().with("id", id))
}

pub fn bind_token(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let token = push_token(args)?;
    let kind = args.given("appVer")?.unwrap_or_default();
    if !matches!(kind.as_str(), "produce" | "develop") {
        return Err(Error::param("param `appVer` is produce or develop"));
    }
    let me = tx.caller().id;
    tx.del_all("DeviceToken", Cond::text("token", &token).or(Cond::int("userId", me)))?;
    let fields = json!({"token": token, "userId": me, "appIdent": args.given("appIdent")?, "appVer": kind,
        "createTm": tx.now()});
    tx.add("DeviceToken", fields)?;
    Ok(Answer::ok())
}

pub fn unbind_token(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let token = push_token(args)?;
    tx.del_all("DeviceToken", Cond::text("token", &token).and(Cond::int("userId", tx.caller().id)))?;
    Ok(Answer::ok())
}

fn push_token(args: &Args) -> Result<String> {
    let token = args.need_text("token")?;
    match token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(token.to_ascii_lowercase()),
        false => Err(Error::param("param `token` has 64 hex digits")),
    }
}

/// Whether the app is on the screen: then it needs no notifications.
pub fn focus(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let key = format!("user:{}:focus", tx.caller().id);
    match args.get("flag/b")?.ok_or_else(|| Error::missing("flag"))?.as_bool() {
        Some(true) => tx.kv().set(&key, "1", None)?,
        _ => tx.kv().del(&key).map(|_| ())?,
    }
    Ok(Answer::ok())
}
