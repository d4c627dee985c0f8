//! Mails of the plugin, and the events that the mail service sends back.

pub use jindou::integrations::mail::{MAIL, is_address};
use jindou::plugin::*;
use jindou::redact;

/// Callers choose the address that is written to, so mail is limited: per address, per user and per network address.
pub fn limit(tx: &mut Tx<'_>, to: &str) -> Result<()> {
    let caller = tx.caller();
    let to = Key::of("mail to", to.to_ascii_lowercase());
    let (user, place) = (Key::account("mail", &caller), Key::network("mail", &caller));
    let limit = |key, n, seconds| Limit { key, n, seconds };
    let limits = [limit(&to, 2, 86_400), limit(&user, 5, 3600), limit(&place, 20, 3600)];
    Ok(tx.limit_all(&limits)?)
}

/// What tells the founder of a circle how others get in.
pub fn new_circle(to: &str, circle: i64, pin: &str) -> Value {
    json!({"to": to, "subject": "您的圈子 | Your circle",
        "text": format!("圈子编号：{circle}，加入密码：{pin}\nCircle: {circle}, PIN: {pin}")})
}

/// Fields of an event that have columns of their own: theirs, ours.
const COLUMNS: [(&str, &str); 5] = [
    ("address", "email"),
    ("events", "events"),
    ("message_id", "messageNo"),
    ("send_id", "sendNo"),
    ("tag", "tag"),
];

/// An event of the mail service: delivered, opened, refused … Signed with md5 of token and key, as that
/// service does it.
pub fn notify(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let key = env.config.text("SUBMAIL_HOOK_KEY");
    if key.is_empty() {
        return Err(Error::forbidden("SUBMAIL_HOOK_KEY is not set"));
    }
    let (token, sign) = (args.need_text("token")?, args.need_text("signature")?);
    let wanted = format!("{:x}", md5::compute(format!("{token}{key}")));
    if !redact::same_hidden(&wanted, &sign.to_ascii_lowercase()) {
        return Err(Error::auth_fail("bad signature"));
    }
    let mut fields = Map::from_iter([("tm".to_owned(), json!(tx.now()))]);
    let mut rest = Map::new();
    for (name, value) in args.post.iter().filter(|(name, _)| !matches!(name.as_str(), "token" | "signature"))
    {
        match COLUMNS.iter().find(|(theirs, _)| theirs == name) {
            Some((_, ours)) => fields.insert((*ours).to_owned(), value.clone()),
            None => rest.insert(name.clone(), value.clone()),
        };
    }
    fields.insert("ext".into(), json!(Value::Object(rest).to_string()));
    tx.add("Submail", Value::Object(fields))?;
    Ok(Answer::ok())
}

pub static SUBMAIL: Object = Object::table("Submail")
    .vcols(&[join("Circle", "email").key("email").cols("id circleId")])
    .time_columns("tm")
    .unlogged()
    .private_of("Circle", "circleId")
    .emp(can(READ).needs(mask::PRIVATE).else_hidden("email, ext, circleId"));
