//! The server's own backups: made by the clock (`P_BACKUP_AT`) or for an administrator, one at a time, on a thread that
//! stands back for calls. Each is restored into a temporary folder and checked there; only then does it count, and only
//! those that count make others go.

use super::check::{Checking, check_backup, reason};
use super::disk::{self, Scratch};
use super::found::Found;
use super::make::{Making, make};
use super::manifest::{DATABASE, Manifest};
use super::place::{self, BackupPlace};
use super::restore::{Restoring, restore};
use super::retire;
use super::sealed::Cipher;
use super::stream::Beginning;
use crate::api::long_work;
use crate::error::{Error, Result};
use crate::jobs::progress::LongJob;
use crate::server::Server;
use crate::services::audit_keys;
use crate::store::write_out;
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is known of a backup once it was checked: it lies beside its manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checked {
    /// When it was checked, in UTC.
    time: String,
    size: u64,
    files: usize,
    pub faults: Vec<String>,
}

const CHECKED: &str = "checked.json";
/// After a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(900);
/// A backup that claims to be of later than this was made by a wrong clock.
pub const AHEAD_MS: i64 = 86_400_000;
/// Shown to an administrator.
const SHOWN: usize = 100;

#[derive(Default)]
pub struct Keeper {
    state: Mutex<State>,
    percent: AtomicU64,
    ending: AtomicBool,
}

#[derive(Default)]
struct State {
    running: bool,
    /// What is in the place, oldest first; None = not looked yet.
    there: Option<Vec<(String, Option<Checked>)>>,
    /// When the last one failed; None = it did not.
    failed: Option<Instant>,
    last: Option<Last>,
}

/// How the last one went.
struct Last {
    ms: i64,
    took_ms: u64,
    error: Option<String>,
}

impl Keeper {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server ends: what is being made is given up.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Looks at the clock now and then.
    pub fn tick(&self, server: &Arc<Server>) -> Result<()> {
        let config = &server.env.config;
        let (asked, known) = (!config.text("P_BACKUP_AT").is_empty(), self.lock().there.is_some());
        if asked && !known {
            return spawn("backup-list", server, |server| {
                match BackupPlace::of(&server.env.config).and_then(|place| list(&place)) {
                    Ok(there) => server.backups.lock().there = Some(there),
                    Err(error) => tracing::error!(%error, "the backups cannot be listed"),
                }
            });
        }
        match asked && self.is_due(server) {
            true => self.start(server, None),
            false => Ok(()),
        }
    }

    fn is_due(&self, server: &Server) -> bool {
        let env = &server.env;
        let Some(wanted) = wanted(env.config.text("P_BACKUP_AT"), env.now()) else { return false };
        let wanted = env.zone.to_unix(wanted) * 1000;
        let state = self.lock();
        let waits = state.running || state.failed.is_some_and(|failed| failed.elapsed() < AGAIN);
        !waits && self.newest(&state, env.unix_ms()).is_none_or(|newest| newest < wanted)
    }

    /// The moment of the newest backup that counts.
    fn newest(&self, state: &State, now: i64) -> Option<i64> {
        let good = state.there.iter().flatten().filter(|(_, checked)| counts(checked.as_ref()));
        good.filter_map(|(name, _)| place::moment(name)).filter(|at| *at <= now + AHEAD_MS).max()
    }

    /// How old the newest backup that counts is; None = there is none.
    pub fn age_sec(&self, now_ms: i64) -> Option<i64> {
        self.newest(&self.lock(), now_ms).map(|at| (now_ms - at).max(0) / 1000)
    }

