//! The faults, and how each one strikes a server that is at work.

use crate::load::Load;
use crate::plan::Taste;
use crate::rng::Rng;
use crate::server::{Place, Server, Who};
use crate::shim::{Word, errno, op};
use serde_json::json;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    Kill,
    KillAtOperation,
    KillInImport,
    KillWhileStarting,
    Term,
    TermThenKill,
    Pause,
    DiskFull,
    DiskFullAndRestart,
    WritesFail,
    SyncsFail,
    SyncsFailThenKill,
    TruncatesFail,
    OpensFail,
    RenamesFail,
    ReadsFail,
    ShortWrites,
    SlowSyncs,
    LyingSyncsThenKill,
    ReadOnly,
    ReadOnlyAndRestart,
    PowerCut,
    PowerCutAtOperation,
    PowerCutInImport,
    PowerCutWhileStarting,
    TornTail,
    NoDescriptors,
    FileLimit,
    ClockJumps,
    HangUps,
    ForeignLock,
    BackupMeanwhile,
}

pub const ALL: &[Fault] = &[
    Fault::Kill,
    Fault::PowerCut,
    Fault::KillAtOperation,
    Fault::SyncsFailThenKill,
    Fault::PowerCutAtOperation,
    Fault::DiskFull,
    Fault::KillWhileStarting,
    Fault::PowerCutInImport,
    Fault::HangUps,
    Fault::Term,
    Fault::PowerCutWhileStarting,
    Fault::WritesFail,
    Fault::KillInImport,
    Fault::SyncsFail,
    Fault::TornTail,
    Fault::ClockJumps,
    Fault::TermThenKill,
    Fault::NoDescriptors,
    Fault::Pause,
    Fault::DiskFullAndRestart,
    Fault::ShortWrites,
    Fault::ForeignLock,
    Fault::ReadOnly,
    Fault::SlowSyncs,
    Fault::RenamesFail,
    Fault::TruncatesFail,
    Fault::FileLimit,
    Fault::LyingSyncsThenKill,
    Fault::OpensFail,
    Fault::ReadOnlyAndRestart,
    Fault::ReadsFail,
    Fault::BackupMeanwhile,
];

/// How the server comes to its end after a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Kill,
    Term,
    PowerCut,
}

impl Fault {
    pub fn named(name: &str) -> Option<Fault> {
        ALL.iter().copied().find(|fault| format!("{fault:?}") == name)
    }

    pub fn taste(self) -> Taste {
        match self {
            Fault::KillInImport | Fault::PowerCutInImport => Taste::IMPORTS,
            Fault::HangUps => Taste::CUTS,
            _ => Taste::USUAL,
        }
    }

    /// Whether the fault is over while the server runs, which must then take writes again.
    pub fn passes(self) -> bool {
        !matches!(
            self,
            Fault::Kill
                | Fault::KillAtOperation
                | Fault::KillInImport
                | Fault::KillWhileStarting
                | Fault::Term
                | Fault::TermThenKill
                | Fault::SyncsFailThenKill
                | Fault::LyingSyncsThenKill
                | Fault::PowerCut
                | Fault::PowerCutAtOperation
                | Fault::PowerCutInImport
                | Fault::PowerCutWhileStarting
                | Fault::TornTail
                | Fault::FileLimit
                | Fault::DiskFullAndRestart
                | Fault::ReadOnlyAndRestart
        )
    }

    /// Whether nothing can be written for longer than an answer waits for its record.
    pub fn stops_writes(self) -> bool {
        matches!(
            self,
            Fault::DiskFull
                | Fault::DiskFullAndRestart
                | Fault::WritesFail
                | Fault::SyncsFail
                | Fault::SyncsFailThenKill
                | Fault::ReadOnly
                | Fault::ReadOnlyAndRestart
                | Fault::OpensFail
                | Fault::ReadsFail
                | Fault::FileLimit
                | Fault::ForeignLock
                | Fault::SlowSyncs
        )
    }

    /// A passing fault may end in any way.
    pub fn end(self, rng: &mut Rng) -> End {
        match self {
            Fault::PowerCut
            | Fault::PowerCutAtOperation
            | Fault::PowerCutInImport
            | Fault::PowerCutWhileStarting => End::PowerCut,
            Fault::Term => End::Term,
            _ if self.passes() => rng.pick(&[End::Kill, End::Term, End::PowerCut]),
            _ => End::Kill,
        }
    }
}

/// How long a fault may last, and how long one waits for calls to come through.
const LASTS: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(10);

