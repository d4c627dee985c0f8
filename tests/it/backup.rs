//! `jindou backup`, `check` and `restore` of the real program: under load, cut off, damaged, encrypted, and into places
//! that are taken.

use crate::backup_house::{House, backups, count};
use std::fs;
use std::path::Path;
use std::time::Duration;

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_backup_under_load_is_whole_and_comes_back() {
    let house = House::new(&[]);
    let (place, out) = (text(&house.path("kept")), text(&house.path("out")));
    let key = house.upload(b"a file that stays");
    let (begun, said) =
        house.under_load(|| (0..3).map(|_| house.well(&["backup", "--to", &place])).collect::<Vec<_>>());
    assert!(said.iter().all(|said| said.contains("the chain is whole")), "{said:?}");
    let made = backups(Path::new(&place));
    assert_eq!(made.len(), 3);
    for backup in &made {
        let said = house.well(&["check", &text(backup)]);
        assert!(said.contains("the chain is whole") && said.contains("as the manifest says"), "{said}");
        assert!(backup.join("files").join(&key).exists());
    }
    house.well(&["check", &place]);
    house.well(&["restore", &text(&made[0]), "--to", &out]);
    let restored = Path::new(&out).join("jindou.db");
    assert!(count(&restored, "Ordr") >= begun, "what was acknowledged before the backup is in it");
    assert_eq!(fs::read(Path::new(&out).join(&key)).unwrap(), b"a file that stays");
    let said = house.well(&["check", &out]);
    assert!(said.contains("files that rows name are there"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&made[0]), mode(&made[0].join("jindou.db"))), (0o700, 0o600));
        assert_eq!((mode(&restored), mode(&Path::new(&out).join("secret.key"))), (0o600, 0o600));
    }
}

#[test]
fn a_backup_that_was_cut_off_never_looks_whole() {
    let house = House::new(&[]);
    house.sql(
        "CREATE TABLE Filler (t TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) \
         INSERT INTO Filler SELECT hex(randomblob(500)) FROM n",
    );
    for n in 0..20 {
        house.upload(format!("file {n}").as_bytes());
    }
    let place = house.path("kept");
    let mut cut = 0;
    for round in 0..25_u64 {
        let mut child = house.command(&["backup", "--to", &text(&place)]);
        child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = child.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(8 * round));
        let _ = child.kill();
        let before = backups(&place).len();
        cut += usize::from(!child.wait().unwrap().success());
        for backup in backups(&place) {
            house.well(&["check", &text(&backup)]);
        }
        assert_eq!(backups(&place).len(), before);
    }
    assert!(cut > 5, "{cut}");
    house.well(&["backup", "--to", &text(&place)]);
    let halves = fs::read_dir(&place)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(halves.count(), 0, "what was cut off is removed by the next");
}

#[test]
fn every_damage_of_a_backup_is_named() {
    let house = House::new(&[]);
    let key = house.upload(b"some text");
    let place = house.path("kept");
    house.well(&["backup", "--to", &text(&place)]);
    let whole = backups(&place).remove(0);
    let file = format!("files/{key}");
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    let damages: [Damage<'_>; 9] = [
        ("jindou.db", &|path| flip(path, 5000), "jindou.db is not what the manifest says"),
        ("jindou.db", &cut, "jindou.db is not what the manifest says"),
        ("jindou.db", &|path| fs::remove_file(path).unwrap(), "jindou.db is missing"),
        (&file, &|path| flip(path, 3), "is not what the manifest says"),
        (&file, &|path| fs::remove_file(path).unwrap(), "is missing"),
        ("secret.key", &|path| flip(path, 3), "secret.key is not what the manifest says"),
        ("manifest.json", &cut, "manifest.json"),
        ("manifest.json", &|path| fs::remove_file(path).unwrap(), "no backup"),
        (
            "manifest.json",
            &|path| {
                let text =
                    fs::read_to_string(path).unwrap().replace(&format!("\"{file}\""), "\"../../etc/passwd\"");
                fs::write(path, text).unwrap();
            },
            "is no key of a file",
        ),
    ];
    for (n, (name, damage, why)) in damages.iter().enumerate() {
        let copy = house.path(&format!("copy{n}"));
        assert!(
            std::process::Command::new("cp").arg("-r").arg(&whole).arg(&copy).status().unwrap().success()
        );
        house.well(&["check", &text(&copy)]);
        damage(&copy.join(name));
        house.refused(&["check", &text(&copy)], why);
        let out = house.path(&format!("out{n}"));
        house.refused(&["restore", &text(&copy), "--to", &text(&out)], why);
        assert!(!out.join("jindou.db").exists());
    }
}

