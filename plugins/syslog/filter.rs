//! Decides who sees which row of the log: a row of ObjLog to those who may read the row it tells of, its changes without the fields
//! that are hidden from them; what was said in a call to those who may read all of its object.

use jindou::authorize::{admit, child_rights};
use jindou::call::cond::Test;
use jindou::call::name_ref::NameRef;
use jindou::design::Class;
use jindou::object::{Link, ObjectDef, Rights};
use jindou::plugin::*;
use jindou::registry::Registry;

/// Changes of rows that the caller may read, and the texts of calls for those who may read calls.
pub fn changes(tx: &mut Tx<'_>) -> Result<Option<ReadPolicy>> {
    let caller = tx.caller();
    if caller.has(ADMIN) {
        return Ok(None);
    }
    let env = tx.env();
    let (mut rows, mut cases): (Vec<RowPolicy>, Vec<(Cond, FieldView)>) = Default::default();
    let (mut open, mut whole) = (Vec::new(), Vec::new());
    for table in env.registry.catalogue.tables().iter().map(|table| table.name.as_str()) {
        let mut seen: Option<Vec<String>> = None;
        let mut parts = Vec::new();
        let mut all = false;
        let told =
            |def: &&ObjectDef| def.decl.table == table && def.decl.logged && def.decl.read_policy.is_none();
        for def in env.registry.objects().filter(told) {
            let found = tx.readable_rows(def)?;
            let Some(rights) = def.rights_of(&caller).filter(|_| !matches!(found, ReadableRows::None)) else {
                continue;
            };
            // A look at private data is recorded where its own object is read, which this is not.
            if rights.access.needs & mask::PRIVATE != 0 {
                continue;
            }
            // What one of several objects hides is hidden.
            seen.get_or_insert_default().extend(hidden(def, rights).map(str::to_owned));
            match found {
                ReadableRows::All => all = true,
                ReadableRows::Some(ids) => parts.push(*ids),
                ReadableRows::None => {}
            }
        }
        let Some(mut hidden) = seen else { continue };
        match all {
            true => open.push(table.to_owned()),
            false => rows.extend(
                parts
                    .into_iter()
                    .map(|ids| RowPolicy { when: Cond::text("obj", table), of: Some(("objId", ids)) }),
            ),
        }
        hidden.sort_unstable();
        hidden.dedup();
        match hidden.is_empty() {
            true => whole.push(table.to_owned()),
            false => cases.push((Cond::text("obj", table), FieldView::Without(hidden))),
        }
    }
    rows.push(RowPolicy { when: among("obj", open), of: None });
    cases.push((among("obj", whole), FieldView::Whole));
    let mut fields = vec![FieldPolicy { field: "changes", cases }];
    let reads_calls =
        env.registry.object("ApiLog").is_some_and(|def| def.rights_for(&caller, QUERY).is_some());
    for (field, ac) in [("req0", "ac0"), ("req1", "ac1")] {
        let cases =
            if reads_calls { vec![(open_calls(env, &caller, ac), FieldView::Whole)] } else { Vec::new() };
        fields.push(FieldPolicy { field, cases });
    }
    Ok(Some(ReadPolicy { rows: Some(rows), fields }))
}

/// The texts of calls, and of the calls of batches.
pub fn calls(tx: &mut Tx<'_>) -> Result<Option<ReadPolicy>> {
    let caller = tx.caller();
    if caller.has(ADMIN) {
        return Ok(None);
    }
    let field_policy =
        |field, ac| FieldPolicy { field, cases: vec![(open_calls(tx.env(), &caller, ac), FieldView::Whole)] };
    Ok(Some(ReadPolicy {
        rows: None,
        fields: vec![field_policy("req", "ac"), field_policy("res", "ac"), field_policy("req1", "ac1")],
    }))
}

/// What a reader of the log sees of the calls inside batches, which have no others below them.
pub fn items(tx: &mut Tx<'_>) -> Result<Option<ReadPolicy>> {
    Ok(calls(tx)?.map(|mut read_policy| {
        read_policy.fields.retain(|field_policy| field_policy.field != "req1");
        read_policy
    }))
}

