//! The rules of an order's life that are more than declarations.

use jindou::plugin::*;

/// Time and log of every order, whoever writes it.
pub fn every(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    match write.kind {
        WriteKind::Add => {
            write.stamp("createTm", tx.now());
            // An order that comes back has its log.
            if !write.restored {
                note(write, write.text("status").unwrap_or("CR").to_owned());
            }
        }
        WriteKind::Set => {
            if let Some(status) = write.changed("status").and_then(Value::as_str).map(str::to_owned) {
                note(write, status);
            }
        }
        // What belongs to the order goes with it, and comes back with it.
        WriteKind::Del => write.after(|tx, id| {
            tx.del_along("OrderLog", &[("orderId", json!(id))])?;
            tx.del_along("OrderAtt", &[("orderId", json!(id))])?;
            Ok(())
        }),
    }
    Ok(())
}

/// A user may change an order as long as nobody has worked on it.
pub fn user(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if !write.adding() && write.old_text("status") != "CR" {
        return Err(Error::forbidden(format!("the order is `{}`, not `CR`", write.old_text("status")))
            .say("只能修改新创建的订单", "only a new order can be changed"));
    }
    Ok(())
}

/// An employee's order is for somebody who exists.
pub fn employee(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.adding() {
        let user = write.get("userId").unwrap_or(&Value::Null);
        if !tx.has("User", user)? {
            return Err(Error::param(format!("bad param `userId`: there is no User.id={user}"))
                .say("字段`userId`: 没有该用户", "`userId`: there is no such user"));
        }
    }
    Ok(())
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
