//! Where somebody is logged in, and ending it there: for the account itself. Ending the sessions of another account
//! is part of changing or disabling it (`rules`).

use jindou::plugin::*;
use jindou::session::Device;

/// `mySessions`
pub fn list(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let env = tx.env();
    let time = |ms: i64| jindou::time::format(env.zone.from_unix(ms.div_euclid(1000)));
    let show = |device: Device| {
        json!({
            "id": device.name(), "createTm": time(device.created_ms), "seenTm": time(device.seen_ms),
            "addr": device.addr, "agent": device.agent, "current": i32::from(device.mine),
            "remembered": i32::from(device.token.is_some()),
        })
    };
    let devices: Vec<Value> = mine(tx)?.into_iter().map(show).collect();
    Ok(Value::Array(devices).into())
}

/// `endSession(id)`
pub fn end(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_text("id")?;
    let found = mine(tx)?.into_iter().find(|device| device.name() == id);
    let device = found.ok_or_else(|| {
        Error::param(format!("bad param `id`: there is no session `{id}`"))
            .say("该登录已结束", "`id`: this session has ended already")
    })?;
    end_one(tx, &device)?;
    if device.mine {
        tx.log_out();
    }
    Ok(Answer::ok())
}

/// `endOtherSessions`
pub fn end_others(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    end_all_but_this(tx).map(|count| json!(count).into())
}

/// Ends every device of the caller but the one that calls; gives how many.
pub fn end_all_but_this(tx: &mut Tx<'_>) -> Result<usize> {
    let devices = mine(tx)?;
    let kept = devices.iter().find(|device| device.mine).and_then(|device| device.token);
    let others = devices.iter().filter(|device| !device.mine);
    let mut count = 0;
    for device in others {
        // Two sessions may live by one token: the other one ends, the token stays.
        let token = device.token.filter(|token| Some(*token) != kept);
        end_one(tx, &Device { token, ..device.clone() })?;
        count += 1;
    }
    Ok(count)
}

fn mine(tx: &mut Tx<'_>) -> Result<Vec<Device>> {
    let caller = tx.caller();
    tx.devices(&caller.app_type, caller.id)
}

fn end_one(tx: &mut Tx<'_>, device: &Device) -> Result<()> {
    let caller = tx.caller();
    tx.end_device(&caller.app_type, caller.id, device)
}