/// Calls of objects that are wholly open to the caller, and of functions that are not the administrator's. Private
/// data may stand in any call of a plugin that keeps such data, and of a batch.
fn open_calls(env: &Services, caller: &Caller, ac: &str) -> Cond {
    let registry = &env.registry;
    let keeps_private = |def: &ObjectDef| {
        let columns = def.table.iter().flat_map(|table| &table.columns);
        columns.into_iter().any(|column| column.class == Some(Class::Private))
    };
    let shut: Vec<&str> = registry.objects().filter(|def| keeps_private(def)).map(|def| def.plugin).collect();
    // Of actions that no role of the caller allows nothing is told.
    let for_people = |def: Option<&ObjectDef>, action: &Action| {
        (action.who == GUEST || action.who & (LOGIN & !ADMIN | MGR) != 0)
            && (caller.narrowing.is_none() || admit(caller, def, action).is_ok())
    };
    let mut names: Vec<String> = registry
        .functions()
        .into_iter()
        .filter(|(action, plugin)| {
            action.name != "batch" && !shut.contains(plugin) && for_people(None, action)
        })
        .map(|(action, _)| action.name.to_owned())
        .collect();
    let mut open = Vec::new();
    for def in registry.objects().filter(|def| !shut.contains(&def.plugin)) {
        if def.table.is_none() {
            let own = registry.actions_of(def).filter(|action| for_people(Some(def), action));
            names.extend(own.map(|action| format!("{}.{}", def.name(), action.name)));
        } else if def.rights_of(caller).is_some_and(|rights| is_whole(registry, caller, def, rights)) {
            open.push(begins(ac, &format!("{}.", def.name())));
        }
    }
    if shut.is_empty() && caller.narrowing.is_none() {
        open.push(begins(ac, "batch"));
    }
    open.push(among(ac, names));
    // Actions that such plugins bring to objects of others.
    let brings = registry.plugins.iter().filter(|plugin| shut.contains(&plugin.name));
    let brought = brings
        .flat_map(|plugin| plugin.extends)
        .flat_map(|(object, actions)| actions.iter().map(move |action| format!("{object}.{}", action.name)));
    match brought.collect::<Vec<String>>() {
        none if none.is_empty() => Cond::Any(open),
        brought => Cond::Any(open).and(Cond::Not(Box::new(among(ac, brought)))),
    }
}

/// Whether the caller reads every field of every row, and of its sub-objects, which stand in its calls as well.
fn is_whole(registry: &Registry, caller: &Caller, def: &ObjectDef, rights: &Rights) -> bool {
    let shown = |def: &ObjectDef, rights: &Rights| {
        let access = &rights.access;
        access.own == Own::All && access.narrow.is_none() && hidden(def, rights).next().is_none()
    };
    // Without roles a sub-object is shown as its parent's declaration says.
    let below = |link: &Link| {
        caller.narrowing.is_none()
            || registry.object(link.sub.obj).is_some_and(|child| {
                child_rights(link, child, caller, QUERY).is_some_and(|rights| shown(child, rights))
            })
    };
    rights.may(READ) && shown(def, rights) && def.links.iter().all(below)
}

/// The columns that are hidden by these rights, and the private ones. A password is none of them: it never stood in a
/// log.
fn hidden<'a>(def: &'a ObjectDef, rights: &'a Rights) -> impl Iterator<Item = &'a str> {
    let is_password = |name: &str| name == "pwd" || jindou::object::is_password(def, name);
    let columns = def.table.iter().flat_map(|table| &table.columns);
    columns
        .filter(|column| column.class == Some(Class::Private) || rights.hidden.contains(column.name.as_str()))
        .map(|column| column.name.as_str())
        .filter(move |name| !is_password(name))
}

fn among(field: &str, list: Vec<String>) -> Cond {
    let list = list.into_iter().map(Literal::Text).collect();
    Cond::Test(NameRef::plain(field), Test::In { not: false, list })
}

fn begins(field: &str, text: &str) -> Cond {
    Cond::Test(NameRef::plain(field), Test::Like { not: false, pattern: format!("{text}%") })
}

/// `objFilter`: the log of those rows that meet a condition of their own object, which the caller must be
/// allowed to query.
pub fn by_object(tx: &mut Tx<'_>, params: &Params) -> Result<Cond> {
    let Some(filter) = params.get("objFilter").filter(|filter| !is_empty(filter)) else {
        return Ok(Cond::none());
    };
    // `objFilter[cond][status]=RE` says the same as `objFilter[status]=RE`.
    let filter = match filter {
        Value::Object(map) if map.len() == 1 => map.get("cond").unwrap_or(filter),
        other => other,
    };
    let needs = || {
        Error::param("param `objFilter` needs `cond[obj]`")
            .say("使用`objFilter`须指定`cond[obj]`", "`objFilter` needs `cond[obj]`")
    };
    let object = object_of(params).ok_or_else(needs)?;
    let mut get = Params::default();
    get.set("res", "id");
    get.set("pagesz", -1);
    let mut post = Params::default();
    if !is_empty(filter) {
        post.set("cond", filter.clone());
    }
    let found = tx.call(&format!("{object}.query"), get, post)?;
    if found.get("nextkey").is_some() {
        return Err(Error::param("param `objFilter` selects too many rows"));
    }
    let rows = found["d"].as_array().map(Vec::as_slice).unwrap_or_default();
    let list = rows.iter().filter_map(|row| row[0].as_i64()).map(Literal::Int).collect();
    // The ids are those of this object alone, whatever else the condition asks for.
    let ids = Cond::Test(NameRef::plain("objId"), Test::In { not: false, list });
    Ok(Cond::text("obj", &object).and(ids))
}

fn is_empty(filter: &Value) -> bool {
    filter.is_null() || filter.as_str() == Some("")
}

/// `Ordr` of `cond[obj]=Ordr`, wherever in the condition it stands.
fn object_of(params: &Params) -> Option<String> {
    fn within(cond: &Value) -> Option<String> {
        match cond {
            Value::Object(map) => map.get("obj")?.as_str().map(str::to_owned),
            Value::Array(list) => list.iter().find_map(within),
            _ => None,
        }
    }
    let name = within(params.get("cond")?)?;
    // It becomes part of an action's name, nothing else.
    name.chars().all(char::is_alphanumeric).then_some(name)
}
