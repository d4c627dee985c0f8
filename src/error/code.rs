//! The codes of the protocol. Numbers are never reused; plugins bring ranges of their own.

use super::Text;

/// The first element of an answer: 0, or what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub i32);

impl Code {
    /// The action ended without a result, on purpose; clients say nothing.
    pub const ABORT: Code = Code(-100);
    /// An outside service failed.
    pub const EXT: Code = Code(-2);
    /// Name, password, code or token is wrong.
    pub const AUTHFAIL: Code = Code(-1);
    /// Success.
    pub const OK: Code = Code(0);
    /// Bad input.
    pub const PARAM: Code = Code(1);
    /// Nobody is logged in: clients log in with their token and call again.
    pub const NOAUTH: Code = Code(2);
    /// The database failed, or is too busy for now.
    pub const DB: Code = Code(3);
    /// A fault of the server; its log says more.
    pub const SERVER: Code = Code(4);
    /// The caller may not do this.
    pub const FORBIDDEN: Code = Code(5);
    /// A write that may have been done or not.
    pub const UNKNOWN: Code = Code(6);
    /// What was to be changed is no longer what the caller has seen of it.
    pub const CONFLICT: Code = Code(7);
    /// A text message could not be sent.
    pub const SMS: Code = Code(1001);
    /// A call of WeChat failed.
    pub const WX: Code = Code(1002);
    /// A push message could not be sent.
    pub const PUSH: Code = Code(1003);

    /// The sentence used when nobody wrote a better one.
    pub fn text(self) -> Text {
        match CODES.iter().find(|(code, ..)| *code == self) {
            Some((_, _, zh, en)) => Text::new(*zh, *en),
            None => Text::new(format!("ERROR {}", self.0), format!("ERROR {}", self.0)),
        }
    }
}

/// code, name, Chinese sentence, English sentence.
const CODES: &[(Code, &str, &str, &str)] = &[
    (Code::ABORT, "E_ABORT", "中止执行", "cancelled"),
    (Code::EXT, "E_EXT", "接口调用错误", "an outside service failed"),
    (Code::AUTHFAIL, "E_AUTHFAIL", "认证失败", "authentication failed"),
    (Code::OK, "E_OK", "", ""),
    (Code::PARAM, "E_PARAM", "参数不正确", "bad parameter"),
    (Code::NOAUTH, "E_NOAUTH", "未登录", "not logged in"),
    (Code::DB, "E_DB", "数据库错误", "database error"),
    (Code::SERVER, "E_SERVER", "服务器错误", "server error"),
    (Code::FORBIDDEN, "E_FORBIDDEN", "禁止操作", "operation not allowed"),
    (
        Code::UNKNOWN,
        "E_UNKNOWN",
        "结果未知，请核对后再试",
        "the outcome is unknown: look whether it was done before you try again",
    ),
    (
        Code::CONFLICT,
        "E_CONFLICT",
        "数据已被修改，请核对后再试",
        "the data was changed meanwhile: look at it before you try again",
    ),
    (Code::SMS, "E_SMS", "发送短信失败", "the message could not be sent"),
    (Code::WX, "E_WX", "微信调用失败", "the WeChat call failed"),
    (Code::PUSH, "E_PUSH_MSG", "推送失败", "the push failed"),
];

/// Every code of the core, for the reference page and for `Err.query`.
pub fn catalogue() -> impl Iterator<Item = (Code, &'static str, &'static str, &'static str)> {
    CODES.iter().copied()
}
