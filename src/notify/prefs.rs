//! What a person wants: which events by which channels, quiet hours, language; and the actions with which they say so.

use super::text::{after_quiet, minute_of_day};
use super::{Channel, Event, Receiver};
use crate::api::{Answer, Args};
use crate::auth::Lang;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::services::Services;
use crate::time::Zone;
use serde_json::{Map, Value, json};

/// Rows of preferences of one person that count, and that they may send at once.
const MOST: u64 = 1000;

/// The wishes of one person.
#[derive(Default)]
pub struct Wishes {
    prefs: Vec<(String, String, bool)>,
    quiet: Option<(u32, u32, Zone)>,
    pub english: bool,
}

impl Wishes {
    /// What is said of this event and channel, else of all events and this channel, else what the event declares.
    pub fn wants(&self, event: &Event, channel: Channel) -> bool {
        let said = |name: &str| {
            self.prefs.iter().find(|(of, by, _)| of == name && by == channel.name()).map(|(.., on)| *on)
        };
        said(event.name).or_else(|| said("*")).unwrap_or_else(|| event.channels.contains(&channel))
    }

    /// This moment, or the end of the quiet hours that it falls into.
    pub fn after_quiet(&self, at_ms: i64) -> i64 {
        self.quiet.as_ref().map_or(at_ms, |(from, to, zone)| after_quiet(at_ms, *from, *to, zone))
    }
}

fn by<'b>(kind: &str, id: i64) -> [(&'b str, Value); 2] {
    [("receiverKind", json!(kind)), ("receiverId", json!(id))]
}

pub fn of(tx: &mut Tx<'_>, receiver: Receiver) -> Result<Wishes> {
    let (kind, id) = receiver.account();
    wishes(tx, kind, id)
}

fn wishes(tx: &mut Tx<'_>, kind: &str, id: i64) -> Result<Wishes> {
    let rows = tx.list("NotifyPref", &by(kind, id), "event, channel, onFlag", MOST)?;
    let text = |row: &Map<String, Value>, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let prefs = rows
        .iter()
        .map(|row| (text(row, "event"), text(row, "channel"), row["onFlag"] == json!(1)))
        .collect();
    let Some(row) = tx.first("NotifySetting", &by(kind, id), "quietFrom, quietTo, zone, lang")? else {
        return Ok(Wishes { prefs, ..Wishes::default() });
    };
    let zone = match text(&row, "zone") {
        zone if zone.is_empty() => tx.env().zone,
        zone => Zone::parse(&zone)?,
    };
    let ends = minute_of_day(&text(&row, "quietFrom")).zip(minute_of_day(&text(&row, "quietTo")));
    Ok(Wishes { prefs, quiet: ends.map(|(from, to)| (from, to, zone)), english: text(&row, "lang") == "en" })
}

/// The name of an account, where its table has such a column.
pub fn name_of(tx: &mut Tx<'_>, kind: &str, id: i64) -> Result<String> {
    let table = tx.env().registry.login(kind).map_or("", |login| login.table);
    let named = tx.env().registry.catalogue.table(table).is_some_and(|table| table.column("name").is_some());
    if !named {
        return Ok(String::new());
    }
    let row = tx.first(table, &[("id", json!(id))], "name")?;
    Ok(row.and_then(|row| row["name"].as_str().map(str::to_owned)).unwrap_or_default())
}

/// `Notification.prefs`
pub fn show(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    let wishes = wishes(tx, &caller.app_type, caller.id)?;
    let events = tx.env().registry.events().map(|event| {
        let personal = Channel::ALL.into_iter().filter(|channel| !channel.is_group());
        let channels: Vec<Value> = personal
            .map(|channel| json!({"channel": channel.name(), "on": i64::from(wishes.wants(event, channel))}))
            .collect();
        let label = if caller.lang == Lang::En { event.label.1 } else { event.label.0 };
        json!({"event": event.name, "title": label, "channels": channels})
    });
    let events: Vec<Value> = events.collect();
    let setting =
        tx.first("NotifySetting", &by(&caller.app_type, caller.id), "quietFrom, quietTo, zone, lang")?;
    let mut answer = setting.unwrap_or_else(|| {
        ["quietFrom", "quietTo", "zone", "lang"]
            .into_iter()
            .map(|name| (name.to_owned(), Value::Null))
            .collect()
    });
    answer.insert("events".into(), json!(events));
    Ok(Value::Object(answer).into())
}

