//! The demo's orders: 200 of the last 60 days, most of them done, some cancelled, the newest still open.

use jindou::plugin::*;

const ORDERS: i64 = 200;
const GOODS: &[(&str, f64)] = &[
    ("上门保养", 268.0),
    ("空调清洗", 158.5),
    ("开锁服务", 99.0),
    ("管道疏通", 120.0),
    ("家电维修", 340.0),
    ("搬家小车", 420.0),
];

pub fn orders(demo: &mut Demo<'_>) -> Result<()> {
    let count = demo.call(Role::Admin, 1, "Ordr.query", json!({"res": "count(*) cnt"}), json!({}))?;
    let made = count["d"][0][0].as_i64().unwrap_or_default();
    let users = ids(demo, "User")?;
    let staff = ids(demo, "Employee")?;
    if users.is_empty() || staff.is_empty() {
        return Ok(());
    }
    for n in made..ORDERS {
        // A little disorder that is the same in every demo.
        let luck = n * 7919 % 101;
        let days = 60.0 * (ORDERS - n) as f64 / ORDERS as f64;
        let known = ((60.0 - days) / 5.0) as usize + 1;
        // The first user has the most orders: he is the one who can log in.
        let user = if luck % 4 == 0 { users[0] } else { users[luck as usize % known.min(users.len())] };
        let (dscr, price) = GOODS[luck as usize % GOODS.len()];
        let amount = price + (luck % 10) as f64 / 2.0;
        demo.turn_back(days);
        let cmt = if luck % 3 == 0 { "请提前电话联系" } else { "" };
        let fields = json!({"dscr": dscr, "amount": amount, "cmt": cmt});
        let id = demo.call(Role::User, user, "Ordr.add", json!({}), fields)?;
        demo.turn_back((days - 0.2).max(0.0));
        let (role, who) = (Role::Emp, staff[luck as usize % staff.len()]);
        let which = json!({"id": id});
        match luck % 10 {
            _ if days < 3.0 => continue,
            0 => demo.call(Role::User, user, "Ordr.set", which, json!({"status": "CA"}))?,
            1 => demo.call(role, who, "Ordr.set", which, json!({"status": "CA"}))?,
            2 if days < 10.0 => continue,
            _ => demo.call(role, who, "Ordr.set", which, json!({"status": "RE"}))?,
        };
    }
    Ok(())
}

fn ids(demo: &Demo<'_>, object: &str) -> Result<Vec<i64>> {
    let get = json!({"res": "id", "pagesz": -1, "orderby": "id"});
    let found = demo.call(Role::Admin, 1, &format!("{object}.query"), get, json!({}))?;
    let rows = found["d"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(rows.iter().filter_map(|row| row[0].as_i64()).collect())
}
