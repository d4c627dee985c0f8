//! The demo's family: a circle of two users and a grandfather's phone, a watch with a week of ways, some messages.

use jindou::plugin::*;

const IMEI: &str = "860000000000001";
/// Where the child was, by the hour: home, school, the park.
const PLACES: &[(f64, f64, f64)] =
    &[(8.0, 121.4737, 31.2304), (9.0, 121.4802, 31.2357), (17.0, 121.4651, 31.2262)];
const DAYS: i64 = 7;

pub fn family(demo: &mut Demo<'_>) -> Result<()> {
    let user = |phone: &str| -> Result<Option<i64>> {
        let get = json!({"cond": {"phone": phone}, "res": "id"});
        let found = demo.call(Role::Admin, 1, "User.query", get, json!({}))?;
        Ok(found["d"][0][0].as_i64())
    };
    let (Some(mother), Some(father)) = (user("13800000001")?, user("13800000000")?) else { return Ok(()) };
    let known = demo.call(Role::Admin, 1, "Circle.query", json!({"res": "count(*) cnt"}), json!({}))?;
    if known["d"][0][0].as_i64().unwrap_or_default() > 0 {
        return Ok(());
    }
    demo.turn_back(30.0);
    let call = |who: i64, action: &str, post: Value| demo.call(Role::User, who, action, json!({}), post);
    let fields = json!({"name": "幸福一家", "userName": "爸爸", "userPhone": "13800000000"});
    let circle = call(father, "Circle.add", fields)?;
    let id = circle["id"].clone();
    let fields =
        json!({"circleId": id, "joinPwd": circle["joinPwd"], "name": "妈妈", "phone": "13800000001"});
    call(mother, "circleJoin", fields)?;
    call(father, "CircleContact.add", json!({"circleId": id, "phone": "021-55550000", "name": "爷爷"}))?;
    let fields = json!({"imei": IMEI, "mac": "02:00:00:00:00:01", "status": 3});
    let watch = demo.call(Role::Admin, 1, "Watch.add", json!({}), fields)?.as_i64().unwrap_or_default();
    let fields = json!({"circleId": id, "imei": IMEI, "mac": "02:00:00:00:00:01", "name": "宝宝", "phone": "13800000099"});
    call(father, "CircleWatch.activate", fields)?;
    let alarm = json!({"imei": IMEI, "alarmTime": "07:10", "label": "起床"});
    call(father, "WatchAlarm.add", alarm)?;
    for day in (1..=DAYS).rev() {
        for (hour, lon, lat) in PLACES {
            demo.turn_back(day as f64 - hour / 24.0);
            let at = json!({"lon": lon, "lat": lat});
            demo.call(Role::Watch, watch, "Watch.uploadLocate", json!({}), at)?;
        }
    }
    for (hours, who, text) in
        [(20.0, mother, "今天谁去接宝宝？"), (19.5, father, "我去，五点半到"), (3.0, mother, "记得带水壶")]
    {
        demo.turn_back(hours / 24.0);
        call(who, "CircleMsg.add", json!({"circleId": id, "type": 3, "content": text}))?;
    }
    demo.turn_back(2.0 / 24.0);
    let said = json!({"type": 3, "content": "我到学校了"});
    demo.call(Role::Watch, watch, "CircleMsg.add", json!({}), said).map(|_| ())
}
