//! The measured business: users, their orders, and a log row for each new order and each change of status.
//! Tables: DESIGN.md beside this file. It is small so that the framework is what shows.

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("shop", include_str!("DESIGN.md"))
    .objects(&[&USER_OBJECT, &ORDR, &ORDER_LOG, &ORDER_ATT])
    .logins(&[
        LoginType { app_type: "user", table: "User", identify },
        LoginType { app_type: "emp", table: "", identify: staff },
    ]);

static USER_OBJECT: Object = Object::table("User").hidden("pwd").user(can(GET).own("id"));

static ORDR: Object = Object::table("Ordr")
    .vcols(&[join("User", "userId").cols("name userName, phone userPhone").by_default()])
    .time_columns("createTm")
    .subs(&[
        list("orderLog", "OrderLog", "orderId={id}"),
        list("atts", "OrderAtt", "orderId={id}").res("id, attId"),
    ])
    .unlogged()
    .user(can(ADD | GET | QUERY | SET).own("userId").readonly("createTm").on_write(logged))
    .emp(can(ADD | GET | QUERY | SET).on_write(logged));

static ORDER_LOG: Object = Object::table("OrderLog").user(can(QUERY).own_via("orderId", "Ordr", "userId"));
static ORDER_ATT: Object = Object::table("OrderAtt").user(can(QUERY).own_via("orderId", "Ordr", "userId"));

/// A new order starts its log; each change of status is one more line.
fn logged(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.adding() {
        write.set("status", "CR");
        write.set("createTm", tx.now());
    }
    let Some(status) = write.changed("status").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(());
    };
    write.after(move |tx, id| {
        let mut line = Map::new();
        line.insert("orderId".into(), id.into());
        line.insert("action".into(), status.into());
        line.insert("tm".into(), tx.now().into());
        tx.insert("OrderLog", line).map(|_| ())
    });
    Ok(())
}

fn identify(tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    let found = tx.first("User", &[("id", json!(id))], "id")?;
    Ok(found.map(|_| Identity { bits: USER, version: 0 }))
}

fn staff(_tx: &mut Tx<'_>, id: i64) -> Result<Option<Identity>> {
    Ok((id == 1).then_some(Identity { bits: EMP, version: 0 }))
}