/// Strikes while the clients call, and heals what passes.
pub fn strike(fault: Fault, place: &Place, server: &mut Server, load: &Load, rng: &mut Rng) {
    let control = &place.control;
    let any = 1000;
    load.until(rng.between(20, 150) as usize, LONG);
    let lasts = |least: i64| {
        let (before, begun) = (control.hits(), Instant::now());
        while begun.elapsed() < LASTS && control.hits() < before + least {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    // Once, at random, or without end as long as it lasts.
    let (chance, times) = rng.pick(&[(any, 1), (300, -1), (any, -1), (any, 3)]);
    match fault {
        Fault::Kill | Fault::PowerCut | Fault::Term | Fault::TermThenKill | Fault::TornTail => pause(rng, 30),
        Fault::HangUps => drop(load.until(60, LONG)),
        Fault::KillInImport | Fault::PowerCutInImport => pause(rng, 120),
        Fault::KillWhileStarting | Fault::PowerCutWhileStarting => {}
        Fault::KillAtOperation | Fault::PowerCutAtOperation => {
            control.die_after(rng.between(1, 300));
            let begun = Instant::now();
            while !server.is_gone() && begun.elapsed() < LONG {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Fault::Pause => {
            server.signal("STOP");
            pause(rng, 500);
            server.signal("CONT");
        }
        Fault::DiskFull | Fault::DiskFullAndRestart => {
            control.set(Word::Room, rng.between(0, 100_000).cast_signed());
            lasts(rng.between(1, 20).cast_signed());
        }
        Fault::WritesFail => {
            control.fail(op::WRITE, rng.pick(&[errno::EIO, errno::ENOSPC]), chance, times);
            lasts(6);
        }
        Fault::SyncsFail => {
            control.fail(op::SYNC, errno::EIO, chance, times);
            lasts(4);
        }
        Fault::SyncsFailThenKill => {
            control.fail(op::SYNC, errno::EIO, any, -1);
            lasts(rng.between(1, 3).cast_signed());
        }
        Fault::TruncatesFail => {
            control.fail(op::TRUNCATE, errno::EIO, any, -1);
            lasts(2);
        }
        Fault::OpensFail => {
            control.fail(op::OPEN, rng.pick(&[errno::EIO, errno::EMFILE]), chance, times);
            lasts(4);
        }
        Fault::RenamesFail => {
            control.fail(op::RENAME, rng.pick(&[errno::EIO, errno::ENOSPC]), chance, times);
            lasts(2);
        }
        Fault::ReadsFail => {
            control.fail(op::READ, errno::EIO, chance, times);
            lasts(4);
        }
        Fault::ShortWrites => {
            control.set(Word::ShortChance, 300);
            lasts(30);
        }
        Fault::SlowSyncs => {
            control.set(Word::SlowUs, rng.between(20, 200).cast_signed() * 1000);
            pause(rng, 600);
        }
        Fault::LyingSyncsThenKill => {
            control.set(Word::Lie, 1);
            lasts(20);
        }
        Fault::ReadOnly | Fault::ReadOnlyAndRestart => {
            control.fail(op::CHANGES, errno::EROFS, any, -1);
            lasts(rng.between(1, 20).cast_signed());
        }
        Fault::NoDescriptors => {
            limit(server, rustix::process::Resource::Nofile, Some(rng.between(3, 40)), rng)
        }
        Fault::FileLimit => {
            let size = std::fs::metadata(place.wal()).map_or(0, |meta| meta.len());
            limit(server, rustix::process::Resource::Fsize, Some(size + rng.between(0, 40_000)), rng);
        }
        Fault::ClockJumps => {
            const DAY: i64 = 86_400_000;
            for _ in 0..3 {
                control.set(Word::ClockMs, rng.pick(&[-400, -20, -1, 20, 730]) * DAY);
                load.until(15, LASTS);
            }
        }
        Fault::ForeignLock => {
            let other = rusqlite::Connection::open(place.db()).unwrap();
            other.busy_timeout(LONG).unwrap();
            if other.execute_batch("BEGIN IMMEDIATE").is_ok() {
                pause(rng, 900);
                let _ = other.execute_batch("ROLLBACK");
            }
        }
        Fault::BackupMeanwhile => backup(place),
    }
    if fault.passes() {
        control.heal();
    }
}

/// A limit of the process for a while.
fn limit(server: &Server, which: rustix::process::Resource, value: Option<u64>, rng: &mut Rng) {
    use rustix::process::{Pid, Rlimit, prlimit};
    let pid = Pid::from_raw(server.child.id().cast_signed());
    let set = |limit| prlimit(pid, which, limit).ok();
    let before = set(Rlimit { current: value, maximum: None }).or_else(|| {
        let now = rustix::process::getrlimit(which);
        set(Rlimit { current: value, maximum: now.maximum })
    });
    pause(rng, 500);
    if let Some(before) = before {
        set(before);
    }
}

/// A backup that is made while the server writes is whole, with its files.
fn backup(place: &Place) {
    let to = place.dir.join("backups").display().to_string();
    for args in [&["backup", "--to", &to][..], &["check", &to]] {
        let done = place.plain().args(args).output().unwrap();
        let said = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&said));
    }
}

fn pause(rng: &mut Rng, most_ms: u64) {
    std::thread::sleep(Duration::from_micros(rng.below(most_ms * 1000 + 1)));
}

/// After a passing fault the server takes a write again without a restart.
pub fn is_healed(server: &mut Server, mark: &str) -> Result<i64, String> {
    let begun = Instant::now();
    let mut last = None;
    while begun.elapsed() < LONG {
        if let Some(status) = server.child.try_wait().unwrap() {
            return Err(format!("the server has ended: {status}"));
        }
        last = server.call(Who::User(1), "Ordr.add", &json!({"dscr": mark}));
        match &last {
            Some(answer) if answer[0] == 0 => return Ok(answer[1].as_i64().unwrap_or_default()),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    Err(format!("{last:?}"))
}
