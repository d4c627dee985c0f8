//! Reports kept under a name, private or shared by a manager. Tables and actions: DESIGN.md beside this file.

use jindou::plugin::*;

pub static PLUGIN: Plugin =
    Plugin::new("report", include_str!("DESIGN.md")).needs(&["account"]).objects(&[&REPORT]);

static REPORT: Object = Object::table("Report")
    .vcols(&[join("Employee", "empId").cols("name empName").by_default()])
    .default_sort("id desc")
    .quick_search("name")
    .on_add(every)
    .on_set(every)
    .emp(
        can(ADD | READ | SET | DEL)
            .narrow(own_or_shared)
            .required("name, obj, def")
            .readonly("empId, tm, shareFlag")
            .on_set(own_only)
            .on_del(own_only),
    )
    .mgr(can(ADD | READ | SET | DEL).required("name, obj, def").readonly("empId, tm"));

fn own_or_shared(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    let own = Cond::equals("empId", Literal::Int(tx.caller().id));
    Ok(Cond::Any(vec![own, Cond::equals("shareFlag", Literal::Int(1))]))
}

/// A shared report is there to be looked at.
fn own_only(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    match write.old.int("empId") == tx.caller().id {
        true => Ok(()),
        false => Err(Error::forbidden("the report belongs to somebody else")
            .say("只能修改自己的报表", "only your own reports can be changed")),
    }
}

fn every(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if let Some(def) = write.get("def")
        && !is_object(def)
    {
        return Err(Error::param("bad param `def`: a JSON object is expected")
            .say("字段`def`必须为JSON对象", "`def` must be a JSON object"));
    }
    if let Some(obj) = write.text("obj").filter(|obj| tx.registry().object(obj).is_none()) {
        return Err(Error::param(format!("bad param `obj`: there is no object `{obj}`"))
            .say("字段`obj`: 没有该对象", "`obj`: there is no such object"));
    }
    if write.adding() && tx.caller().has(EMP) {
        write.set("empId", tx.caller().id);
    }
    write.set("tm", tx.now());
    Ok(())
}

fn is_object(def: &Value) -> bool {
    match def {
        Value::Object(_) => true,
        Value::String(text) => serde_json::from_str::<Map<String, Value>>(text).is_ok(),
        _ => false,
    }
}
