//! `add`: a new row with its children.

use super::change_log::Changes;
use super::{WriteWords, children, passwords, upsert, validate};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::call::lookup::From;
use crate::db::{ObjEntry, Tx};
use crate::design::Table;
use crate::error::Result;
use crate::object::{GET, Shown, Write, WriteFields, WriteKind};
use crate::plan::write as plan;
use crate::read::{get, row_version, target_row};
use serde_json::{Map, Value};

/// How a write goes about it.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// Read-only fields are dropped, not refused.
    pub lenient: bool,
    pub validate_only: bool,
    /// Children that are not mentioned go away.
    pub put: bool,
    pub uni_key: Option<upsert::UniKey>,
    /// The id of the new row, when our own code has chosen it.
    pub id: Option<i64>,
    /// New rows are told in one line of ObjLog by the caller of this, not in one each.
    pub quiet: bool,
    /// Values of `set` exactly as they are to be stored, unless a rule has its own: null, `""` and the text `null` are
    /// three different ones.
    pub exact: Option<Map<String, Value>>,
}

impl How {
    pub fn of(args: &Args) -> Result<How> {
        Ok(How {
            lenient: validate::lenient(args),
            validate_only: args.find("doValidateOnly/b", From::Get)? == Some(Value::Bool(true)),
            put: children::put_mode(args, false)?,
            uni_key: None,
            id: None,
            quiet: false,
            exact: None,
        })
    }
}

pub fn action(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    row_version::unused(args)?;
    let uni_key = upsert::UniKey::parse(args, authorized.def())?;
    let how = How { uni_key, ..How::of(args)? };
    let fields = validate::sent(authorized, WriteKind::Add, &args.post.0)?;
    if how.validate_only {
        tx.dry(|tx| row(tx, authorized, fields, &how))?;
        return Ok(Answer::Json(Value::Null));
    }
    let settled = settle(tx, authorized, fields, &how)?;
    let id = settled.id().unwrap_or_default();
    let Some(req) = words.answer.as_deref().filter(|_| id > 0).cloned() else {
        return Ok(Answer::Json(tx.env().show_id(id, authorized.def().decl.secret_ids)));
    };
    let get = args.of_url();
    match (authorized.also(GET).and_then(|right| target_row::over(right, id)), settled) {
        (Ok(mine), _) => get::row(tx, &mine, id, req, &get),
        (Err(_), Settled::Made(_)) => {
            // What this call has sent is no news to the caller.
            let table = table(authorized)?;
            let shown =
                Shown::only(std::iter::once(table.id().as_str()).chain(sent(authorized, table, args)));
            get::made(tx, &authorized.over_same_rows(GET), id, req, shown)
        }
        (Err(refused), _) => Err(refused),
    }
    .map(Answer::Json)
}

/// The columns that hold what the caller sent; one that was left empty or is not the caller's to choose may hold
/// something else.
fn sent<'a>(authorized: &Authorized<'a>, table: &'a Table, args: &'a Args) -> impl Iterator<Item = &'a str> {
    let readonly = &authorized.rights().readonly;
    let filled = args.post.0.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    let names = filled.map(|(name, _)| WriteFields::canonical(authorized.def(), name));
    let columns = names.filter_map(|name| table.column(name)).map(|column| column.name.as_str());
    columns.filter(|name| *name != table.id().as_str() && !readonly.contains(*name))
}

/// How an add ended.
enum Settled {
    /// It was only to be checked.
    Checked,
    /// `uniKey` has found a row, or says that there is none.
    Found(i64),
    /// A new row.
    Made(i64),
}

impl Settled {
    fn id(&self) -> Option<i64> {
        match self {
            Settled::Checked => None,
            Settled::Found(id) | Settled::Made(id) => Some(*id),
        }
    }
}

/// Adds a row; None when it was only to be checked.
pub fn row(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    fields: WriteFields,
    how: &How,
) -> Result<Option<i64>> {
    settle(tx, authorized, fields, how).map(|settled| settled.id())
}

