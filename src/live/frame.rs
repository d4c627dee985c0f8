//! The frames of clients as they are read, and those of answers as they are written: one JSON object in one line each.

use crate::auth::Lang;
use crate::error::{Code, Error};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A frame of a client. Exactly one of the verbs is there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Names the answer; for a subscription also what follows it.
    id: Option<u32>,
    auth: Option<Map<String, Value>>,
    sub: Option<Value>,
    since: Option<Since>,
    unsub: Option<Value>,
    call: Option<Call>,
    send: Option<String>,
    data: Option<Value>,
}

/// A place in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    pub epoch: String,
    pub offset: i64,
}

/// A call of an action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub ac: String,
    #[serde(default)]
    pub get: Map<String, Value>,
    pub post: Option<Value>,
    /// The call is done once however often it is sent with this key.
    pub key: Option<String>,
}

/// What a frame asks for.
#[derive(Debug)]
pub enum Asked {
    Auth(Map<String, Value>),
    Sub {
        what: Value,
        since: Option<Since>,
    },
    /// By the id of its `sub`, or by the name of a channel.
    Unsub(Value),
    Call(Call),
    /// A fleeting frame to all that follow a channel.
    Send {
        channel: String,
        data: Value,
    },
}

impl Frame {
    /// The id of a frame and what it asks for, or the id of one that cannot be understood, if it has one.
    pub fn parse(line: &str) -> Result<(u32, Asked), Option<u32>> {
        match serde_json::from_str::<Frame>(line) {
            Ok(frame) => {
                let id = frame.id;
                id.zip(frame.asked()).ok_or(id)
            }
            Err(_) => {
                let id = serde_json::from_str::<Map<String, Value>>(line)
                    .ok()
                    .and_then(|map| map.get("id")?.as_u64());
                Err(id.and_then(|id| u32::try_from(id).ok()))
            }
        }
    }

    /// Its one verb with what belongs to it.
    fn asked(self) -> Option<Asked> {
        let Frame { auth, sub, since, unsub, call, send, data, .. } = self;
        Some(match (auth, sub, unsub, call, send) {
            (Some(auth), None, None, None, None) if since.is_none() && data.is_none() => Asked::Auth(auth),
            (None, Some(what), None, None, None) if data.is_none() => Asked::Sub { what, since },
            (None, None, Some(unsub), None, None) if since.is_none() && data.is_none() => Asked::Unsub(unsub),
            (None, None, None, Some(call), None) if since.is_none() && data.is_none() => Asked::Call(call),
            (None, None, None, None, Some(channel)) if since.is_none() => {
                Asked::Send { channel, data: data.unwrap_or_default() }
            }
            _ => return None,
        })
    }
}

/// What is said to a frame that cannot be understood.
pub fn unknown() -> Error {
    Error::param("a frame has an id and one of auth, sub, unsub, call, send")
        .say("无法识别的消息", "this frame cannot be understood")
}

/// `{"id":…,"ok":…}`
pub fn ok(id: u32, ok: &Value) -> Bytes {
    json!({"id": id, "ok": ok}).to_string().into()
}

/// `{"id":…,"err":{…}}`: an error as answers tell it.
pub fn err(id: u32, error: &Error, lang: Lang) -> Bytes {
    json!({"id": id, "err": told(error, lang)}).to_string().into()
}

/// `{"code":…,"msg":…,"detail":…,"temporary":…}`
pub fn told(error: &Error, lang: Lang) -> Value {
    let text = match lang {
        Lang::Zh => &error.text.zh,
        Lang::En => &error.text.en,
    };
    let detail = match &error.data {
        Some(data) => (**data).clone(),
        None => error.detail.as_deref().into(),
    };
    // `DB` is also the code of a field that does not exist, which asking again does not change.
    let temporary = error.retry_after > 0 || error.code == Code::EXT;
    json!({"code": error.code.0, "msg": text, "detail": detail, "temporary": temporary})
}

/// `{"id":…,"re":[code,…]}`, from the body of the call's answer.
pub fn re(id: u32, body: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(body.len() + 24);
    out.extend_from_slice(format!("{{\"id\":{id},\"re\":").as_bytes());
    // In test mode answers are set in lines; inside of a text a line break is written otherwise.
    out.extend(body.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
    out.push(b'}');
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<Asked> {
        Frame::parse(line).ok().map(|(_, asked)| asked)
    }

    #[test]
    fn a_frame_has_one_verb() {
        assert!(matches!(asked(r#"{"id":1,"auth":{"token":"t"}}"#), Some(Asked::Auth(_))));
        assert!(matches!(
            asked(r#"{"id":2,"sub":"circle:1","since":{"epoch":"k","offset":4}}"#),
            Some(Asked::Sub { since: Some(Since { offset: 4, .. }), .. })
        ));
        assert!(matches!(
            asked(r#"{"id":3,"sub":{"ac":"Ordr.query"}}"#),
            Some(Asked::Sub { since: None, .. })
        ));
        assert!(matches!(asked(r#"{"id":4,"unsub":3}"#), Some(Asked::Unsub(_))));
        assert!(matches!(asked(r#"{"id":5,"call":{"ac":"a","get":{"id":1}}}"#), Some(Asked::Call(_))));
        assert!(matches!(
            asked(r#"{"id":6,"send":"circle:1","data":{"typing":1}}"#),
            Some(Asked::Send { .. })
        ));
        for bad in [
            "",
            "1",
            "[]",
            "{}",
            r#"{"id":1}"#,
            r#"{"id":-1,"unsub":1}"#,
            r#"{"id":"a","unsub":1}"#,
            r#"{"id":1,"sub":"a","unsub":"a"}"#,
            r#"{"id":1,"unsub":1,"since":{"epoch":"","offset":1}}"#,
            r#"{"id":1,"sub":"a","since":5}"#,
            r#"{"id":1,"call":{}}"#,
            r#"{"id":1,"call":{"ac":"a","x":1}}"#,
            r#"{"id":1,"sub":"a","x":1}"#,
            r#"{"id":4294967296,"sub":"a"}"#,
            r#"{"id":1,"sub":"a"}}"#,
        ] {
            assert!(asked(bad).is_none(), "{bad}");
        }
        for (bad, id) in [(r#"{"id":7,"sub":"a","x":1}"#, Some(7)), (r#"{"id":7}"#, Some(7)), ("[7]", None)] {
            assert_eq!(Frame::parse(bad).unwrap_err(), id, "{bad}");
        }
    }

    #[test]
    fn answers_are_one_line() {
        assert_eq!(&re(5, b"[\n  0,\n  \"a\\nb\"\n]\n")[..], br#"{"id":5,"re":[  0,  "a\nb"]}"#);
        let error = Error::busy("later").say("忙", "busy");
        let told = r#"{"id":7,"err":{"code":3,"msg":"busy","detail":"later","temporary":true}}"#;
        assert_eq!(&err(7, &error, Lang::En)[..], told.as_bytes());
    }
}
