//! Circles: families of users, watches and contacts.

use super::{account, bind, codes, join as joining, mail, message, names, session};
use jindou::id::random_in;
use jindou::plugin::*;
use std::time::Duration;

pub static CIRCLE: Object = Object::table("Circle")
    .time_columns("createTm")
    .quick_search("name, email")
    .subs(&[
        list("users", "CircleUser", "circleId={id}")
            .res("id,userId,name,phone,mac,picId,shareLocateFlag,status,joinTm,tm")
            .order("id")
            .readonly(),
        list("watches", "CircleWatch", "circleId={id}")
            .res("id,watchId,imei,name,phone,picId,operatorId,status,tm")
            .order("id")
            .readonly(),
        list("contacts", "CircleContact", "circleId={id}")
            .res("id,phone,name,picId,status,tm")
            .order("id")
            .readonly(),
        list("msgs", "CircleMsg", "circleId={id}").latest(100).by_role().readonly(),
    ])
    .actions(&[
        write("add", USER, add).doc("A new circle; the caller is its first member."),
        read("query", USER, query).doc("The caller's circles; with sinceTm also those he left since."),
        read("get", USER, get).doc("A circle with its members, watches and contacts."),
        write("set", USER, set).doc("Changes a circle."),
        write("del", USER, del).doc("Ends a circle of which the caller is the last member."),
        write("invite", USER, invite).doc("A code to join with, good for a day."),
        read("phones", USER, phones).doc("Every phone of the circle."),
    ])
    .user(
        can(GET | SET)
            .own_among("id", "CircleUser", "circleId", "userId")
            .while_is("status", 1)
            .required_on_set("name")
            .readonly("tm, createTm"),
    )
    // With it go the files of its messages.
    .watch(can(GET).own_among("id", "Watch", "circleId", "id").hidden("joinPwd, email"))
    // Members, address books and messages have objects of their own, which need a permission.
    .admin(can(ALL).hidden("joinPwd"))
    .private_of("Circle", "id")
    .emp(
        can(READ)
            .needs(mask::PRIVATE)
            .hidden("joinPwd, email, users, watches, contacts, msgs")
            .else_hidden("name, picId, brief"),
    );

const IDS: std::ops::RangeInclusive<i64> = 1_000_000_000..=9_999_999_999;
const TRIES: u32 = 10;
const INVITATION: Duration = Duration::from_secs(86_400);
const DEFAULT_NAME: &str = "APP用户";

/// The caller's membership; refuses strangers.
pub fn member(tx: &mut Tx<'_>, circle: i64) -> Result<Row> {
    exists(tx, circle)?;
    let me = tx.caller().id;
    membership(tx, circle, me)?.ok_or_else(|| Error::known(codes::NOT_IN_CIRCLE))
}

pub fn exists(tx: &mut Tx<'_>, circle: i64) -> Result<Row> {
    let found = tx.first("Circle", &[("id", json!(circle))], "id, name, joinPwd")?;
    found.ok_or_else(|| Error::known(codes::CIRCLE_UNKNOWN))
}

/// An active membership.
pub fn membership(tx: &mut Tx<'_>, circle: i64, user: i64) -> Result<Option<Row>> {
    let by = [("circleId", json!(circle)), ("userId", json!(user)), ("status", json!(1))];
    tx.first("CircleUser", &by, "id, circleId, userId, name, phone, shareLocateFlag")
}

pub fn active_members(tx: &mut Tx<'_>, circle: i64) -> Result<i64> {
    tx.number_of("CircleUser", &[("circleId", json!(circle)), ("status", json!(1))])
}

/// Somebody came, went or changed.
pub fn touch(tx: &mut Tx<'_>, circle: i64) -> Result<()> {
    tx.update("Circle", &[("id", json!(circle))], [("tm", json!(tx.now_with_ms()))]).map(|_| ())
}

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let me = tx.caller().id;
    let (id, pin) = create(tx, me, args)?;
    Ok(json!({"id": id, "joinPwd": pin}).into())
}