    /// Begins one, and comes back. `job` tells its caller how far it is.
    pub fn start(&self, server: &Arc<Server>, job: Option<Arc<LongJob>>) -> Result<()> {
        {
            let mut state = self.lock();
            if state.running {
                return Err(Error::busy("a backup is being made already")
                    .say("正在备份，请稍后再试", "a backup is being made already, please try again later"));
            }
            state.running = true;
        }
        self.percent.store(0, Ordering::Relaxed);
        let begun = spawn("backup", server, move |server| {
            let (started, ms) = (Instant::now(), server.env.unix_ms());
            let work = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(server, job.as_deref())));
            let done = work.unwrap_or_else(|_| Err(Error::server("the backup panicked")));
            let took_ms = started.elapsed().as_millis() as u64;
            match &done {
                Ok(name) => tracing::info!(%name, ms = took_ms, "a backup was made, restored and checked"),
                Err(error) => tracing::error!(%error, "no backup was made"),
            }
            let there = BackupPlace::of(&server.env.config).and_then(|place| list(&place)).ok();
            let mut state = server.backups.lock();
            state.running = false;
            let known = state.there.take();
            state.there = there.or(known);
            state.failed = done.is_err().then(Instant::now);
            state.last = Some(Last { ms, took_ms, error: done.as_ref().err().map(reason) });
            drop(state);
            if let Some(job) = job {
                long_work::ended(server, &job, done.map(|name| json!({"name": name})), false);
            }
        });
        if begun.is_err() {
            self.lock().running = false;
        }
        begun
    }

    /// For the administrator.
    pub fn show(&self, server: &Server) -> Value {
        let env = &server.env;
        let local = |ms: i64| crate::time::format(env.zone.from_unix(ms.div_euclid(1000)));
        let state = self.lock();
        let rows = state.there.iter().flatten().rev().take(SHOWN).map(|(name, checked)| {
            json!({
                "name": name,
                "tm": place::moment(name).map(local),
                "size": checked.as_ref().map(|checked| checked.size),
                "files": checked.as_ref().map(|checked| checked.files),
                "ok": checked.as_ref().map(|checked| checked.faults.is_empty()),
                "faults": checked.as_ref().map(|checked| checked.faults.clone()),
            })
        });
        let list: Vec<Value> = rows.collect();
        let last = state.last.as_ref().map(
            |last| json!({"tm": local(last.ms), "ms": last.took_ms, "ok": last.error.is_none(), "error": last.error}),
        );
        let now = env.unix_ms();
        json!({
            "place": BackupPlace::of(&env.config).map(|place| place.to_string()).ok(),
            "at": env.config.text("P_BACKUP_AT"),
            "keep": env.config.text("P_BACKUP_KEEP"),
            "sealed": !env.config.text("P_BACKUP_KEY").is_empty(),
            "running": state.running,
            "percent": self.percent.load(Ordering::Relaxed),
            "ageSec": self.newest(&state, now).map(|at| (now - at).max(0) / 1000),
            "last": last,
            "stream": server.stream.as_ref().map(|stream| stream.show()),
            "list": list,
        })
    }
}

pub fn counts(checked: Option<&Checked>) -> bool {
    checked.is_some_and(|checked| checked.faults.is_empty())
}

fn spawn(name: &str, server: &Arc<Server>, work: impl FnOnce(&Arc<Server>) + Send + 'static) -> Result<()> {
    let server = server.clone();
    let begun = std::thread::Builder::new().name(name.into()).spawn(move || {
        crate::pipeline::stand_back();
        work(&server);
    });
    begun.map(|_| ()).map_err(|e| Error::server(format!("no thread for a backup: {e}")))
}

/// The last of these times of day that has come; None = there are none.
fn wanted(times: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let times = crate::config::times_of_day(times)?;
    let today = times.iter().map(|time| now.date().and_time(*time)).filter(|at| *at <= now).max();
    let yesterday = now.date().pred_opt()?;
    today.or_else(|| times.iter().map(|time| yesterday.and_time(*time)).max())
}

/// What is in a place, oldest first, with what is known of it.
pub fn list(place: &BackupPlace) -> Result<Vec<(String, Option<Checked>)>> {
    let known = |name: String| {
        let mut bytes = Vec::new();
        let read = write_out(&*place.store, &format!("{name}/{CHECKED}"), &mut bytes);
        let checked = read.ok().and_then(|_| serde_json::from_slice(&bytes).ok());
        (name, checked)
    };
    Ok(place.names()?.into_iter().map(known).collect())
}

