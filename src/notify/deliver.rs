//! The job that sends. It takes what is due under a number that only it holds (the attempt), asks the services, each channel on
//! a thread of its own, and writes down how it went. Whoever no longer holds the number writes nothing.

use super::text::plain;
use super::{SEALED_AS, service};
use crate::api::{Answer, Fields, Prepared, Row, Stage};
use crate::db::{More, Tx};
use crate::error::Result;
use crate::integrations::{self, ServiceMode, ask_outside};
use crate::services::Services;
use crate::time::trusted::Age;
use crate::value::Val;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Messages of one run.
const AT_ONCE: i64 = 100;
const DUE: &str =
    "SELECT id, attempt, channel, req FROM NotifyLog WHERE nextMs <= ? ORDER BY nextMs, id LIMIT ?";
const TRIES: i64 = 3;
/// How long a run may hold a message; then another one takes it.
const LEASE_MS: i64 = 120_000;
/// Before the second try and the third.
const PAUSES_MS: [i64; 2] = [10_000, 60_000];
/// A service that fails after so long is hanging: the rest of its messages waits.
const HANGS: Duration = Duration::from_secs(3);
/// Time of one channel in a run, beside its last message.
const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER_MAX: usize = 1000;

/// How one message ended.
struct Ended {
    id: i64,
    attempt: i64,
    outcome: Outcome,
    /// The row of a mock's log.
    mock: Option<Map<String, Value>>,
}

enum Outcome {
    Sent(String),
    Failed(String),
    Off,
    /// It was not tried.
    Back,
}

/// Sends what is due.
pub fn deliver(stage: &mut Stage<'_>) -> Result<Prepared> {
    let now = stage.env().unix_ms();
    if stage.read(|tx| due(tx, now))?.is_empty() {
        return Ok(Prepared::Done(json!(0).into()));
    }
    let taken = stage.note(move |tx| take(tx, now))?;
    let env = stage.env();
    let mut channels: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in taken {
        channels.entry(row.text("channel").to_owned()).or_default().push(row);
    }
    let ended: Vec<Ended> = std::thread::scope(|scope| {
        let threads: Vec<_> = channels
            .iter()
            .map(|(channel, rows)| scope.spawn(move || send_all(env, channel, rows)))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    Ok(Prepared::write(move |tx| {
        let sent = ended.iter().filter(|ended| matches!(ended.outcome, Outcome::Sent(_))).count();
        for ended in ended {
            settle(tx, ended)?;
        }
        Ok(json!(sent).into())
    }))
}

fn due(tx: &mut Tx<'_>, now: i64) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    tx.each_row(DUE, &[now.into(), AT_ONCE.into()], |row| {
        let cells = row.cells()?;
        let number = |at: usize| cells.get(at).and_then(Val::as_i64);
        let text = |at: usize| cells.get(at).and_then(Val::as_text);
        rows.push(object(json!({"id": number(0), "attempt": number(1), "channel": text(2), "req": text(3)})));
        Ok(More::Wanted)
    })?;
    Ok(rows)
}

/// Makes what is due this run's own. A run that died has spent one of the tries.
fn take(tx: &mut Tx<'_>, now: i64) -> Result<Vec<Row>> {
    let mut taken = Vec::new();
    for mut row in due(tx, now)? {
        let attempt = row.int("attempt") + 1;
        let by = [("id", json!(row.int("id")))];
        if attempt > TRIES {
            let fields = json!({"state": "dead", "nextMs": null, "error": "the server stopped while it was being sent",
                "doneTm": tx.now()});
            tx.update("NotifyLog", &by, object(fields))?;
            continue;
        }
        let fields = json!({"state": "sending", "attempt": attempt, "nextMs": now + LEASE_MS});
        tx.update("NotifyLog", &by, object(fields))?;
        row.insert("attempt".into(), json!(attempt));
        taken.push(row);
    }
    Ok(taken)
}

