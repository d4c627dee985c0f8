//! Names and phones of a circle: unique among its members, watches and contacts together.

use super::codes;
use jindou::plugin::*;

/// Who is in a circle, by table.
const TABLES: [&str; 3] = ["CircleUser", "CircleWatch", "CircleContact"];

/// The row that asks: its own name does not stand in its way.
pub type Self_ = Option<(&'static str, i64)>;

/// Whether somebody else in the circle has it already; `field` is `name` or `phone`.
pub fn taken(tx: &mut Tx<'_>, circle: i64, field: &str, value: &str, own: Self_) -> Result<bool> {
    for table in TABLES {
        let by = [("circleId", json!(circle)), (field, json!(value)), ("status", json!(1))];
        let rows = tx.list(table, &by, "id", 2)?;
        if rows.iter().any(|row| own != Some((table, row.int("id")))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses a name or phone that is in use.
pub fn free(tx: &mut Tx<'_>, circle: i64, name: Option<&str>, phone: Option<&str>, own: Self_) -> Result<()> {
    if let Some(phone) = phone
        && taken(tx, circle, "phone", phone, own)?
    {
        return Err(Error::known(codes::PHONE_TAKEN));
    }
    match name {
        Some(name) if taken(tx, circle, "name", name, own)? => Err(Error::known(codes::NAME_TAKEN)),
        _ => Ok(()),
    }
}

/// What a member or watch of the circle wants to be changed in its row, with the moment. A name is never empty.
pub fn changes(tx: &mut Tx<'_>, circle: i64, mut fields: Row, own: Self_) -> Result<Row> {
    if fields.get("name").is_some_and(|name| *name == json!("")) {
        fields.remove("name");
    }
    let text = |name: &str| Params(fields.clone()).text(name).map(|text| text.into_owned());
    let (name, phone) = (text("name"), text("phone").filter(|phone| !phone.is_empty()));
    free(tx, circle, name.as_deref(), phone.as_deref(), own)?;
    fields.insert("tm".into(), json!(tx.now_with_ms()));
    Ok(fields)
}

/// The first of `APP用户1`, `APP用户2` … that is free.
pub fn numbered(tx: &mut Tx<'_>, circle: i64, stem: &str) -> Result<String> {
    let mut n = 1;
    loop {
        let name = format!("{stem}{n}");
        if !taken(tx, circle, "name", &name, None)? {
            return Ok(name);
        }
        n += 1;
    }
}

/// The first wish that is free.
pub fn first_free(tx: &mut Tx<'_>, circle: i64, field: &str, wishes: &[&str]) -> Result<Option<String>> {
    for wish in wishes.iter().filter(|wish| !wish.is_empty()) {
        if !taken(tx, circle, field, wish, None)? {
            return Ok(Some((*wish).to_owned()));
        }
    }
    Ok(None)
}

/// Whether the phone is one of a member or contact.
pub fn phone_in(tx: &mut Tx<'_>, circle: i64, phone: &str) -> Result<bool> {
    for table in ["CircleUser", "CircleContact"] {
        let by = [("circleId", json!(circle)), ("phone", json!(phone)), ("status", json!(1))];
        if tx.first(table, &by, "id")?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
