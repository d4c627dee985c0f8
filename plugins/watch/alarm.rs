//! Alarms of a watch, up to a few, set by the members of its circle.

use super::{codes, watch};
use jindou::plugin::*;

pub static WATCH_ALARM: Object = Object::table("WatchAlarm")
    .actions(&[
        write("add", USER, add).doc("A new alarm; absent fields have their usual values."),
        write("set", USER, set).doc("Changes an alarm."),
        write("del", USER, del).doc("Removes an alarm."),
        read("query", USER, query).doc("The alarms of a watch."),
    ])
    .private_of("Watch", "watchId")
    .emp(can(READ).needs(mask::PRIVATE));

const FIELDS: [(&str, &str); 5] = [
    ("status", "on"),
    ("cycle", "1,2,3,4,5"),
    ("alarmTime", "08:00"),
    ("label", "闹铃"),
    ("pattern", "cycle"),
];
const COLUMNS: &str = "id, alarmNo, status, cycle, alarmTime, label, pattern, createTm";

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mut fields = Map::new();
    for (name, usual) in FIELDS {
        fields.insert(name.to_owned(), json!(sent(args, name)?.unwrap_or_else(|| usual.to_owned())));
    }
    check(&fields)?;
    let watch = watch::named(tx, args)?;
    let id = watch.int("id");
    let numbers = tx.list("WatchAlarm", &[("watchId", json!(id))], "alarmNo", 1000)?;
    let last = numbers.iter().filter_map(|row| row.text("alarmNo").parse::<i64>().ok()).max().unwrap_or(0);
    fields.insert("watchId".into(), json!(id));
    fields.insert("alarmNo".into(), json!((last + 1).to_string()));
    fields.insert("createTm".into(), json!(tx.now()));
    let made = tx.add("WatchAlarm", Value::Object(fields))?;
    Ok(json!({"id": made, "alarmNo": (last + 1).to_string()}).into())
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mut alarm = named(tx, args)?;
    let id = alarm.int("id");
    let mut changes = Map::new();
    for (name, _) in FIELDS {
        if let Some(value) = sent(args, name)? {
            changes.insert(name.to_owned(), json!(value));
        }
    }
    alarm.extend(changes.clone());
    check(&alarm)?;
    tx.set("WatchAlarm", id, Value::Object(changes))?;
    Ok(Answer::ok())
}

/// What is sent empty is meant empty, not absent.
fn sent(args: &Args, name: &str) -> Result<Option<String>> {
    let value = args.given(name)?.map(|text| match name {
        "cycle" => text.split(',').map(str::trim).collect::<Vec<_>>().join(","),
        _ => text,
    });
    Ok(value.or_else(|| args.sent(name).then(String::new)))
}

fn del(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let alarm = named(tx, args)?;
    tx.del("WatchAlarm", alarm.int("id"))?;
    Ok(Answer::ok())
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let watch = watch::named(tx, args)?;
    let rows = tx.list("WatchAlarm", &[("watchId", json!(watch.int("id")))], COLUMNS, 1000)?;
    let names: Vec<&str> = COLUMNS.split(", ").collect();
    let cells = |row: Row| names.iter().map(|name| row[*name].clone()).collect();
    let rows = rows.into_iter().map(cells).collect();
    args.table(Grid::new(names, rows))
}

/// The alarm named by `id` or `alarmNo`.
fn named(tx: &mut Tx<'_>, args: &Args) -> Result<Row> {
    let watch = watch::named(tx, args)?;
    let by = match (args.id("id")?, args.given("alarmNo")?) {
        (Some(id), _) => ("id", json!(id)),
        (None, Some(number)) => ("alarmNo", json!(number)),
        (None, None) => return Err(Error::missing("alarmNo")),
    };
    let found = tx.first("WatchAlarm", &[("watchId", json!(watch.int("id"))), by], COLUMNS)?;
    found.ok_or_else(|| Error::known(codes::ALARM_UNKNOWN))
}

fn check(alarm: &Row) -> Result<()> {
    let wrong = |name: &str, rule: &str| Err(Error::param(format!("param `{name}`: {rule}")));
    let days: Vec<&str> = alarm.text("cycle").split(',').collect();
    if days.iter().any(|day| !matches!(*day, "1" | "2" | "3" | "4" | "5" | "6" | "7")) {
        return wrong("cycle", "weekdays 1 to 7 with commas between them");
    }
    match alarm.text("pattern") {
        "cycle" => {}
        "single" if days.len() == 1 => {}
        "single" => return wrong("cycle", "an alarm that rings once has exactly one weekday"),
        _ => return wrong("pattern", "cycle or single"),
    }
    if !matches!(alarm.text("status"), "on" | "off") {
        return wrong("status", "on or off");
    }
    match clock(alarm.text("alarmTime")) {
        true => Ok(()),
        false => wrong("alarmTime", "00:00 to 23:59"),
    }
}

fn clock(text: &str) -> bool {
    let part = |part: &str, most: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n < most)
    };
    text.split_once(':').is_some_and(|(hour, minute)| part(hour, 24) && part(minute, 60))
}