/// A circle with its first member; gives its id and PIN.
fn create(tx: &mut Tx<'_>, user: i64, args: &Args) -> Result<(i64, String)> {
    let email = args.given("email")?;
    email_free(tx, email.as_deref(), None)?;
    let name = match args.given("name")? {
        Some(name) => name,
        None => {
            let own = [("userId", json!(user)), ("status", json!(1))];
            format!("圈子{}", tx.number_of("CircleUser", &own)? + 1)
        }
    };
    let pin = match args.given("joinPwd")? {
        Some(pin) => pin_of(pin)?,
        None => joining::PIN.draw(),
    };
    let free = |id| Ok(tx.first("Circle", &[("id", json!(id))], "id")?.is_none());
    let id = random_in(IDS, TRIES, free)?.ok_or_else(|| Error::known(codes::NO_ID))?;
    let now = tx.now_with_ms();
    let fields = json!({"id": id, "name": name, "email": email, "joinPwd": pin, "tm": now, "createTm": now,
        "picId": args.id("picId")?, "brief": args.given("brief")?});
    tx.add("Circle", fields)?;
    account::profile(tx, user)?;
    let my_name = args.given("userName")?.unwrap_or_else(|| format!("{DEFAULT_NAME}1"));
    let member = json!({"circleId": id, "userId": user, "name": my_name, "status": 1, "joinTm": now, "tm": now,
        "phone": args.given("userPhone")?});
    tx.add("CircleUser", member)?;
    if let Some(email) = email {
        mail::limit(tx, &email)?;
        tx.send_later(&mail::MAIL, "send", mail::new_circle(&email, id, &pin))?;
    }
    Ok((id, pin))
}

/// A PIN is typed by hand and sent by mail: a few letters and digits, and no words of the caller's.
fn pin_of(pin: String) -> Result<String> {
    match (4..=12).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_alphanumeric()) {
        true => Ok(pin),
        false => Err(Error::param("bad param `joinPwd`: 4 to 12 letters and digits")
            .say("圈子密码应为4到12位字母或数字", "the PIN has 4 to 12 letters and digits")),
    }
}

fn email_free(tx: &mut Tx<'_>, email: Option<&str>, own: Option<i64>) -> Result<()> {
    let Some(email) = email else { return Ok(()) };
    if !mail::is_address(email) {
        return Err(Error::param("bad param `email`").say("邮箱格式不正确", "this is no e-mail address"));
    }
    match tx.first("Circle", &[("email", json!(email))], "id")? {
        Some(row) if own != Some(row.int("id")) => Err(Error::known(codes::EMAIL_TAKEN)),
        _ => Ok(()),
    }
}

/// Everything a new family needs in one go: the user, the circle, the watch.
pub fn start(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (user_phone, watch_phone) = (args.given("userPhone")?, args.given("watchPhone")?);
    if watch_phone.is_some() && watch_phone == user_phone {
        return Err(Error::known(codes::SAME_PHONE));
    }
    let (user_name, watch_name) = (args.given("userName")?, args.given("watchName")?);
    if watch_name.is_some() && watch_name == user_name {
        return Err(Error::known(codes::SAME_NAME));
    }
    let mut answer = Map::new();
    if !tx.caller().has(USER) {
        let app = args.given("appIdent")?;
        let id = account::make_user(tx, user_name, None, app)?;
        answer = session::enter_user(tx, id)?;
        answer.retain(|name, _| name == "_token");
    }
    let me = tx.caller().id;
    let (id, pin) = create(tx, me, args)?;
    if let Some(imei) = args.given("imei")? {
        let wish = bind::Wish { name: watch_name, phone: watch_phone, pic: None, user_phone: None };
        match args.given("code")? {
            Some(code) => bind::by_code(tx, id, &imei, &code, wish)?,
            None => {
                let mac = args.given("mac")?.ok_or_else(|| Error::missing("code"))?;
                bind::by_mac(tx, id, &imei, &mac, wish)?
            }
        };
    }
    let mut whole = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("joinPwd".to_owned(), json!(pin)),
        ("userId".to_owned(), json!(me)),
    ]);
    whole.append(&mut answer);
    Ok(Value::Object(whole).into())
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mut only = Cond::int("status", 1);
    if let Some(since) = args.moment("sinceTm")? {
        only = only.or(Cond::compare("tm", Compare::Gt, Literal::Text(since)));
    }
    let args = args
        .clone()
        .with("res", "circleId id, circleName name, circlePicId picId, status, circleTm tm")
        .with("orderby", "joinTm, id")
        .or("pagesz", 1000);
    tx.standard_query("CircleUser", &args, only)
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    member(tx, args.need_id("id")?)?;
    let rows = match args.moment("sinceTm")? {
        Some(since) => json!({"cond": {"tm>": since}}),
        None => json!({"cond": {"status=": 1}}),
    };
    let mut args = args.clone().or("res", "*, users, watches, contacts");
    for sub in ["param_users", "param_watches", "param_contacts"] {
        args = args.with(sub, rows.clone());
    }
    tx.standard("Circle", GET, &args)
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    member(tx, id)?;
    // The body is what will be written; a list in it is refused here.
    let posted = args.of_body();
    email_free(tx, posted.text("email")?.as_deref(), Some(id))?;
    if let Some(pin) = posted.text("joinPwd")? {
        pin_of(pin)?;
    }
    let answer = tx.standard("Circle", SET, args)?;
    touch(tx, id)?;
    Ok(answer)
}