#[test]
fn a_restore_takes_no_place_that_is_taken() {
    let mut house = House::new(&[]);
    house.order("before");
    let place = text(&house.path("kept"));
    house.well(&["backup", "--to", &place]);
    house.order("after");
    let late = house.upload(b"after the backup");
    house.refused(&["restore", &place, "--force"], "another jindou process is using it");
    house.kill();
    let said = house.refused(&["restore", &place], "--force");
    assert!(said.contains("kill.db") && said.contains("upload") && said.contains("secret.key"), "{said}");
    assert_eq!(count(&house.db(), "Ordr"), 2, "a refused restore changes nothing");
    let said = house.well(&["restore", &place, "--force"]);
    assert!(said.contains("moved aside"), "{said}");
    assert_eq!(count(&house.db(), "Ordr"), 1);
    let entries = || fs::read_dir(house.dir.path()).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let old = entries().into_iter().find(|path| text(path).contains("kill.db.replaced")).unwrap();
    assert_eq!(count(&old, "Ordr"), 2, "what was replaced is whole, with its write-ahead log");
    let data = fs::read_dir(house.path("data")).unwrap().map(|e| e.unwrap().path());
    let aside = data.into_iter().find(|path| text(path).contains("replaced-")).unwrap();
    assert!(aside.join(&late).exists() && aside.join("secret.key").exists());
    assert!(!entries().iter().any(|path| text(path).contains("restoring")), "nothing is left over");
    house.well(&["check"]);
    house.start();
    house.order("again");
    assert_eq!(count(&house.db(), "Ordr"), 2);
}

#[test]
fn an_encrypted_backup_tells_nothing_without_its_passphrase() {
    let mut house = House::new(&[]);
    let place = house.path("kept");
    house.refused(&["backup", "--encrypt", "--to", &text(&place)], "P_BACKUP_KEY");
    house.set("P_BACKUP_KEY", "a passphrase for tests");
    let key = house.upload(b"words that nobody else should read");
    house.order("an order of Wang Xiaoming");
    for _ in 0..2 {
        house.well(&["backup", "--encrypt", "--to", &text(&place)]);
    }
    house.well(&["check", &text(&place)]);
    let backup = backups(&place).remove(1);
    let mut files = vec![backup.clone()];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        assert!(text(&path).ends_with(".sealed"), "{path:?}");
        for word in ["Wang Xiaoming", "nobody else", "SQLite format", "auditHeads"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word} in {path:?}");
        }
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
    let out = house.path("out");
    house.well(&["restore", &text(&place), "--to", &text(&out)]);
    assert_eq!(fs::read(out.join(&key)).unwrap(), b"words that nobody else should read");
    for wrong in ["", "another passphrase 1"] {
        house.set("P_BACKUP_KEY", wrong);
        house.refused(&["check", &text(&place)], "P_BACKUP_KEY");
        let out = house.path("none");
        house.refused(&["restore", &text(&place), "--to", &text(&out)], "P_BACKUP_KEY");
        assert!(!out.join("jindou.db").exists());
    }
}

#[test]
fn a_check_of_the_database_names_what_is_wrong() {
    let mut house = House::new(&[]);
    let key = house.upload(b"some text");
    house.order("one");
    let said = house.well(&["check"]);
    assert!(said.lines().count() == 4 && said.lines().all(|line| line.starts_with("ok")), "{said}");
    house.kill();
    let (file, spare) = (house.path("data").join(&key), house.path("data/upload/spare.txt"));
    fs::write(&spare, "x").unwrap();
    let said = house.well(&["check"]);
    assert!(said.contains("1 are in no row: upload/spare.txt"), "{said}");
    fs::write(&file, "some").unwrap();
    house.refused(&["check"], &format!("1 have another size: {key}"));
    fs::remove_file(&file).unwrap();
    house.refused(&["check"], &format!("1 that rows name are missing: {key}"));
    fs::write(&file, "some text").unwrap();
    house.sql("UPDATE ApiLog SET ac = 'x' WHERE id = (SELECT MIN(id) FROM ApiLog)");
    house.refused(&["check"], "the chain breaks");
    let db = text(&house.db());
    let bytes = fs::read(&db).unwrap();
    let mut damaged = bytes.clone();
    let pages = damaged.len() / 4096;
    damaged[4096 * (pages / 2)..4096 * (pages / 2 + 3)].fill(0xa5);
    fs::write(&db, damaged).unwrap();
    house.refused(&["check"], "FAULT");
}
