//! Template messages of a WeChat service account.

use super::{Http, Service, failed, text};
use crate::error::Result;
use crate::services::Services;
use serde_json::{Map, Value, json};

pub static WECHAT: Wechat = Wechat;

/// Sends `{to, template, title, text, data, id}`: `to` is an open id, `template` the id of the template there.
pub struct Wechat;

/// Letters that a field of a template may have.
const FIELD_MAX: usize = 200;

impl Service for Wechat {
    fn name(&self) -> &'static str {
        "wechat"
    }

    fn mode_key(&self) -> &'static str {
        "WECHAT_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["WX_BASE", "WX_APPID", "WX_SECRET"]
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["to", "text", "title", "data"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let http = Http::new("wechat");
        let base = env.config.text("WX_BASE").trim_end_matches('/');
        let who = json!({"grant_type": "client_credential", "appid": env.config.text("WX_APPID"),
            "secret": env.config.text("WX_SECRET")});
        // This address gives the same token to everybody until it has run out, so none is kept here.
        let token = http.post_json(&format!("{base}/cgi-bin/stable_token"), &[], &[], &who.to_string())?;
        let Some(token) = token["access_token"].as_str() else { return Err(failed("wechat", token)) };
        let message = json!({
            "touser": text(req, "to"),
            "template_id": text(req, "template"),
            "client_msg_id": text(req, "id"),
            "data": fields(req),
        });
        let url = format!("{base}/cgi-bin/message/template/send");
        let answer = http.post_json(&url, &[("access_token", token)], &[], &message.to_string())?;
        if answer["errcode"].as_i64() == Some(0) { Ok(answer) } else { Err(failed("wechat", answer)) }
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!({"errcode": 0, "errmsg": "ok", "msgid": 1}))
    }
}

/// The data of the event, and `first` and `remark`, which templates traditionally have.
fn fields(req: &Value) -> Map<String, Value> {
    let one = |text: String| json!({"value": text.chars().take(FIELD_MAX).collect::<String>()});
    let mut fields = Map::new();
    for (name, value) in req["data"].as_object().into_iter().flatten() {
        fields.insert(name.clone(), one(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    fields.insert("first".into(), one(text(req, "title").to_owned()));
    fields.insert("remark".into(), one(text(req, "text").to_owned()));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_gets_every_field_and_none_too_long() {
        let fields =
            fields(&json!({"title": "New", "text": "t", "data": {"price": 3, "long": "x".repeat(999)}}));
        assert_eq!(fields["price"], json!({"value": "3"}));
        assert_eq!(fields["first"], json!({"value": "New"}));
        assert_eq!(fields["long"]["value"].as_str().map(str::len), Some(FIELD_MAX));
    }
}
