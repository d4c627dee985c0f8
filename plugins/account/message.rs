//! `sendSms`: staff sends a text message.

use super::code::check_phone;
use jindou::plugin::*;

/// Messages of one employee in an hour.
const PER_HOUR: u32 = 60;
/// What an operator takes as one long message.
const CONTENT_MAX: usize = 500;

/// `sendSms(phone, content)`. Which service it goes through is the server's setting: `channel` is passed over.
pub fn send(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let phone = args.need_text("phone")?;
    check_phone(&phone)?;
    env.sms_is_on()?;
    let content = args.verbatim("content").ok_or_else(|| Error::missing("content"))?;
    if content.chars().count() > CONTENT_MAX {
        return Err(Error::param(format!("param `content` is longer than {CONTENT_MAX}")).say(
            format!("短信内容最多{CONTENT_MAX}个字符"),
            format!("`content` has at most {CONTENT_MAX} characters"),
        ));
    }
    let caller = tx.caller();
    tx.limit(&Key::account("sms", &caller), PER_HOUR, 3600)?;
    tx.after_commit(move |env| env.send_sms(&phone, &content));
    Ok(Value::Null.into())
}
