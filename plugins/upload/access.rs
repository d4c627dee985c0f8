//! Decides who may read a file.

use jindou::call::cond::Test;
use jindou::call::name_ref::NameRef;
use jindou::plugin::*;
use jindou::redact::same_hidden;

/// The columns these questions need.
pub const COLS: &str = "id, orgPicId, userId, ownerType, category, akey, path, size, mime, orgName, kind";

/// Owning rows that are looked at for one file.
const OWNERS_MAX: u64 = 20;

pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Row>> {
    tx.first("Attachment", &[("id", json!(id))], COLS)
}

pub fn is_public(tx: &Tx<'_>, row: &Row) -> bool {
    tx.registry().file_category(row.text("category")).is_some_and(|category| category.public)
}

/// Whether the caller may read the file, with the key that came along, if any.
pub fn may_read(tx: &mut Tx<'_>, row: &Row, key: Option<&str>) -> Result<bool> {
    let akey = row.text("akey");
    if is_public(tx, row) || key.is_some_and(|key| !akey.is_empty() && same_hidden(key, akey)) {
        return Ok(true);
    }
    let caller = tx.caller();
    if caller.is_guest() {
        return Ok(false);
    }
    if caller.has(ADMIN) || is_uploader(&caller, row) {
        return Ok(true);
    }
    by_owner(tx, row)
}

fn is_uploader(caller: &Caller, row: &Row) -> bool {
    row.int("userId") == caller.id && row.text("ownerType") == &*caller.app_type
}

/// The files that staff sees in the list of all: those of private matters take a permission. What a watch has sent is
/// private, too.
pub fn listed(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    if tx.caller().has(mask::PRIVATE) {
        return Ok(Cond::none());
    }
    let private = tx.registry().file_categories().filter(|category| category.private);
    let list = private.map(|category| Literal::Text(category.name.to_owned())).collect();
    let other = |field: &str, list| {
        let named = |test| Cond::Test(NameRef::plain(field), test);
        named(Test::Null { not: false }).or(named(Test::In { not: true, list }))
    };
    Ok(other("category", list).and(other("ownerType", vec![Literal::Text("watch".to_owned())])))
}

/// Whether the caller may make the file go: a file that everybody may use is not everybody's to remove.
pub fn may_remove(tx: &Tx<'_>, row: &Row) -> bool {
    let caller = tx.caller();
    // Managers whom roles narrow remove files of others only where a role lets them.
    let def = tx.registry().object("Attachment");
    let narrowed_out =
        || caller.narrowing.is_some() && def.and_then(|def| def.rights_for(&caller, DEL)).is_none();
    !caller.is_guest() && (is_uploader(&caller, row) || (caller.has(MGR | ADMIN) && !narrowed_out()))
}

/// Whoever may read the row that holds the file, or one made from the same picture.
fn by_owner(tx: &mut Tx<'_>, row: &Row) -> Result<bool> {
    let registry = tx.registry();
    let staff = tx.caller().has(EMP);
    for id in family(tx, row)? {
        for owner in registry.file_owners() {
            // The rights of staff are those of each object: they must be able to read the very row that holds it, and the
            // column.
            if staff && !shows(tx, owner) {
                continue;
            }
            let (object, link) = if staff { (owner.table, "id") } else { (owner.object, owner.link) };
            let held = tx.list(owner.table, &[(owner.column, json!(id))], link, OWNERS_MAX)?;
            for holder in held {
                let row = holder.int(link);
                if row != 0 && may_read_row(tx, object, row)? {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Whether the caller's own rights show the column that holds files.
fn shows(tx: &Tx<'_>, owner: &FileOwner) -> bool {
    let def = tx.registry().object(owner.table);
    let caller = tx.caller();
    let rights = def.and_then(|def| def.rights_of(&caller));
    rights.is_some_and(|rights| !rights.hidden.contains(owner.column))
}

/// A picture and what was made of it: their ids.
pub fn family(tx: &mut Tx<'_>, row: &Row) -> Result<Vec<i64>> {
    let root = match row.int("orgPicId") {
        original if original > 0 => original,
        _ => row.int("id"),
    };
    let derived = tx.list("Attachment", &[("orgPicId", json!(root))], "id", 10)?;
    Ok(std::iter::once(root).chain(derived.iter().map(|row| row.int("id"))).collect())
}

/// As the caller, through the same gates as calls.
fn may_read_row(tx: &mut Tx<'_>, object: &str, id: i64) -> Result<bool> {
    // A look of staff at private rows is recorded, which the call below does.
    if !tx.caller().has(EMP) && tx.may_read(object, id)? {
        return Ok(true);
    }
    let mut get = Params::default();
    get.set("cond", format!("id={id}"));
    get.set("res", "id");
    get.set("fmt", "list");
    get.set("pagesz", 1);
    match tx.call(&format!("{object}.query"), get, Params::default()) {
        Ok(found) => return Ok(found["list"].as_array().is_some_and(|list| !list.is_empty())),
        Err(error) => refusal(error)?,
    }
    // Some objects are read one by one only, and some give the caller's own row whatever id is asked for.
    let mut get = Params::default();
    get.set("id", id);
    get.set("res", "id");
    match tx.call(&format!("{object}.get"), get, Params::default()) {
        Ok(found) => Ok(found["id"] == json!(id)),
        Err(error) => refusal(error).map(|()| false),
    }
}

/// A no is an answer; anything else is a failure.
fn refusal(error: Error) -> Result<()> {
    match error.code {
        Code::PARAM | Code::NOAUTH | Code::FORBIDDEN => Ok(()),
        // A plugin's own word for it: not a member, not shared.
        Code(own) if own >= 1000 => Ok(()),
        _ => Err(error),
    }
}

/// Rule of the house: into a row goes only what the caller may read, or one could read any file by hanging it
/// on a row of one's own.
pub fn used(tx: &mut Tx<'_>, ids: &[i64]) -> Result<()> {
    for id in ids {
        let Some(row) = find(tx, *id)? else {
            return Err(Error::param(format!("there is no file {id}"))
                .say(format!("文件`{id}`不存在"), format!("there is no file `{id}`")));
        };
        if !may_read(tx, &row, None)? {
            return Err(Error::forbidden(format!("file {id} belongs to somebody else"))
                .say(format!("文件`{id}`不属于您"), format!("the file `{id}` is not yours")));
        }
    }
    Ok(())
}
