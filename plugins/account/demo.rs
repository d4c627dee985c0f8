//! The demo's people: a manager, an employee and a user who can log in, and some users who came over the weeks.

use jindou::plugin::*;

const NAMES: &[&str] =
    &["李雷", "韩梅梅", "张伟", "王芳", "刘洋", "陈静", "杨帆", "赵敏", "周杰", "吴迪", "徐丽", "孙浩"];

pub fn people(demo: &mut Demo<'_>) -> Result<()> {
    let known = demo.call(Role::Admin, 1, "User.query", json!({"res": "count(*) cnt"}), json!({}))?;
    if known["d"][0][0].as_i64().unwrap_or_default() > 0 {
        return Ok(());
    }
    demo.turn_back(61.0);
    for (who, uname, phone, name, perms) in [
        ("manager", "boss", "13900000001", "王经理", "emp,mgr"),
        ("employee", "clerk", "13900000002", "小张", "emp"),
    ] {
        let pwd = Demo::password()?;
        let fields = json!({"uname": uname, "phone": phone, "name": name, "perms": perms, "pwd": pwd});
        demo.call(Role::Admin, 1, "Employee.add", json!({}), fields)?;
        demo.show(who, uname, &pwd);
    }
    for (i, name) in NAMES.iter().enumerate() {
        demo.turn_back(60.0 - 5.0 * i as f64);
        let pwd = Demo::password()?;
        let phone = format!("138000000{i:02}");
        let fields = json!({"phone": phone, "name": name, "pwd": pwd});
        demo.call(Role::Admin, 1, "User.add", json!({}), fields)?;
        if i == 0 {
            demo.show("user", &phone, &pwd);
        }
    }
    Ok(())
}
