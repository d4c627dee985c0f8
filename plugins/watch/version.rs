//! Versions of the apps and of the firmware.

use jindou::plugin::*;

pub static APP_VERSION: Object = Object::table("AppVersion")
    .time_columns("createTm")
    .default_sort("number desc")
    .actions(&[read("latest", mask::GUEST, latest).doc("The newest version for a platform.")])
    .on_add(stamp)
    .emp(can(READ))
    .mgr_also(can(ADD | DEL).required("number/i, platform"));

pub static BLUETOOTH: Object = Object::table("BluetoothVer")
    .default_sort("version desc")
    .on_add(stamp)
    .emp(can(READ))
    .mgr_also(can(ADD | DEL).required("version/i"));

fn stamp(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("createTm", tx.now());
    Ok(())
}

/// Where the file of a version is; empty when there is none.
pub fn url(row: &Row) -> String {
    match row.int("attId") {
        0 => String::new(),
        id => format!("/api/att?id={id}"),
    }
}

fn latest(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let platform = args.need_text("platform")?;
    let find = Find::by(Cond::text("platform", &platform)).order("number desc");
    let row = tx.find_one("AppVersion", find)?.unwrap_or_default();
    Ok(json!({"number": row.int("number"), "name": row.get("name"), "log": row.get("log"), "url": url(&row)})
        .into())
}
