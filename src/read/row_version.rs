//! Versions of rows: `withVersion=1` shows with a row a short text that stands for all that the caller sees of it, its
//! written sub-objects included; `set` and `del` with `ifVersion` (or `If-Match`) are refused if the row is no longer
//! that. A version is made of the row itself, so it also notices changes that left no record. The log only tells who
//! made them.

use super::{get, target_row};
use crate::api::Args;
use crate::authorize::{Authorized, child_rights};
use crate::call::params::Params;
use crate::call::query::QueryReq;
use crate::call::res::ResItem;
use crate::db::Tx;
use crate::error::{Code, Error, Result};
use crate::object::{GET, ObjectDef, QUERY};
use crate::render::Grid;
use serde_json::{Map, Value, json};

/// The parameter that asks for versions.
pub const WITH_VERSION: &str = "withVersion";
/// The parameter that gives one back.
pub const IF_VERSION: &str = "ifVersion";
/// The field that holds it.
const FIELD: &str = "_version";
/// Rows of one answer that may have versions: each is read once more.
const ROWS_MAX: usize = 100;
/// Changes that a refusal tells of; the newest.
const CHANGES_MAX: i64 = 20;
/// Hexadecimal digits of the place in the log.
const MARK: usize = 16;

/// Whether a request for rows asks for their versions.
pub fn wanted(args: &Args) -> bool {
    let sent = args.get.get(WITH_VERSION).or_else(|| args.post.get(WITH_VERSION));
    sent.is_some_and(|value| !matches!(value.as_str(), Some("" | "0" | "false")) && *value != json!(0))
}

/// Adds its version to each row.
pub fn add(tx: &mut Tx<'_>, authorized: &Authorized<'_>, grid: &mut Grid) -> Result<()> {
    let id = authorized.def().table.as_ref().and_then(|table| grid.column(table.id().as_str()));
    let Some(at) = id else {
        return Err(Error::param(format!("param `{WITH_VERSION}`: `res` must have the id"))
            .say("查询版本时`res`中须有`id`", "a version needs `id` in `res`"));
    };
    if grid.rows.len() > ROWS_MAX {
        return Err(Error::param(format!("param `{WITH_VERSION}`: at most {ROWS_MAX} rows")).say(
            format!("一次最多查询{ROWS_MAX}行的版本"),
            format!("at most {ROWS_MAX} rows can be asked for with their versions"),
        ));
    }
    grid.header.push(FIELD.into());
    for row in &mut grid.rows {
        let id = tx.env().cipher.shown(&row[at]);
        let version = match id {
            Some(id) => seen(tx, authorized, id)?.version(tx)?.into(),
            None => Value::Null,
        };
        row.push(version);
    }
    Ok(())
}

/// The version of one row as a header, which `If-Match` gives back.
pub fn tag(tx: &mut Tx<'_>, grid: &Grid) {
    let cell = grid.column(FIELD).and_then(|at| grid.rows.first()?.get(at)?.as_str());
    if let Some(version) = cell {
        tx.header("ETag", format!("\"{version}\""));
    }
}

/// Refuses unless the row is what the caller has seen of it. Only who sends a version is held to it.
pub fn check(tx: &mut Tx<'_>, authorized: &Authorized<'_>, id: i64, args: &Args) -> Result<()> {
    let Some(version) = sent(args)? else { return Ok(()) };
    let plain = version.is_char_boundary(MARK).then(|| version.split_at(MARK));
    let since = plain.and_then(|(mark, hash)| Some((tx.env().cipher.decrypt(mark)?, hash)));
    let Some((since, hash)) = since.filter(|(_, hash)| !hash.is_empty()) else {
        return Err(no_version("it is not a version that was given out"));
    };
    let right = reading(authorized)?;
    target_row::over(right, id)?;
    let now = match seen(tx, &right, id) {
        Ok(now) => Some(now),
        // It is gone, or was never there for this caller: the log tells those who may know.
        Err(error) if error.code == Code::PARAM => None,
        Err(error) => return Err(error),
    };
    if now.as_ref().is_some_and(|now| now.hash(tx) == hash) {
        return Ok(());
    }
    let changes = changes(tx, authorized.def(), id, since)?;
    match now {
        None if changes.is_empty() => Ok(()),
        now => refused(tx, authorized, id, now, changes),
    }
}

/// The version that a call brings, in its URL or in its body; none if it asks only for a row, whatever it is, as
/// `If-Match: *` does and every set and del anyway.
fn sent(args: &Args) -> Result<Option<&str>> {
    let text = match args.get.get(IF_VERSION).or_else(|| args.post.get(IF_VERSION)) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(no_version("it is no text")),
    };
    let version = text.trim().trim_start_matches("W/").trim_matches('"');
    Ok(Some(version).filter(|version| !matches!(*version, "" | "*")))
}

fn no_version(why: &str) -> Error {
    Error::param(format!("bad param `{IF_VERSION}`: {why}"))
        .say("参数`ifVersion`不正确", "`ifVersion` is not a version of a record")
}

/// Actions that look at many rows, or at none yet, have no version to hold.
pub fn unused(args: &Args) -> Result<()> {
    match sent(args)? {
        None => Ok(()),
        Some(_) => Err(Error::param(format!("param `{IF_VERSION}` is for `set` and `del`"))
            .say("`ifVersion`只用于`set`和`del`", "`ifVersion` is for `set` and `del`")),
    }
}

