//! The continuous copy of the real program: a restore reaches any moment, and little is lost with the machine.

use crate::backup_house::{House, backups, count, until};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A server whose copy has its first backup.
fn house(settings: &[(&str, &str)]) -> House {
    let mut all = vec![("P_BACKUP_CONTINUOUS", "1"), ("P_BACKUP_WINDOW", "1s")];
    all.extend_from_slice(settings);
    let house = House::new(&all);
    until("there is no first backup", || checked(&house) > 0);
    house
}

/// Backups that count.
fn checked(house: &House) -> usize {
    let made = backups(&house.path("data/backup"));
    made.iter().filter(|path| path.join("checked.json").exists()).count()
}

/// The time now, as a person would write it.
fn now() -> String {
    std::thread::sleep(Duration::from_millis(5));
    let time = chrono::Utc::now() + chrono::Duration::hours(8);
    std::thread::sleep(Duration::from_millis(5));
    time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

fn orders(db: &Path) -> Vec<String> {
    let db = Connection::open(db).unwrap();
    let mut select = db.prepare("SELECT dscr FROM Ordr ORDER BY id").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_restore_at_a_time_between_two_writes_gives_exactly_the_first() {
    for passphrase in ["", "a passphrase for tests"] {
        let house = house(&[("P_BACKUP_KEY", passphrase)]);
        let mut times = vec![now()];
        let mut keys = Vec::new();
        for n in 0..8 {
            house.order(&format!("order {n}-"));
            keys.push(house.upload(format!("file {n}").as_bytes()));
            times.push(now());
        }
        let shipped = || {
            let out = house.path("probe");
            let _ = fs::remove_dir_all(&out);
            house.well(&["restore", "--to", &text(&out)]);
            count(&out.join("jindou.db"), "Ordr") == 8 && count(&out.join("jindou.db"), "Attachment") == 8
        };
        until("what was written does not arrive", shipped);
        for (n, time) in times.iter().enumerate() {
            let out = house.path(&format!("out{n}"));
            house.well(&["restore", "--to", &text(&out), "--at", time]);
            let wanted: Vec<String> = (0..n).map(|n| format!("order {n}-")).collect();
            assert_eq!(orders(&out.join("jindou.db")), wanted, "{time}");
            assert!(
                keys.iter()
                    .take(n)
                    .enumerate()
                    .all(|(n, key)| { fs::read(out.join(key)).unwrap() == format!("file {n}").as_bytes() })
            );
            house.well(&["check", &text(&out)]);
        }
        house.refused(&["restore", "--to", &text(&house.path("no")), "--at", "2020-01-01"], "is of later");
    }
}

/// Under full load the write-ahead log begins anew many times, and no commit is missing or there twice.
#[test]
fn under_load_every_commit_arrives_and_the_log_stays_short() {
    let mut house = house(&[]);
    let mut longest = 0;
    house.under_load(|| {
        let end = Instant::now() + Duration::from_secs(12);
        while Instant::now() < end {
            let wal = fs::metadata(house.path("kill.db-wal")).map_or(0, |meta| meta.len());
            longest = longest.max(wal);
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let all = count(&house.db(), "Ordr");
    std::thread::sleep(Duration::from_millis(2500));
    // The machine is lost: nothing of it but the place of backups.
    house.kill();
    let out = house.path("out");
    let said = house.well(&["restore", &text(&house.path("data/backup")), "--to", &text(&out)]);
    assert_eq!(count(&out.join("jindou.db"), "Ordr"), all, "{said}");
    let said = house.well(&["check", &text(&out)]);
    assert!(said.contains("the chain is whole"), "{said}");
    assert!(longest < 200 << 20, "{longest}");
    assert_eq!(fs::read_dir(house.path("data/backup/stream")).unwrap().count(), 1, "it never broke");
}

#[test]
fn a_restart_begins_anew_and_what_is_missing_is_refused() {
    let mut house = house(&[]);
    house.order("first-");
    std::thread::sleep(Duration::from_millis(2500));
    house.kill();
    let between = now();
    std::thread::sleep(Duration::from_millis(1100));
    house.start();
    until("there is no second backup", || checked(&house) > 1);
    house.order("second-");
    std::thread::sleep(Duration::from_millis(2500));
    let restored = |at: &[&str], out: &str| {
        let out = text(&house.path(out));
        let args = [&["restore", "--to", &out], at].concat();
        house.well(&args);
        orders(&Path::new(&out).join("jindou.db"))
    };
    assert_eq!(restored(&[], "all"), ["first-", "second-"]);
    assert_eq!(restored(&["--at", &between], "between"), ["first-"]);
    let stream = house.path("data/backup/stream");
    let mut generations: Vec<_> = fs::read_dir(stream).unwrap().map(|entry| entry.unwrap().path()).collect();
    generations.sort();
    let mut segments: Vec<_> =
        fs::read_dir(&generations[0]).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| text(path).ends_with(".seg"));
    segments.sort();
    let bytes = fs::read(segments.last().unwrap()).unwrap();
    fs::write(segments.last().unwrap(), &bytes[..bytes.len() - 3]).unwrap();
    let out = text(&house.path("damaged"));
    house.refused(&["restore", "--to", &out, "--at", &between], "damaged");
    if segments.len() > 1 {
        fs::remove_file(&segments[segments.len() - 2]).unwrap();
        house.refused(&["restore", "--to", &out, "--at", &between], "is missing");
    }
}
