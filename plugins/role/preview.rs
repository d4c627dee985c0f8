//! `Role.preview`: what a role, an employee or a kind of staff sees, so that those who give rights can look before.

use super::rules::{base_of, parsed};
use crate::plugins::account::of_perms;
use jindou::authorize::admit;
use jindou::plugin::*;
use jindou::registry::Registry;

/// Of a role (`id`), an employee (`empId`), a matrix that is not kept yet (`base`, `matrix`), or all that a kind of staff
/// may do (`base`); with `most` also what other permissions beside the base add, which is what a matrix may name.
pub fn preview(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (other, perms) = whose(tx, args)?;
    let caller = tx.caller();
    let registry = tx.registry();
    if caller.narrowing.is_some()
        && let Some(more) = registry.beyond(&caller, &other)
    {
        return Err(Error::forbidden(format!("{more} is not open to the caller"))
            .say("只能预览自己权限以内的角色", "only rights within your own can be looked at"));
    }
    let seen = Caller { lang: caller.lang, bits: other.bits | (caller.bits & mask::TEST_MODE), ..other };
    let meta = tx.as_caller(seen.clone(), |tx| tx.call("Meta.all", Params::default(), Params::default()))?;
    let mut objects = match meta {
        Value::Object(mut meta) => match meta.remove("list") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    for object in objects.iter_mut().filter_map(Value::as_object_mut) {
        let name = object.get("obj").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(def) = registry.object(&name) else { continue };
        if let Some(Value::Array(actions)) = object.get_mut("actions") {
            actions.retain(|action| {
                action.as_str().is_some_and(|action| is_theirs(registry, &seen, def, action))
            });
        }
        let rights = def.rights_of(&seen);
        let own = rights.is_some_and(|rights| rights.access.own != Own::All);
        object.insert("rows".to_owned(), if own { "own" } else { "all" }.into());
        let can_be_own = rights.is_some_and(|rights| registry.own_rows(def, rights).is_some());
        object.insert("ownable".to_owned(), can_be_own.into());
    }
    objects.retain(|object| object["actions"].as_array().is_some_and(|actions| !actions.is_empty()));
    objects.extend(without_table(tx, &seen));
    let functions = registry.functions().into_iter().map(|(action, _)| action);
    let functions: Vec<Value> = functions.filter(|action| is_given(&seen, None, action)).map(told).collect();
    let base = if seen.has(MGR) { "mgr" } else { "emp" };
    let narrowed = seen.narrowing.is_some();
    Ok(json!({"base": base, "narrowed": narrowed, "perms": perms, "objects": objects, "functions": functions})
        .into())
}

/// The caller to be looked at, and the menu words they get.
fn whose(tx: &mut Tx<'_>, args: &Args) -> Result<(Caller, String)> {
    let env = tx.env();
    if let Some(id) = args.id("id")? {
        let mut get = Params::default();
        get.set("id", id);
        let row = tx.call("Role.get", get, Params::default())?;
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        return Ok((of_matrix(tx, &text("base"), &text("matrix"))?, text("perms")));
    }
    if let Some(id) = args.id("empId")? {
        let mut get = Params::default();
        get.set("id", id);
        let row = tx.call("Employee.get", get, Params::default())?;
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let standing = of_perms(tx, &text("perms"))?;
        let other =
            Caller { bits: standing.bits, narrowing: standing.narrowing, ..Caller::of_role(Role::Emp, id) };
        return Ok((other, text("rolePerms")));
    }
    let base = args.need_text("base")?;
    if !matches!(base.as_str(), "emp" | "mgr") {
        return Err(Error::param("bad param `base`: emp or mgr")
            .say("基础权限`base`为emp或mgr", "`base` is emp or mgr"));
    }
    let matrix = args.verbatim("matrix").unwrap_or_default();
    let caller = tx.caller();
    let most = args.flag("most")?;
    if matrix.is_empty() && caller.narrowing.is_some() {
        // All that the caller may give.
        return Ok(((*caller).clone(), String::new()));
    }
    let mut other = of_matrix(tx, &base, &matrix)?;
    if most {
        other.bits |= env.registry.perms().fold(0, |bits, perm| bits | perm.bits) & !(EMP | MGR);
    }
    Ok((other, String::new()))
}

fn of_matrix(tx: &Tx<'_>, base: &str, matrix: &str) -> Result<Caller> {
    let base = base_of(base);
    let staff = Caller::of_role(base, 0);
    if matrix.is_empty() {
        return Ok(staff);
    }
    let text = parsed(matrix)?.text();
    let narrowing = tx.registry().narrowing(base, base.bits(), &[&text]);
    Ok(Caller { narrowing: Some(narrowing), ..staff })
}

/// Objects that only have actions.
fn without_table(tx: &Tx<'_>, seen: &Caller) -> Vec<Value> {
    let registry = tx.registry();
    let of = |def: &ObjectDef| {
        let actions = registry.actions_of(def).filter(|action| is_given(seen, Some(def), action));
        let actions: Vec<&str> = actions.map(|action| action.name).collect();
        let shown = json!({"obj": def.name(), "label": def.name(), "plugin": def.plugin, "actions": actions,
            "fields": [], "subs": [], "rows": "all", "ownable": false});
        (!actions.is_empty()).then_some(shown)
    };
    registry.objects().filter(|def| def.table.is_none() && !def.decl.test_only).filter_map(of).collect()
}

/// Whether an action of an object is theirs by a right, and not everybody's.
fn is_theirs(registry: &Registry, seen: &Caller, def: &ObjectDef, action: &str) -> bool {
    let by_right = standard(action).is_some_and(|bit| def.rights_for(seen, bit).is_some());
    by_right || registry.action(def, action).is_some_and(|own| is_given(seen, Some(def), own))
}

/// Whether an action is open to them and is a role's to give.
fn is_given(seen: &Caller, def: Option<&ObjectDef>, action: &Action) -> bool {
    !action.test_only && !action.personal && !is_for_all(action) && admit(seen, def, action).is_ok()
}

fn told(action: &Action) -> Value {
    json!({"name": action.name, "note": action.doc})
}
