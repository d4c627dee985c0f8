//! Robots of group chats: WeCom, DingTalk and Feishu. The address of a robot is a secret, for who knows it can speak in the
//! group; DingTalk and Feishu also take a signature.

use super::{Http, Service, failed, text};
use crate::error::{Error, Result};
use crate::services::Services;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

pub static WECOM: Robot =
    Robot { name: "wecom", mode: "WECOM_MODE", needs: &["WECOM_ROBOT_URL"], kind: Kind::Wecom };
pub static DINGTALK: Robot = Robot {
    name: "dingtalk",
    mode: "DINGTALK_MODE",
    needs: &["DINGTALK_ROBOT_URL", "DINGTALK_ROBOT_SECRET"],
    kind: Kind::Dingtalk,
};
pub static FEISHU: Robot = Robot {
    name: "feishu",
    mode: "FEISHU_MODE",
    needs: &["FEISHU_ROBOT_URL", "FEISHU_ROBOT_SECRET"],
    kind: Kind::Feishu,
};

/// Says `{title, text}` in a group.
pub struct Robot {
    name: &'static str,
    mode: &'static str,
    needs: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Wecom,
    Dingtalk,
    Feishu,
}

impl Service for Robot {
    fn name(&self) -> &'static str {
        self.name
    }

    fn mode_key(&self) -> &'static str {
        self.mode
    }

    fn needs(&self) -> &'static [&'static str] {
        self.needs
    }

    fn secrets(&self) -> &'static [&'static str] {
        &["text", "title"]
    }

    fn real(&self, env: &Services, _op: &str, req: &Value) -> Result<Value> {
        let key = |at: usize| self.needs.get(at).map_or("", |key| env.config.text(key));
        let said = format!("{}\n{}", text(req, "title"), text(req, "text"));
        let now_ms = env.unix_ms();
        let http = Http::new(self.name);
        let answer = match self.kind {
            Kind::Wecom => {
                let body = json!({"msgtype": "text", "text": {"content": said}});
                http.post_json(key(0), &[], &[], &body.to_string())?
            }
            Kind::Dingtalk => {
                let (time, sign) = (now_ms.to_string(), dingtalk_sign(key(1), now_ms)?);
                let body = json!({"msgtype": "text", "text": {"content": said}});
                http.post_json(key(0), &[("timestamp", &time), ("sign", &sign)], &[], &body.to_string())?
            }
            Kind::Feishu => {
                let seconds = now_ms.div_euclid(1000);
                let body = json!({"timestamp": seconds.to_string(), "sign": feishu_sign(key(1), seconds)?,
                    "msg_type": "text", "content": {"text": without_tags(&said)}});
                http.post_json(key(0), &[], &[], &body.to_string())?
            }
        };
        // Feishu calls it `code`, the others `errcode`.
        let code = answer["errcode"].as_i64().or_else(|| answer["code"].as_i64());
        if code == Some(0) { Ok(answer) } else { Err(failed(self.name, answer)) }
    }

    fn mock(&self, _op: &str, _req: &Value) -> Result<Value> {
        Ok(json!({"errcode": 0, "errmsg": "ok"}))
    }
}

fn hmac(key: &str, message: &str) -> Result<String> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let mut mac = mac.map_err(|_| Error::server("the secret of a robot makes no key"))?;
    mac.update(message.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// By the secret, of time and secret.
fn dingtalk_sign(secret: &str, now_ms: i64) -> Result<String> {
    hmac(secret, &format!("{now_ms}\n{secret}"))
}

/// By time and secret, of nothing.
fn feishu_sign(secret: &str, seconds: i64) -> Result<String> {
    hmac(&format!("{seconds}\n{secret}"), "")
}

/// Feishu reads `<at user_id="all">` in a text; data of customers must not call everybody.
fn without_tags(text: &str) -> String {
    text.replace('<', "＜").replace('>', "＞")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with another implementation, the `hmac` module of Python.
    #[test]
    fn signatures_are_those_of_the_services() {
        assert_eq!(
            dingtalk_sign("SECabc", 1_700_000_000_000).unwrap(),
            "jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM="
        );
        assert_eq!(
            feishu_sign("abc", 1_700_000_000).unwrap(),
            "VIS10b0EBvzzSdFnuk4tznEmK5wHaruvf/WnViv2yR4="
        );
    }

    #[test]
    fn nobody_is_called_by_a_text() {
        assert_eq!(without_tags("<at user_id=\"all\">"), "＜at user_id=\"all\"＞");
    }
}
