//! The mail service, and the events it sends back.

use jindou::integrations::failed;
use jindou::plugin::*;
use jindou::redact;

pub static MAIL: Mail = Mail;

pub struct Mail;

impl Service for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn mode_key(&self) -> &'static str {
        "MAIL_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["SUBMAIL_BASE", "SUBMAIL_APPID", "SUBMAIL_APPKEY", "MAIL_FROM"]
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["text"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let text = |name: &str| req[name].as_str().unwrap_or_default().to_owned();
        let (to, subject, body) = (text("to"), text("subject"), text("text"));
        let answer = Http::new("mail").post_form(
            env.config.text("SUBMAIL_BASE"),
            &[
                ("appid", env.config.text("SUBMAIL_APPID")),
                ("signature", env.config.text("SUBMAIL_APPKEY")),
                ("from", env.config.text("MAIL_FROM")),
                ("to", &to),
                ("subject", &subject),
                ("text", &body),
            ],
        )?;
        match answer["status"].as_str() {
            Some("success") => Ok(answer),
            _ => Err(failed("mail", answer)),
        }
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!({"status": "success"}))
    }
}

/// One address and nothing that a mail program would read as more than that.
pub fn is_address(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b",;:<>()[]\"\\".contains(&b));
    let parts = text.split_once('@');
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

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
    let (token, sign) = (args.need_text(env, "token")?, args.need_text(env, "signature")?);
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