fn del(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    member(tx, id)?;
    if active_members(tx, id)? > 1 {
        return Err(Error::forbidden("other members are still in the circle")
            .say("圈子中还有其他成员，不能删除", "there are other members in the circle"));
    }
    for row in tx.find("CircleWatch", Find::by(Cond::int("circleId", id).and(Cond::int("status", 1))))? {
        bind::release(tx, &row)?;
    }
    for table in ["CircleMsg", "CircleWatch", "CircleContact", "CircleUser"] {
        tx.del_all(table, Cond::int("circleId", id))?;
    }
    tx.stored_kv().del(&invitation_key(id))?;
    tx.del("Circle", id)?;
    Ok(Answer::ok())
}

fn invitation_key(circle: i64) -> String {
    format!("circleInvite:{circle}")
}

/// The code that is good now. It is kept sealed: members are told it again, a copy of the database tells it to nobody.
pub fn invitation(tx: &mut Tx<'_>, circle: i64) -> Result<Option<String>> {
    let key = invitation_key(circle);
    let Some(kept) = tx.stored_kv().get(&key)? else { return Ok(None) };
    let opened = tx.env().seal.open(&key, &kept).ok().and_then(|code| String::from_utf8(code).ok());
    // Older servers kept it as it was; it is good for its day.
    Ok(opened.or_else(|| Some(kept).filter(|kept| kept.bytes().all(|byte| byte.is_ascii_digit()))))
}

fn invite(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    member(tx, id)?;
    let key = invitation_key(id);
    let code = match invitation(tx, id)? {
        Some(code) => code,
        None => {
            let code = joining::INVITATION.draw();
            let sealed = tx.env().seal.close(&key, code.as_bytes())?;
            tx.stored_kv().set(&key, &sealed, Some(INVITATION))?;
            code
        }
    };
    let left = tx.stored_kv().ttl(&key)?.flatten().unwrap_or(INVITATION);
    Ok(json!({"code": code, "ttl": left.as_millis().div_ceil(1000) as u64}).into())
}

fn phones(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    member(tx, id)?;
    let mut rows = Vec::new();
    for (table, kind) in [("CircleUser", 1), ("CircleContact", 0)] {
        let by = [("circleId", json!(id)), ("status", json!(1))];
        for row in tx.list(table, &by, "phone, name", 1000)? {
            if !row.text("phone").is_empty() {
                rows.push(vec![row["phone"].clone(), row["name"].clone(), json!(kind)]);
            }
        }
    }
    args.table(Grid::new(["phone", "name", "type"], rows))
}

/// A user became a member.
pub fn joined(tx: &mut Tx<'_>, circle: i64, user: i64, name: &str) -> Result<()> {
    message::of_user(tx, circle, message::USER_JOINED, user, json!({"userId": user, "name": name}))?;
    touch(tx, circle)
}

pub fn default_member_name(tx: &mut Tx<'_>, circle: i64) -> Result<String> {
    names::numbered(tx, circle, DEFAULT_NAME)
}
