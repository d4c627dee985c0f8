//! Backups in a bucket: each has a database of its own, files are there once, and what was not finished is none.

use crate::backup_house::{House, count};
use crate::bucket::{self, Bucket};
use std::fs;

#[test]
fn a_backup_goes_to_a_bucket_and_comes_back() {
    let bucket = Bucket::start();
    let url = bucket.url();
    for passphrase in ["", "a passphrase for tests"] {
        let house = House::new(&[
            ("P_BACKUP_S3_KEY", bucket::KEY),
            ("P_BACKUP_S3_SECRET", bucket::SECRET),
            ("P_BACKUP_KEY", passphrase),
        ]);
        let (first, second) = (house.upload(b"first"), house.upload(b"second"));
        house.order("one");
        house.well(&["backup", "--to", &url]);
        bucket.seen();
        house.order("two");
        house.well(&["backup", "--to", &url]);
        let sent = bucket.seen().into_iter().filter(|seen| seen.starts_with("PUT")).count();
        assert_eq!(sent, 3, "database, key and manifest: files are there already");
        house.well(&["check", &url]);
        let out = house.path("out");
        house.well(&["restore", &url, "--to", out.to_str().unwrap()]);
        assert_eq!(count(&out.join("jindou.db"), "Ordr"), 2);
        assert_eq!(fs::read(out.join(&first)).unwrap(), b"first");
        assert!(fs::read_dir(house.path("data/backup")).unwrap().next().is_none(), "nothing stays here");
        let ending = if passphrase.is_empty() { "" } else { ".sealed" };
        bucket.forget(&format!("house/one/files/{second}{ending}"));
        house.refused(&["check", &url], &format!("files/{second}{ending} is missing"));
        bucket.keys().iter().for_each(|key| bucket.forget(key));
        house.refused(&["check", &url], "there is no backup");
    }
}
