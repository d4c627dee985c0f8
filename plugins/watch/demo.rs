//! The demo's families: three circles with parents, a grandfather and five watches, whose ways along the streets lead up
//! to now.

mod ways;

use jindou::plugin::*;

const DAY: i64 = 86_400;
/// Since when the families are there, in days.
const SINCE: i64 = 30;
/// Days of ways, today included.
const DAYS: i64 = 4;

struct Family {
    name: &'static str,
    /// Phone, and the name in the family.
    parents: &'static [(&'static str, &'static str)],
    watches: &'static [Child],
}

struct Child {
    imei: &'static str,
    name: &'static str,
    face: &'static [u8],
    way: ways::Way,
    /// How its battery is.
    percent: i64,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "幸福一家",
        parents: &[("13800000000", "爸爸"), ("13800000001", "妈妈")],
        watches: &[
            Child {
                imei: "860000000000001",
                name: "宝宝",
                face: include_bytes!("demo/girl-1.webp"),
                way: ways::NANJING_ROAD,
                percent: 82,
            },
            Child {
                imei: "860000000000002",
                name: "哥哥",
                face: include_bytes!("demo/boy-2.webp"),
                way: ways::HUAIHAI_ROAD,
                percent: 64,
            },
        ],
    },
    Family {
        name: "阳光小屋",
        parents: &[("13800000002", "爸爸"), ("13800000003", "妈妈")],
        watches: &[Child {
            imei: "860000000000003",
            name: "小雨",
            face: include_bytes!("demo/girl-3.webp"),
            way: ways::CENTURY_AVENUE,
            percent: 91,
        }],
    },
    Family {
        name: "向日葵之家",
        parents: &[("13800000005", "妈妈")],
        watches: &[
            Child {
                imei: "860000000000004",
                name: "乐乐",
                face: include_bytes!("demo/boy-4.webp"),
                way: ways::NORTH_SICHUAN_ROAD,
                percent: 47,
            },
            Child {
                imei: "860000000000005",
                name: "爷爷",
                face: include_bytes!("demo/old-1.webp"),
                way: ways::HENGSHAN_ROAD,
                percent: 76,
            },
        ],
    },
];

pub fn families(demo: &mut Demo<'_>) -> Result<()> {
    if !demo.is_empty("Circle")? {
        return Ok(());
    }
    for family in FAMILIES {
        let mut parents = Vec::new();
        for (phone, _) in family.parents {
            parents.extend(demo.ids("User", &format!("phone='{phone}'"))?);
        }
        if parents.len() == family.parents.len() {
            settle(demo, family, &parents)?;
        }
    }
    Ok(())
}

fn settle(demo: &Demo<'_>, family: &Family, parents: &[i64]) -> Result<()> {
    demo.ago(SINCE * DAY);
    let call = |who: i64, action: &str, post: Value| demo.call(Role::User, who, action, json!({}), post);
    let first = parents[0];
    let (phone, name) = family.parents[0];
    let circle =
        call(first, "Circle.add", json!({"name": family.name, "userName": name, "userPhone": phone}))?;
    let id = &circle["id"];
    for ((phone, name), who) in family.parents.iter().zip(parents).skip(1) {
        let fields = json!({"circleId": id, "joinPwd": circle["joinPwd"], "name": name, "phone": phone});
        call(*who, "circleJoin", fields)?;
    }
    call(first, "CircleContact.add", json!({"circleId": id, "phone": "021-55550000", "name": "外婆"}))?;
    let mut watches = Vec::new();
    for child in family.watches {
        demo.ago(SINCE * DAY - 600);
        watches.push(activate(demo, first, id, child)?);
    }
    for (child, watch) in family.watches.iter().zip(&watches) {
        walk(demo, *watch, child)?;
    }
    for (age, who, text) in [
        (demo.age(1, 18, 20), first, "明天谁去接孩子？"),
        (demo.age(1, 18, 26), parents[parents.len() - 1], "我去，五点前到"),
        (demo.age(0, 7, 20), first, "记得带水壶和跳绳"),
    ] {
        demo.ago(age);
        call(who, "CircleMsg.add", json!({"circleId": id, "type": 3, "content": text}))?;
    }
    demo.ago(demo.age(0, 8, 10));
    let said = json!({"type": 3, "content": "我到啦"});
    demo.call(Role::Watch, watches[0], "CircleMsg.add", json!({}), said).map(|_| ())
}

/// A watch comes into the circle; gives its id.
fn activate(demo: &Demo<'_>, parent: i64, circle: &Value, child: &Child) -> Result<i64> {
    let number = &child.imei[13..];
    let mac = format!("02:00:00:00:00:{number}");
    let fields = json!({"imei": child.imei, "mac": mac, "status": 3});
    let watch = demo.add(Role::Admin, 1, "Watch", fields)?;
    let picture = demo.upload(Role::User, parent, "user", "face.webp", child.face)?;
    let fields = json!({"circleId": circle, "imei": child.imei, "mac": mac, "name": child.name,
        "phone": format!("138000001{number}"), "picId": picture});
    demo.call(Role::User, parent, "CircleWatch.activate", json!({}), fields)?;
    let alarm = json!({"imei": child.imei, "alarmTime": "07:10", "label": "起床"});
    demo.call(Role::User, parent, "WatchAlarm.add", json!({}), alarm)?;
    Ok(watch)
}

/// The positions of some days up to this minute.
fn walk(demo: &Demo<'_>, watch: i64, child: &Child) -> Result<()> {
    for days_ago in (0..DAYS).rev() {
        let weekend = demo.weekday(days_ago) >= 5;
        let now = (days_ago == 0).then(|| demo.second_of_day() / 60);
        for (minute, (lon, lat)) in child.way.day(weekend, now) {
            demo.ago(demo.age(days_ago, 0, minute));
            demo.call(Role::Watch, watch, "Watch.uploadLocate", json!({}), json!({"lon": lon, "lat": lat}))?;
        }
    }
    demo.call(Role::Watch, watch, "Watch.uploadPercent", json!({}), json!({"percent": child.percent}))
        .map(|_| ())
}