/// Makes, restores and checks one, then lets others go; gives its name.
fn run(server: &Arc<Server>, job: Option<&LongJob>) -> Result<String> {
    let env = &server.env;
    let config = &env.config;
    let place = BackupPlace::of(config)?;
    let cipher = Some(config.text("P_BACKUP_KEY")).filter(|key| !key.is_empty()).map(Cipher::new);
    let keeper = &server.backups;
    let go_on = |percent: u64| {
        let before = keeper.percent.swap(percent, Ordering::Relaxed);
        if let Some(job) = job {
            job.advance(percent.saturating_sub(before));
        }
        match keeper.ending.load(Ordering::Relaxed) {
            true => Err(Error::server("the server ends")),
            false => Ok(()),
        }
    };
    let beginning = server.stream.as_deref().map(|stream| Beginning { stream, server });
    let before = newest_good(&place, cipher.as_ref())?;
    let made = make(&Making {
        database: server.db.path(),
        data: &config.data,
        store: &*env.files,
        rows: env.registry.file_rules().map(|rules| rules.rows),
        keys: &env.audit_keys,
        place: &place,
        cipher: cipher.as_ref(),
        unix_ms: env.unix_ms(),
        stream: beginning.as_ref().map(|beginning| beginning as _),
        go_on: &|percent| go_on(percent * 7 / 10),
    })?;
    let found = Found::named(&place, &made.name, cipher.as_ref())?;
    let faults = match prove(server, &place, &found, cipher.as_ref(), before.as_ref()) {
        Ok(()) => Vec::new(),
        Err(error) => vec![reason(&error)],
    };
    go_on(95)?;
    let checked = Checked {
        time: super::time_text(env.unix_ms()),
        size: found.manifest.size(),
        files: found.manifest.files.len(),
        faults: faults.clone(),
    };
    remember(server, &place, &made.name, &checked)?;
    match faults.is_empty() {
        true => {
            if let Some(stream) = &server.stream {
                stream.is_based(found.manifest.stream.as_ref());
            }
            retire::tidy(server, &place)?;
        }
        false => return Err(Error::server(format!("{} does not count: {}", made.name, faults.join("; ")))),
    }
    go_on(100)?;
    Ok(made.name)
}

/// What was read and found good the last time.
fn newest_good(place: &BackupPlace, cipher: Option<&Cipher>) -> Result<Option<Manifest>> {
    let there = list(place)?;
    let newest = there.iter().rfind(|(_, checked)| counts(checked.as_ref()));
    Ok(newest.and_then(|(name, _)| Found::named(place, name, cipher).ok()).map(|found| found.manifest))
}

/// Restores it and checks what was restored. Of a bucket only what is new is fetched; the rest is looked for.
fn prove(
    server: &Server,
    place: &BackupPlace,
    found: &Found,
    cipher: Option<&Cipher>,
    before: Option<&Manifest>,
) -> Result<()> {
    let config = &server.env.config;
    let keys = |key: Option<&[u8]>| audit_keys(config, key).map_err(Error::server);
    let rows = server.env.registry.file_rules().map(|rules| rules.rows);
    let room = config.data.join(place::USUAL);
    let room = place.folder.as_deref().unwrap_or(&room);
    if place.folder.is_none() {
        let known = before;
        let report = check_backup(&Checking { found, cipher, keys: &keys, rows, room, known });
        return report.must_be_good("the backup");
    }
    let failed = |e: std::io::Error| Error::server(format!("{}: {e}", room.display()));
    let scratch = Scratch::new(room, "restored").map_err(failed)?;
    let restored = restore(&Restoring {
        found,
        cipher,
        database: &scratch.path.join(DATABASE),
        data: &scratch.path,
        store: None,
        force: false,
        link: true,
        rows,
        keys: &keys,
        replay: None,
    });
    restored.map(|_| ())
}

fn remember(server: &Server, place: &BackupPlace, name: &str, checked: &Checked) -> Result<()> {
    let failed = |e: std::io::Error| Error::server(format!("{name}/{CHECKED}: {e}"));
    let room = place.workshop(server.env.data_dir())?;
    let scratch = Scratch::new(&room, "checked").map_err(failed)?;
    let path = scratch.path.join(CHECKED);
    let mut file = disk::create(&path).map_err(failed)?;
    serde_json::to_writer_pretty(&mut file, checked).map_err(|e| failed(e.into()))?;
    file.sync_all().map_err(failed)?;
    place.store.put(&format!("{name}/{CHECKED}"), &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_that_came_last() {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        for (times, now, is) in [
            ("02:30", "2026-11-30 02:29", "2026-11-29 02:30"),
            ("02:30", "2026-11-30 02:30", "2026-11-30 02:30"),
            ("14:00,02:30", "2026-11-30 13:00", "2026-11-30 02:30"),
            ("14:00,02:30", "2026-11-30 01:00", "2026-11-29 14:00"),
        ] {
            assert_eq!(wanted(times, at(now)), Some(at(is)), "{times} {now}");
        }
        assert_eq!(wanted("", at("2026-11-30 01:00")), None);
    }
}