fn refused(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    now: Option<Seen>,
    changes: Vec<Map<String, Value>>,
) -> Result<()> {
    let def = authorized.def();
    let who = changes.iter().find_map(|change| change.get("empName").and_then(Value::as_str));
    let (zh, en) = match (&now, who) {
        (None, _) => ("该数据已被删除".to_owned(), "the record was deleted meanwhile".to_owned()),
        (_, Some(name)) => (
            format!("数据已被{name}修改，请核对后再保存"),
            format!("{name} has changed the record meanwhile: look at it before you save"),
        ),
        _ => (
            "数据已被修改，请核对后再保存".to_owned(),
            "the record was changed meanwhile: look at it before you save".to_owned(),
        ),
    };
    let mut data = json!({
        "obj": def.name(),
        "id": tx.env().show_id(id, def.decl.secret_ids),
        "fields": fields(&changes, now.as_ref()),
        "changes": changes,
        "gone": now.is_none(),
    });
    if let Some(now) = now {
        data["version"] = now.version(tx)?.into();
        // Private data is shown only where the look is recorded.
        if authorized.owner().is_none() {
            data["row"] = now.row;
        }
    }
    Err(Error::new(Code::CONFLICT, format!("{}.id={id} was changed", def.decl.table)).say(zh, en).with(data))
}

/// What became of each field that the log tells of: as it was when the caller saw it, and as it is.
fn fields(changes: &[Map<String, Value>], now: Option<&Seen>) -> Map<String, Value> {
    let mut out = Map::new();
    // The newest come first: the oldest has the last word on what was.
    for pairs in changes.iter().filter_map(|change| change.get("fields")?.as_object()) {
        for (name, pair) in pairs {
            let after = match now.and_then(|now| now.row.get(name)) {
                Some(value) => value.clone(),
                None => pair[1].clone(),
            };
            let entry = json!({"old": pair[0], "now": after});
            out.insert(name.clone(), entry);
        }
    }
    out
}

/// What the caller sees of a row.
struct Seen {
    row: Value,
}

impl Seen {
    fn hash(&self, tx: &Tx<'_>) -> String {
        tx.env().audit_keys.current().short("row", self.row.to_string().as_bytes())
    }

    /// How far the log was, disguised, and the hash.
    fn version(&self, tx: &Tx<'_>) -> Result<String> {
        let last = tx.conn().number("SELECT MAX(id) FROM ObjLog", Vec::new())?.unwrap_or_default();
        Ok(tx.env().cipher.encrypt(last) + &self.hash(tx))
    }
}

/// Who changes a row sees it by one of the rights to read.
fn reading<'a>(authorized: &Authorized<'a>) -> Result<Authorized<'a>> {
    authorized.also(GET).or_else(|_| authorized.also(QUERY))
}

fn seen(tx: &mut Tx<'_>, authorized: &Authorized<'_>, id: i64) -> Result<Seen> {
    let mut res = vec![ResItem::MainStar];
    let caller = authorized.caller();
    for link in &authorized.def().links {
        let sub = link.sub;
        let child = tx.env().registry.object(sub.obj);
        let open = child.is_some_and(|def| child_rights(link, def, caller, QUERY).is_some())
            && (sub.by_role || link.shown[caller.role() as usize].is_some());
        if sub.writable && open && !authorized.rights().hidden.contains(sub.name) {
            let name = sub.name.to_owned();
            res.push(ResItem::Sub { shape: None, name, alias: None, res: None });
        }
    }
    let req = QueryReq { res: Some(res), ..QueryReq::default() };
    let none = Args::new(tx.env(), Params::default(), Params::default());
    Ok(Seen { row: get::row(tx, authorized, id, req, &none)? })
}

/// What the log tells this caller of the row since then, the newest first; nothing to those who may not read it.
fn changes(tx: &mut Tx<'_>, def: &ObjectDef, id: i64, since: i64) -> Result<Vec<Map<String, Value>>> {
    let env = tx.env();
    let Some(log) = env.registry.objects().find(|def| def.decl.table == "ObjLog") else {
        return Ok(Vec::new());
    };
    if log.rights_for(&tx.caller(), QUERY).is_none() {
        return Ok(Vec::new());
    }
    let told = ["id", "tm", "userId", "empName", "ac", "dscr", "changes"];
    let res: Vec<&str> = told.into_iter().filter(|name| log.fields.contains_key(*name)).collect();
    let mut get = Params::default();
    get.set("res", res.join(","));
    get.set("fmt", "array");
    get.set("orderby", "id desc");
    get.set("pagesz", CHANGES_MAX);
    get.set("cond", format!("obj='{}' AND objId={id} AND id>{since}", def.decl.table));
    let found = tx.call(&format!("{}.query", log.name()), get, Params::default())?;
    let rows = found.as_array().into_iter().flatten().filter_map(Value::as_object);
    let change = |row: &Map<String, Value>| {
        let mut row = row.clone();
        let text = row.remove("changes").unwrap_or_default();
        let fields = text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(json!({}));
        row.insert("fields".to_owned(), fields);
        row
    };
    Ok(rows.map(change).collect())
}