/// `Notification.setPrefs`
pub fn change(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let caller = tx.caller();
    let rows = args.rows("prefs")?.unwrap_or_default();
    if rows.len() as u64 > MOST {
        return Err(wrong("prefs", "一次最多1000项", "at most 1000 at once"));
    }
    let settings = settings(args)?;
    let rows: Vec<(String, &str, bool)> = rows.iter().map(|row| pref(env, row)).collect::<Result<_>>()?;
    for (event, channel, on) in rows {
        let mut by = by(&caller.app_type, caller.id).to_vec();
        by.extend([("event", json!(event)), ("channel", json!(channel))]);
        store(tx, "NotifyPref", &by, Map::from_iter([("onFlag".to_owned(), json!(i64::from(on)))]))?;
    }
    if !settings.is_empty() {
        store(tx, "NotifySetting", &by(&caller.app_type, caller.id), settings)?;
    }
    Ok(Answer::ok())
}

fn store(tx: &mut Tx<'_>, table: &str, by: &[(&str, Value)], fields: Map<String, Value>) -> Result<()> {
    if tx.first(table, by, "id")?.is_some() {
        return tx.update(table, by, fields).map(|_| ());
    }
    let row = by.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).chain(fields);
    tx.insert(table, row).map(|_| ())
}

/// One entry of `prefs`.
fn pref(env: &Services, row: &Map<String, Value>) -> Result<(String, &'static str, bool)> {
    let event = row.get("event").and_then(Value::as_str).unwrap_or_default();
    if event != "*" && env.registry.event(event).is_none() {
        return Err(wrong("prefs", "没有该事件", "there is no such event"));
    }
    let channel = row.get("channel").and_then(Value::as_str).and_then(Channel::of);
    let Some(channel) = channel.filter(|channel| !channel.is_group()) else {
        return Err(wrong("prefs", "没有该渠道", "there is no such channel"));
    };
    let on = match row.get("on") {
        Some(Value::Bool(on)) => *on,
        Some(value) if *value == json!(1) || *value == json!("1") => true,
        Some(value) if *value == json!(0) || *value == json!("0") => false,
        _ => return Err(wrong("prefs", "on为0或1", "`on` is 0 or 1")),
    };
    Ok((event.to_owned(), channel.name(), on))
}

/// The settings that were sent, checked; an empty text empties one.
fn settings(args: &Args) -> Result<Map<String, Value>> {
    let mut settings = args.posted(&["quietFrom", "quietTo", "zone", "lang"]);
    for (name, value) in &mut settings {
        let text = value.as_str().unwrap_or_default().to_owned();
        let right = match name.as_str() {
            _ if text.is_empty() && (value.is_null() || value.is_string()) => true,
            "zone" => text.len() <= 64 && Zone::parse(&text).is_ok(),
            "lang" => text == "zh" || text == "en",
            _ => minute_of_day(&text).is_some(),
        };
        if !right {
            return Err(wrong(
                name,
                "取值不正确",
                "is wrong: a time is 22:30, a zone Asia/Shanghai, a language zh or en",
            ));
        }
        *value = if text.is_empty() { Value::Null } else { json!(text) };
    }
    let one = |name: &str| settings.get(name).is_some_and(|value| !value.is_null());
    if settings.contains_key("quietFrom") != settings.contains_key("quietTo")
        || one("quietFrom") != one("quietTo")
    {
        let name = if one("quietFrom") { "quietTo" } else { "quietFrom" };
        return Err(wrong(name, "免打扰的起止时间须同时设置", "quiet hours have a beginning and an end"));
    }
    Ok(settings)
}

fn wrong(name: &str, zh: &str, en: &str) -> Error {
    Error::param(format!("bad param `{name}`: {en}"))
        .say(format!("参数`{name}`：{zh}"), format!("`{name}`: {en}"))
}