fn send_all(env: &Services, channel: &str, rows: &[Row]) -> Vec<Ended> {
    let begun = Instant::now();
    let mut hangs = false;
    let mut one = |row: &Row| {
        let (id, attempt) = (row.int("id"), row.int("attempt"));
        if hangs || begun.elapsed() > PATIENCE {
            return Ended { id, attempt, outcome: Outcome::Back, mock: None };
        }
        let asked = Instant::now();
        let (outcome, mock) = send(env, channel, row);
        hangs = matches!(outcome, Outcome::Failed(_)) && asked.elapsed() > HANGS;
        Ended { id, attempt, outcome, mock }
    };
    rows.iter().map(&mut one).collect()
}

fn send(env: &Services, channel: &str, row: &Row) -> (Outcome, Option<Map<String, Value>>) {
    let Some(service) = service(channel).filter(|svc| integrations::mode(env, *svc) != ServiceMode::Off)
    else {
        return (Outcome::Off, None);
    };
    let opened = env.seal.open(SEALED_AS, row.text("req"));
    let req = opened.map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap_or_default());
    let mut req = match req {
        Ok(req) => req,
        Err(error) => return (Outcome::Failed(error.to_string()), None),
    };
    // Providers and programs that know this number take a message once.
    req["id"] = json!(format!("notify-{}", row.int("id")));
    let (answer, mock) = ask_outside(env, service, "send", &req);
    let safe = |text: String| without_secrets(env, service.needs(), text);
    let outcome = match answer {
        Ok(Value::String(text)) => Outcome::Sent(safe(text)),
        Ok(answer) => Outcome::Sent(safe(answer.to_string())),
        Err(error) => {
            let why = error.source.as_deref().map_or_else(|| error.to_string(), str::to_owned);
            Outcome::Failed(safe(why))
        }
    };
    (outcome, mock)
}

/// What a provider says, without the settings that only the operator knows.
fn without_secrets(env: &Services, keys: &[&str], text: String) -> String {
    let values = keys.iter().map(|key| env.config.text(key)).filter(|value| value.len() >= 4);
    let text = values.fold(text, |text, value| text.replace(value, crate::redact::MASKED));
    plain(&text, ANSWER_MAX)
}

fn settle(tx: &mut Tx<'_>, ended: Ended) -> Result<()> {
    if let Some(row) = ended.mock {
        tx.insert("MockLog", row)?;
    }
    let (now, now_ms) = (tx.now(), tx.env().unix_ms());
    let fields = match ended.outcome {
        Outcome::Sent(answer) => {
            json!({"state": "sent", "nextMs": null, "answer": answer, "error": null, "doneTm": now})
        }
        Outcome::Off => json!({"state": "off", "nextMs": null, "error": "the service is off", "doneTm": now}),
        Outcome::Back => {
            json!({"state": "waiting", "attempt": ended.attempt - 1, "nextMs": now_ms + PAUSES_MS[0]})
        }
        Outcome::Failed(why) => {
            let why: String = why.chars().take(250).collect();
            match usize::try_from(ended.attempt - 1).ok().and_then(|at| PAUSES_MS.get(at)) {
                Some(pause) => json!({"state": "waiting", "nextMs": now_ms + pause, "error": why}),
                None => {
                    tracing::warn!(id = ended.id, error = why, "a notification was not sent");
                    json!({"state": "dead", "nextMs": null, "error": why, "doneTm": now})
                }
            }
        }
    };
    // Only as long as no other run has taken it.
    let by = [("id", json!(ended.id)), ("state", json!("sending")), ("attempt", json!(ended.attempt))];
    tx.update("NotifyLog", &by, object(fields)).map(|_| ())
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

/// Removes deliveries and keys that are old; notifications themselves stay.
pub fn forget(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let limit = age.days_ago(stage.env().config.int("P_NOTIFY_KEEP_DAYS"));
    Ok(Prepared::write(move |tx| {
        let mut count = 0;
        for table in ["NotifyLog", "NotifyKey"] {
            count += tx.delete_older(table, "createTm", limit.clone())?;
        }
        Ok(Answer::Json(json!(count)))
    }))
}
