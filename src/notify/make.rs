//! `Tx::notify`: the rows of a message, made in the transaction of what it tells of.

use super::prefs::{self, Wishes};
use super::text::{fill, masked, plain, shown};
use super::{Channel, Event, Receiver, SEALED_AS, service};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::id::hex;
use crate::integrations::{self, ServiceMode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const TITLE_MAX: usize = 250;
const TEXT_MAX: usize = 2000;
/// Bytes of the data as JSON.
const DATA_MAX: usize = 8000;

/// The words of one message.
struct Words {
    title: String,
    text: String,
}

impl Words {
    fn of(event: &Event, data: &Map<String, Value>, english: bool) -> Words {
        let pick = |(zh, en): (&'static str, &'static str)| if english { en } else { zh };
        Words {
            title: plain(&fill(pick(event.title), data), TITLE_MAX),
            text: plain(&fill(pick(event.text), data), TEXT_MAX),
        }
    }
}

/// One message on its way into rows.
struct Message<'m> {
    event: &'static Event,
    receiver: Receiver,
    data: &'m Map<String, Value>,
    wishes: &'m Wishes,
}

/// A message as it stands on the list of its receiver.
#[derive(Default)]
pub(super) struct NewNotification<'l> {
    /// The type of login and the id.
    pub receiver: (&'l str, i64),
    /// Empty for one that a person has written.
    pub event: &'l str,
    pub of_type: i64,
    pub title: &'l str,
    pub content: &'l str,
    pub text: &'l str,
    /// Without secrets.
    pub data: Map<String, Value>,
}

