//! The demo's people: a manager, an employee and a user who can log in, and customers who came over the weeks, each
//! with a face.

use jindou::plugin::*;

const DAY: i64 = 86_400;

macro_rules! faces {
    ($($name:literal $file:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("demo/", $file, ".webp")))),*]
    };
}

/// Name and face of each customer. The first two are the demo's family.
const CUSTOMERS: &[(&str, &[u8])] = faces![
    "李雷" "man-1", "韩梅梅" "woman-1", "张伟" "man-2", "王芳" "woman-2", "刘洋" "man-3", "陈静" "woman-3",
    "杨帆" "man-4", "赵敏" "woman-4", "周杰" "man-5", "吴迪" "man-6", "徐丽" "woman-5", "孙浩" "man-7",
    "朱琳" "woman-6", "胡斌" "man-8", "林晓燕" "woman-7", "何志强" "man-9", "郭婷" "woman-8", "马超" "man-10",
    "罗兰" "woman-9", "梁博文" "man-11", "宋雨桐" "woman-10", "谢军" "man-12", "唐诗雅" "woman-11", "邓佳" "woman-12",
];

pub fn people(demo: &mut Demo<'_>) -> Result<()> {
    if !demo.is_empty("User")? {
        return Ok(());
    }
    demo.ago(61 * DAY);
    for (who, uname, phone, name, perms) in [
        ("manager", "boss", "13900000001", "王经理", "emp,mgr"),
        ("employee", "clerk", "13900000002", "小张", "emp"),
    ] {
        let pwd = Demo::password()?;
        let fields = json!({"uname": uname, "phone": phone, "name": name, "perms": perms, "pwd": pwd});
        demo.add(Role::Admin, 1, "Employee", fields)?;
        demo.show(who, uname, &pwd);
    }
    for (n, (name, face)) in (0..).zip(CUSTOMERS) {
        demo.ago(DAY * 60 - n * DAY * 5 / 2);
        let picture = demo.upload(Role::Admin, 1, "user", "face.webp", face)?;
        let phone = format!("138000000{n:02}");
        let mut fields = json!({"phone": phone, "name": name, "picId": picture});
        // The others log in by a code.
        if n == 0 {
            let pwd = Demo::password()?;
            fields["pwd"] = json!(pwd);
            demo.show("user", &phone, &pwd);
        }
        demo.add(Role::Admin, 1, "User", fields)?;
    }
    Ok(())
}
