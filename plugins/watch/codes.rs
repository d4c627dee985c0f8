//! The codes of this plugin, with their sentences.

use jindou::plugin::Fault;

macro_rules! codes {
    ($($name:ident = $code:literal, $zh:literal, $en:literal;)*) => {
        $(pub const $name: Fault = ($code, $zh, $en);)*
        pub const ALL: &[Fault] = &[$($name),*];
    };
}

codes! {
    CIRCLE_UNKNOWN = 10001, "圈子不存在", "no such circle";
    NOT_IN_CIRCLE = 10002, "不在圈子中", "not in the circle";
    NO_CIRCLE = 10003, "用户没有圈子", "the user has no circle";
    ALREADY_IN = 10004, "已在圈子中", "already in the circle";
    WRONG_PIN = 10005, "圈子密码错误", "wrong PIN";
    BAD_INVITATION = 10006, "邀请码错误或已过期", "the invitation is wrong or has expired";
    PHONE_TAKEN = 10007, "电话号码已被使用", "the phone is in use in the circle";
    NAME_TAKEN = 10008, "名称已被使用", "the name is in use in the circle";
    TOO_MANY = 10009, "圈子成员和通讯录已满", "too many members and contacts";
    LAST_MEMBER = 10010, "不能移除最后一个成员", "the last member cannot be removed";
    CONTACT_UNKNOWN = 10011, "联系人不存在", "no such contact";
    EMAIL_TAKEN = 10012, "邮箱已被使用", "the e-mail address is in use";
    NO_ID = 10013, "无法分配编号，请重试", "no id could be found, please try again";
    WATCH_UNKNOWN = 10020, "手表不存在", "no such watch";
    WATCH_OFFLINE = 10021, "手表不在线", "the watch is offline";
    WATCH_SILENT = 10022, "手表没有响应", "the watch did not answer";
    WATCH_HERE = 10023, "手表已在本圈子", "the watch is in this circle already";
    WATCH_ELSEWHERE = 10024, "手表已在其他圈子", "the watch is in another circle";
    WATCH_NOT_IN = 10025, "手表不在圈子中", "the watch is not in the circle";
    BAD_CODE = 10026, "绑定码错误或已过期", "the code is wrong or has expired";
    NEVER_LOGGED_IN = 10027, "手表从未登录", "the watch has never logged in";
    ALARM_UNKNOWN = 10028, "闹钟不存在", "no such alarm";
    PHONE_NOT_IN = 10029, "电话号码不在圈子中", "the phone is not in the circle";
    NO_OWN_PHONE = 10030, "您在圈子中没有电话号码", "you have no phone in the circle";
    SAME_PHONE = 10031, "手表电话与用户电话相同", "watch and user have the same phone";
    SAME_NAME = 10032, "手表名称与用户名称相同", "watch and user have the same name";
    ANSWERING = 10033, "手表正在答题", "the watch is answering";
    MAC_DIFFERS = 10034, "蓝牙地址不符", "the Bluetooth address does not match";
    NOT_SHARED = 10040, "对方没有共享位置", "the position is not shared";
    BAD_RESUME = 10041, "恢复码错误或已过期", "the code is wrong or has expired";
    RESUME_OFTEN = 10042, "尝试次数过多，请稍后再试", "too many attempts, try again later";
    JOIN_OFTEN = 10048, "尝试次数过多，请稍后再试", "too many attempts, try again later";
    NEW_USER_OFTEN = 10049, "注册过于频繁，请稍后再试", "too many new users, try again later";
    NO_SINGLE_FACE = 10050, "照片中必须有且只有一张人脸", "the picture must show exactly one face";
    FACE_UNKNOWN = 10051, "未识别的人脸", "the face is not known";
}