impl Tx<'_> {
    /// Tells somebody of an event that a plugin declares. The message exists if and only if this transaction's writes do;
    /// no service is waited for.
    pub fn notify(&mut self, event: &str, receiver: Receiver, data: Value) -> Result<()> {
        let declared = self.env().registry.event(event);
        let event =
            declared.ok_or_else(|| Error::server(format!("no plugin declares the event `{event}`")))?;
        let Value::Object(data) = data else {
            return Err(Error::server(format!("the data of {} is no object", event.name)));
        };
        if Value::Object(data.clone()).to_string().len() > DATA_MAX {
            return Err(Error::server(format!("the data of {} is too long", event.name)));
        }
        let personal = receiver != Receiver::Group && self.is_first(event, receiver, None, &data)?;
        let wishes = if personal { prefs::of(self, receiver)? } else { Wishes::default() };
        let message = Message { event, receiver, data: &data, wishes: &wishes };
        for channel in Channel::ALL {
            let wanted = match channel.is_group() {
                true => {
                    event.channels.contains(&channel)
                        && self.is_on(channel)
                        && self.is_first(event, receiver, Some(channel), &data)?
                }
                false => personal && wishes.wants(event, channel),
            };
            match channel {
                _ if !wanted => {}
                Channel::App => self.enlist_message(&message)?,
                channel if self.is_on(channel) => self.send_outside(&message, channel)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn is_on(&self, channel: Channel) -> bool {
        let env = self.env();
        service(channel.name()).is_some_and(|svc| integrations::mode(env, svc) != ServiceMode::Off)
    }

    /// Whether no such message was made before: one per receiver, or per group, and key.
    fn is_first(
        &mut self,
        event: &Event,
        receiver: Receiver,
        group: Option<Channel>,
        data: &Map<String, Value>,
    ) -> Result<bool> {
        if event.key.is_empty() {
            return Ok(true);
        }
        let to = match group {
            Some(channel) => channel.name().to_owned(),
            None => address_of(receiver),
        };
        let hash = digest(&[event.name, &to, &fill(event.key, data)]);
        if self.first("NotifyKey", &[("hash", json!(hash))], "id")?.is_some() {
            return Ok(false);
        }
        let row = [("hash", json!(hash)), ("createTm", json!(self.now()))];
        self.insert("NotifyKey", row).map(|_| true)
    }

    fn enlist_message(&mut self, message: &Message<'_>) -> Result<()> {
        let Message { event, receiver, data, wishes } = message;
        let shown = shown(data, event.secrets);
        let words = Words::of(event, &shown, wishes.english);
        let content = match event.refers {
            "" => words.text.clone(),
            field => data
                .get(field)
                .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
                .unwrap_or_default(),
        };
        self.enlist(NewNotification {
            receiver: receiver.account(),
            event: event.name,
            of_type: event.kind,
            title: &words.title,
            content: &content,
            text: &words.text,
            data: shown,
        })
    }

    /// Puts a message on the list of its receiver, from the caller.
    pub(super) fn enlist(&mut self, listed: NewNotification<'_>) -> Result<()> {
        let caller = self.caller();
        let (kind, id) = listed.receiver;
        let mut row = vec![
            ("receiverKind", json!(kind)),
            ("receiverId", json!(id)),
            ("type", json!(listed.of_type)),
            ("title", json!(listed.title)),
            ("content", json!(listed.content)),
            ("text", json!(listed.text)),
            ("status", json!(0)),
            ("createTm", json!(self.now())),
            ("event", json!(listed.event)),
            ("data", json!(Value::Object(listed.data).to_string())),
        ];
        // Jobs have no id; the super administrator has no row.
        if caller.id > 0 && !caller.is_guest() {
            row.push(("senderId", json!(caller.id)));
            row.push(("senderKind", json!(&*caller.app_type)));
            row.push(("senderName", json!(prefs::name_of(self, &caller.app_type, caller.id)?)));
        }
        self.insert("Notification", row).map(|_| ())
    }

    fn send_outside(&mut self, message: &Message<'_>, channel: Channel) -> Result<()> {
        let Message { event, receiver, data, wishes } = message;
        let Some(to) = self.address(*receiver, channel)? else { return Ok(()) };
        let env = self.env();
        let mut words = Words::of(event, data, wishes.english && !channel.is_group());
        let wording = if event.sms_template.is_empty() { "" } else { env.config.text(event.sms_template) };
        if channel == Channel::Sms {
            words.text = match wording {
                "" if words.text.is_empty() => words.title.clone(),
                "" => words.text,
                wording => plain(&fill(wording, data), TEXT_MAX),
            };
        }
        let now = env.unix_ms();
        let mut due = now;
        let mut digest_key = None;
        if !event.digest.0.is_empty() {
            let parts = [event.name, channel.name(), &address_of(*receiver), &fill(event.digest.0, data)];
            let key = digest(&parts);
            if self.gather(&key, &words)? {
                return Ok(());
            }
            digest_key = Some(key);
            due += i64::from(event.digest.1) * 1000;
        }
        if !event.urgent && !channel.is_group() {
            due = wishes.after_quiet(due);
        }
        let template =
            if event.wechat_template.is_empty() { "" } else { env.config.text(event.wechat_template) };
        let (kind, id) = receiver.account();
        let asked = json!({"to": to, "subject": words.title, "title": words.title, "text": words.text,
            "template": template, "event": event.name, "receiver": {"kind": kind, "id": id}, "data": data});
        let title = Words::of(event, &shown(data, event.secrets), wishes.english).title;
        let row = [
            ("event", json!(event.name)),
            ("channel", json!(channel.name())),
            ("receiverKind", json!(kind)),
            ("receiverId", json!(id)),
            ("title", json!(title)),
            ("address", if channel.is_group() { Value::Null } else { json!(masked(&to)) }),
            ("state", json!("waiting")),
            ("attempt", json!(0)),
            ("cnt", json!(1)),
            ("req", json!(env.seal.close(SEALED_AS, asked.to_string().as_bytes())?)),
            ("nextMs", json!(due)),
            ("digestKey", json!(digest_key)),
            ("createTm", json!(self.now())),
        ];
        self.insert("NotifyLog", row).map(|_| ())
    }

    /// Makes one message of this one and one that still waits; false when none does.
    fn gather(&mut self, key: &str, words: &Words) -> Result<bool> {
        let by = [("digestKey", json!(key)), ("state", json!("waiting")), ("attempt", json!(0))];
        let Some(row) = self.first("NotifyLog", &by, "id, cnt, req")? else { return Ok(false) };
        let cnt = row["cnt"].as_i64().unwrap_or(1) + 1;
        let env = self.env();
        let opened = env.seal.open(SEALED_AS, row["req"].as_str().unwrap_or_default())?;
        let mut asked: Value = serde_json::from_slice(&opened).unwrap_or_default();
        asked["text"] = json!(format!("（{cnt}）{}", words.text));
        asked["title"] = json!(format!("（{cnt}）{}", words.title));
        asked["subject"] = asked["title"].clone();
        asked["cnt"] = json!(cnt);
        let sealed = env.seal.close(SEALED_AS, asked.to_string().as_bytes())?;
        let fields = Map::from_iter([("cnt".to_owned(), json!(cnt)), ("req".to_owned(), json!(sealed))]);
        self.update("NotifyLog", &[("id", row["id"].clone())], fields).map(|_| true)
    }

    fn address(&mut self, receiver: Receiver, channel: Channel) -> Result<Option<String>> {
        if channel.is_group() {
            return Ok(Some(String::new()));
        }
        if channel == Channel::Push {
            return Ok(Some(address_of(receiver)));
        }
        for find in self.env().registry.plugins.iter().filter_map(|plugin| plugin.contacts) {
            if let Some(found) = find(self, receiver, channel)?.filter(|address| !address.trim().is_empty()) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// `user_12`
fn address_of(receiver: Receiver) -> String {
    let (kind, id) = receiver.account();
    format!("{kind}_{id}")
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}