fn settle(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    mut fields: WriteFields,
    how: &How,
) -> Result<Settled> {
    validate::readonly(authorized, &mut fields, how.lenient)?;
    if let Some(key) = &how.uni_key
        && let Some(id) = upsert::resolve(tx, authorized, key, &mut fields, how)?
    {
        return Ok(Settled::Found(id));
    }
    validate::required_on_add(tx, authorized, &fields)?;
    fields.remove("id");
    if let Some(id) = how.id {
        fields.set("id", id);
    } else if let Some(new_id) = authorized.def().decl.new_id {
        fields.set("id", new_id(tx.env()));
    }
    validate::escape(tx, authorized, &mut fields);
    let mut write = Write::new(WriteKind::Add, None, fields, Map::new(), tx.env().zone);
    validate::stamp(authorized, &mut write);
    validate::word_flags(authorized, &mut write)?;
    hooks(tx, authorized, &mut write)?;
    passwords::store(tx, authorized.def(), &mut write.fields)?;
    let kids = children::take(authorized, &mut write.fields)?;
    let env = tx.env();
    let dates = |text: &str| env.parse_date(text);
    let table = table(authorized)?;
    let insert = plan::insert(table, write.fields.given(), &dates)?;
    if how.validate_only {
        return Ok(Settled::Checked);
    }
    let id = tx.run_insert(insert)?;
    for (link, list) in kids {
        let parent = children::Parent { id, fields: &write.fields, old: &write.old };
        children::write(tx, authorized, link, list, parent, children::ChildMode::Add)?;
    }
    match how.quiet {
        true => tx.state.added.push(id),
        false => {
            log(tx, authorized, "添加", Some(id), Changes::between(authorized, &write.old, &write.fields));
        }
    }
    for after in std::mem::take(&mut write.after) {
        after(tx, id)?;
    }
    Ok(Settled::Made(id))
}

/// A row that was removed comes back as it was, under its old id. The rules for new rows judge it; what they would put
/// into it is not taken. What went `along` with another row had no rules when it went and has none now.
pub fn again(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    row: &Map<String, Value>,
    along: bool,
) -> Result<()> {
    let table = table(authorized)?;
    let mut fields = WriteFields::resolve(authorized.def(), WriteKind::Add, row.clone())?;
    fields.set("id", id);
    let mut write = Write {
        restored: true,
        ..Write::new(WriteKind::Add, None, fields.clone(), Map::new(), tx.env().zone)
    };
    if !along {
        validate::required_on_add(tx, authorized, &fields)?;
        hooks(tx, authorized, &mut write)?;
    }
    let env = tx.env();
    let dates = |text: &str| env.parse_date(text);
    let key = Value::from(id);
    let values = row.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value));
    let columns = values.chain([(table.id().as_str(), &key)]).map(|(name, value)| {
        table.column(name).map(|column| (column, value)).ok_or_else(|| table.unknown(name, |_| false))
    });
    tx.run_insert(plan::insert(table, columns, &dates)?)?;
    // It must be one that the caller may reach.
    super::set::existing(tx, authorized, id, Cond::none())?;
    log(
        tx,
        authorized,
        if along { "随同恢复" } else { "恢复" },
        Some(id),
        Changes::between(authorized, &write.old, &fields),
    );
    for after in std::mem::take(&mut write.after) {
        after(tx, id)?;
    }
    Ok(())
}

/// The object's own rules, then those of the caller's role, then those of rows it names and of files it is to hold.
pub fn hooks(tx: &mut Tx<'_>, authorized: &Authorized<'_>, write: &mut Write) -> Result<()> {
    let (object, role) = (&authorized.def().decl.hooks, &authorized.rights().access.hooks);
    for hook in object.of(write.kind).chain(role.of(write.kind)) {
        hook(tx, write)?;
    }
    if !write.deleting() {
        crate::write::references::check(tx, authorized.def().decl, &write.fields, &write.old)?;
    }
    crate::write::file_columns::check(tx, authorized.def().decl.table, write)
}

pub fn table<'a>(authorized: &Authorized<'a>) -> Result<&'a crate::design::Table> {
    match &authorized.def().table {
        Some(table) => Ok(table),
        None => Err(crate::error::Error::param(format!("object `{}` has no table", authorized.def().name()))),
    }
}

/// A line for ObjLog, written with the call's own row.
pub fn log(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    what: &'static str,
    id: Option<i64>,
    changes: Changes,
) {
    if authorized.def().decl.logged {
        let obj = authorized.def().decl.table;
        let changes = changes.text(tx.env().audit_keys.current());
        tx.state.objlog.push(ObjEntry { obj, obj_id: id, what, changes });
    }
}
