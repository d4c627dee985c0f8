//! `objFilter`: the log of those rows that meet a condition of their own object, which the caller must be
//! allowed to query.

use jindou::call::cond::Test;
use jindou::call::name_ref::NameRef;
use jindou::plugin::*;

pub fn by_object(tx: &mut Tx<'_>, params: &Params) -> Result<Cond> {
    let Some(filter) =
        params.get("objFilter").filter(|filter| !filter.is_null() && filter.as_str() != Some(""))
    else {
        return Ok(readable(tx));
    };
    let object = object_of(params).ok_or_else(|| {
        Error::param("param `objFilter` needs `cond[obj]`")
            .say("使用`objFilter`须指定`cond[obj]`", "`objFilter` needs `cond[obj]`")
    })?;
    let mut get = Params::default();
    get.set("res", "id");
    get.set("pagesz", -1);
    let mut post = Params::default();
    post.set("cond", filter.clone());
    let found = tx.call(&format!("{object}.query"), get, post)?;
    if found.get("nextkey").is_some() {
        return Err(Error::param("param `objFilter` selects too many rows"));
    }
    let rows = found["d"].as_array().map(Vec::as_slice).unwrap_or_default();
    let list = rows.iter().filter_map(|row| row[0].as_i64()).map(Literal::Int).collect();
    // The ids are those of this object alone, whatever else the condition asks for.
    let ids = Cond::Test(NameRef::plain("objId"), Test::In { not: false, list });
    Ok(Cond::text("obj", &object).and(ids).and(readable(tx)))
}

/// The objects whose rows and fields are all open to the caller. A change of another could tell what they may not read.
fn readable(tx: &Tx<'_>) -> Cond {
    let caller = tx.caller();
    if caller.has(ADMIN) {
        return Cond::none();
    }
    let open = tx.env().registry.objects().filter(|def| {
        def.rights_of(&caller).is_some_and(|rights| {
            let access = &rights.access;
            // Passwords never stood in the log; other fields that are closed now may have been told before.
            let whole =
                rights.hidden.iter().all(|name| *name == "pwd" || jindou::object::is_password(def, name));
            whole && access.own == Own::All && access.narrow.is_none() && rights.may(QUERY)
        })
    });
    let list = open.map(|def| Literal::Text(def.name().to_owned())).collect();
    Cond::Test(NameRef::plain("obj"), Test::In { not: false, list })
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
