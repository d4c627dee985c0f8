//! The demo's orders: those of the last 60 days, the newest a minute old. When each was placed and served is decided
//! in `plan`.

mod plan;

use jindou::plugin::*;
use plan::{End, Plan};

/// What it is, what it costs, and what a picture of it would show.
const GOODS: &[(&str, f64, Option<&[u8]>)] = &[
    ("空调清洗 2 台（挂机）", 158.0, Some(AIRCON)),
    ("开锁，更换锁芯", 260.0, None),
    ("洗衣机漏水，上门维修", 180.0, Some(WASHER)),
    ("全屋保洁 4 小时", 320.0, None),
    ("厨房水管漏水", 120.0, Some(PIPE)),
    ("油烟机拆洗", 188.0, None),
    ("空调不制冷，检修加氟", 220.0, Some(AIRCON)),
    ("小型搬家（面包车一趟）", 420.0, None),
    ("下水道疏通", 99.0, Some(PIPE)),
    ("灯具安装 3 盏", 135.0, None),
    ("洗衣机深度清洗", 128.5, Some(WASHER)),
];
const AIRCON: &[u8] = include_bytes!("demo/aircon.webp");
const WASHER: &[u8] = include_bytes!("demo/washer.webp");
const PIPE: &[u8] = include_bytes!("demo/pipe.webp");
const REMARKS: &[&str] =
    &["请提前电话联系", "", "周末上午方便", "", "小区需登记，请带证件", "", "门铃坏了，到了请打电话", ""];
/// Since when orders have pictures, in seconds before the start.
const PICTURES: i64 = 5 * 86_400;

pub fn orders(demo: &mut Demo<'_>) -> Result<()> {
    let users = demo.ids("User", "id>0")?;
    let staff = demo.ids("Employee", "id>0")?;
    if !demo.is_empty("Ordr")? || users.is_empty() || staff.is_empty() {
        return Ok(());
    }
    let weekdays: Vec<i64> = (0..=plan::DAYS).map(|days_ago| demo.weekday(days_ago)).collect();
    for (n, plan) in plan::all(demo.second_of_day(), &weekdays).into_iter().enumerate() {
        one(demo, n, &plan, &users, &staff)?;
    }
    Ok(())
}

fn one(demo: &Demo<'_>, n: usize, plan: &Plan, users: &[i64], staff: &[i64]) -> Result<()> {
    // A little disorder that is the same in every demo.
    let luck = n * 7919 % 101;
    // Customers came over the weeks. The first one has the most orders, also the newest, and can log in.
    let known = (60 - plan.placed / 86_400).max(0) as usize * 2 / 5 + 1;
    let user = if luck.is_multiple_of(6) || plan.placed <= 60 {
        users[0]
    } else {
        users[luck % known.min(users.len())]
    };
    let (dscr, price, picture) = GOODS[(n + luck) % GOODS.len()];
    demo.ago(plan.placed);
    let amount = price + (luck % 9) as f64 * 2.5;
    let mut fields = json!({"dscr": dscr, "amount": amount, "cmt": REMARKS[luck % REMARKS.len()]});
    if let Some(picture) = picture.filter(|_| plan.placed < PICTURES) {
        fields["atts"] = json!([{"attId": demo.upload(Role::User, user, "", "photo.webp", picture)?}]);
    }
    let id = demo.add(Role::User, user, "Ordr", fields)?;
    let (role, who, status, at) = match plan.end {
        End::Waits => return Ok(()),
        End::Served(at) => (Role::Emp, staff[luck % staff.len()], "RE", at),
        End::Cancelled(at) if luck.is_multiple_of(3) => (Role::Emp, staff[0], "CA", at),
        End::Cancelled(at) => (Role::User, user, "CA", at),
    };
    demo.ago(at);
    demo.call(role, who, "Ordr.set", json!({"id": id}), json!({"status": status})).map(|_| ())
}
