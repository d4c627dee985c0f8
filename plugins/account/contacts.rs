//! Where users and employees are reached: by the phone of their account.

use jindou::plugin::*;

pub fn find(tx: &mut Tx<'_>, receiver: Receiver, channel: Channel) -> Result<Option<String>> {
    let (table, id) = match (receiver, channel) {
        (Receiver::User(id), Channel::Sms) => ("User", id),
        (Receiver::Employee(id), Channel::Sms) => ("Employee", id),
        _ => return Ok(None),
    };
    let row = tx.first(table, &[("id", json!(id))], "phone")?;
    Ok(row.map(|row| row.text("phone").to_owned()))
}
