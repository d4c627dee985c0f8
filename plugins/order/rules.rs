//! The rules of an order's life that are more than declarations.

use jindou::plugin::*;

/// A new order has its time, and a line in its log.
pub fn begin(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("createTm", tx.now());
    // An order that comes back has its log.
    if !write.restored {
        note(write, write.text("status").unwrap_or("CR").to_owned());
    }
    Ok(())
}

/// Another status is another line in the log.
pub fn note_status(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if let Some(status) = write.changed("status").and_then(Value::as_str).map(str::to_owned) {
        note(write, status);
    }
    Ok(())
}

/// What belongs to the order goes with it, and comes back with it.
pub fn take_along(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.after(|tx, id| {
        tx.del_along("OrderLog", &[("orderId", json!(id))])?;
        tx.del_along("OrderAtt", &[("orderId", json!(id))])?;
        Ok(())
    });
    Ok(())
}

/// A user may change an order as long as nobody has worked on it.
pub fn only_new(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    match write.old_text("status") {
        "CR" => Ok(()),
        status => Err(Error::forbidden(format!("the order is `{status}`, not `CR`"))
            .say("只能修改新创建的订单", "only a new order can be changed")),
    }
}

/// An employee's order is for somebody who exists.
pub fn for_somebody(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let user = write.get("userId").unwrap_or(&Value::Null);
    match tx.has("User", user)? {
        true => Ok(()),
        false => Err(Error::param(format!("bad param `userId`: there is no User.id={user}"))
            .say("字段`userId`: 没有该用户", "`userId`: there is no such user")),
    }
}

/// A line in the log, by the employee if it was one.
fn note(write: &mut Write, action: String) {
    write.after(move |tx, id| {
        let caller = tx.caller();
        let employee = if caller.has(EMP) { json!(caller.id) } else { Value::Null };
        let tm = json!(tx.now());
        let line = [("orderId", json!(id)), ("action", json!(action)), ("tm", tm), ("empId", employee)];
        tx.insert("OrderLog", line).map(|_| ())
    });
}
