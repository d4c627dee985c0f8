//! Labels, notes and options from the prose around a table.

use expect_test::expect;

use super::{faults, read, table};
use crate::design::{Catalogue, label_in};

fn shown(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for table in catalogue.tables() {
        text += &format!("{}: {:?} {:?}\n", table.name, table.label, table.note);
        for column in &table.columns {
            if column.label.is_some() || column.note.is_some() || !column.options.is_empty() {
                text += &format!("  {}: {:?} {:?}\n", column.name, column.label, column.note);
            }
            for (value, label) in &column.options {
                text += &format!("    {value} = {label}\n");
            }
        }
    }
    text
}

#[test]
fn the_way_designs_are_written() {
    let text = "\
## 数据库设计

**[员工]**

@Employee: id, uname, phone(s), pwd, name(s), perms

雇员表, 登录后可用于查看和处理业务数据。

phone/pwd
: 员工登录用的用户名（一般用手机号）和密码.

perms
: List(perm/String). 权限表. 可用值: emp,mgr, 对应权限AUTH_EMP, PERM_MGR. 参考章节[权限说明].


**[订单]**

@Ordr: id, userId, status(2), amount, dscr(l), cmt(l)
@key Ordr: index(userId)

status
: Enum. 订单状态。CR-新创建,RE-已服务,CA-已取消. 其它备用值: PA-已付款(待服务), ST-开始服务, CL-已结算.

注意:

- 使用ordr而不是order是为了避免与sql关键字order冲突

**[订单日志]**

@OrderLog: id, orderId, action, tm, dscr, empId

例如：某时创建订单，某时付款等。

action
: 参考Action定义:

\tCR:: Create (订单创建，待付款)
\tPA:: Pay (付款，待服务)

empId
: 操作该订单的员工号

**[订单-图片关联]**

@OrderAtt: id, orderId, attId

**[附件]**

@Attachment: id, path, orgPicId, exif(t), tm

path
: String. 文件在服务器上的相对路径, 可方便的转成绝对路径或URL

orgPicId
: Integer. 原图编号。对于缩略图片，链接到对应原始大图片的id.

tm
: DateTime. 上传时间。

路径使用以下规则: upload/{type}/{date:YYYYMM}/{randnum}.{ext}

## 交互接口设计

tm
: no part of the section any more
";
    expect![[r#"
        Employee: Some("员工") Some("雇员表, 登录后可用于查看和处理业务数据。")
          phone: None Some("员工登录用的用户名（一般用手机号）和密码.")
          pwd: None Some("员工登录用的用户名（一般用手机号）和密码.")
          perms: Some("权限表") Some("可用值: emp,mgr, 对应权限AUTH_EMP, PERM_MGR. 参考章节[权限说明].")
        Ordr: Some("订单") None
          status: Some("订单状态") Some("其它备用值: PA-已付款(待服务), ST-开始服务, CL-已结算.")
            CR = 新创建
            RE = 已服务
            CA = 已取消
        OrderLog: Some("订单日志") Some("例如：某时创建订单，某时付款等。")
          action: None Some("参考Action定义:")
            CR = Create (订单创建，待付款)
            PA = Pay (付款，待服务)
          empId: Some("操作该订单的员工号") None
        OrderAtt: Some("订单-图片关联") None
        Attachment: Some("附件") None
          path: None Some("文件在服务器上的相对路径, 可方便的转成绝对路径或URL")
          orgPicId: Some("原图编号") Some("对于缩略图片，链接到对应原始大图片的id.")
          tm: Some("上传时间") None
    "#]]
    .assert_eq(&shown(&read(text)));
}

#[test]
fn lists_and_two_languages() {
    let text = "\
### [订单|Order]

@Ordr: id, userId, status(2), kind&, size(4), createTm

What users buy.
Over two lines.

A second paragraph is only prose.

- status: 状态|Status. Enum(CR:新创建|New; RE:已服务 (含评价, 可选)|Served). May be
  extended by plugins. See v1.2.
- **`kind`**：类型. Enum（-1-未知，0-普通，1-加急）
* size: Enum(S,M,L)
- createTm / userId: both are stamped.
- nobody: not a field
- just prose: with a colon
";
    expect![[r#"
        Ordr: Some("订单|Order") Some("What users buy. Over two lines.")
          userId: None Some("both are stamped.")
          status: Some("状态|Status") Some("May be extended by plugins. See v1.2.")
            CR = 新创建|New
            RE = 已服务 (含评价, 可选)|Served
          kind: Some("类型") None
            -1 = 未知
            0 = 普通
            1 = 加急
          size: None None
            S = S
            M = M
            L = L
          createTm: None Some("both are stamped.")
    "#]]
    .assert_eq(&shown(&read(text)));
}

#[test]
fn labels_belong_to_the_table_right_below() {
    let text = "**[甲]**\n\nprose\n\n@A: id\n**[乙]**\n```\nexample\n```\n@B: id\n# **[丙|C]**\n\n\n@C: id\n\n- a list\n  comes first\n\nso this is no note\n## Tables\n@D: id\n**bold**\n@E: id\n";
    expect![[r#"
        A: None None
        B: None None
        C: Some("丙|C") None
        D: None Some("**bold**")
        E: None None
    "#]]
    .assert_eq(&shown(&read(text)));
}

#[test]
fn what_makes_no_label() {
    let text = "\
@A: id, app, ua, n&, long, path, flag

app
: \"user\"|\"emp\"|\"store\"...

ua
: userAgent

n
: 执行时间(单位：ms. 约)。其它

long
: This sentence goes on and on until it is no label at all. Really.

path
: upload/a.b/c.txt is a path, e.g. this one.

flag
: Enum(0-否|No,1-是|Yes)
";
    expect![[r#"
        A: None None
          app: None Some("\"user\"|\"emp\"|\"store\"...")
          ua: Some("userAgent") None
          n: Some("执行时间(单位：ms. 约)") Some("其它")
          long: None Some("This sentence goes on and on until it is no label at all. Really.")
          path: None Some("upload/a.b/c.txt is a path, e.g. this one.")
          flag: None None
            0 = 否|No
            1 = 是|Yes
    "#]]
    .assert_eq(&shown(&read(text)));
}

#[test]
fn values_must_fit_their_column() {
    let text = "\
@A: id, status(2), kind&, tm, a, b, c, d

- status: Enum(CRX-too long)
- kind: Enum(a-no number)
- tm: Enum(x-a time has no values)
- a: Enum()
- b: Enum(x-y
- c: Enum(x-y, x-z)
- d: Enum(x y)
";
    expect![[r#"
        D:3: `CRX` cannot be a value of field `status`
        D:4: `a` cannot be a value of field `kind`
        D:5: `x` cannot be a value of field `tm`
        D:6: Enum() names no value
        D:7: `Enum(` is never closed
        D:8: `x` comes twice among the values of field `c`
        D:9: `x y` is no value of an Enum
    "#]]
    .assert_eq(&faults(text));
}

#[test]
fn a_label_by_language() {
    assert_eq!(label_in("状态|Status", "zh-CN"), "状态");
    assert_eq!(label_in("状态 | Status", "en"), "Status");
    assert_eq!(label_in("状态", "en"), "状态");
    let table = table("**[订单|Order]**\n@A: id, s\n\n- s: 状态|State. x");
    assert_eq!(table.label_in("en"), "Order");
    assert_eq!(table.column("s").unwrap().label_in("zh"), "状态");
    assert_eq!(table.column("id").unwrap().label_in("zh"), "id");
}

#[test]
fn names_that_are_no_columns_can_be_described_too() {
    let table = table(
        "\
@Ordr: id, userId

- userName: A list item with an unknown name is prose.

userName
: 客户|Customer. Who pays. Enum(A-甲,B-乙)

orderLog
: 日志|Log

userId/nobody
: Two names.
",
    );
    let said = &table.others["userName"];
    assert_eq!(said.label.as_deref(), Some("客户|Customer"));
    assert_eq!(said.note.as_deref(), Some("Who pays."));
    assert_eq!(said.options.len(), 2);
    assert_eq!(table.others["orderLog"].label.as_deref(), Some("日志|Log"));
    assert_eq!(table.others.len(), 2);
}
