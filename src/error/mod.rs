//! One error type for the whole server: a stable code, a sentence for people in two languages, and a
//! line for developers. It knows nothing of HTTP and never carries SQL, paths or secrets outwards.

#![warn(missing_docs)]

mod code;
mod nearest;

pub use code::{Code, catalogue};
pub use nearest::nearest;

use std::borrow::Cow;

/// The result of nearly every function here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A sentence for people, written in both languages of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// The sentence in Chinese and English.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Text {
        Text { zh: zh.into(), en: en.into() }
    }
}

/// A code with its sentence in Chinese and English, as a plugin declares it.
pub type Fault = (i32, &'static str, &'static str);

/// What went wrong, with two faces: `text` for the person at the client, `detail` (the third element of
/// an answer) for the developer at the other end. `source` is for our own log and for test mode.
#[derive(Debug, Clone)]
pub struct Error {
    /// What kind of failure it is, for programs.
    pub code: Code,
    /// Seconds after which the same call may succeed; 0 = waiting is of no use. Answers carry it as `Retry-After`.
    pub retry_after: u32,
    /// For the person at the client.
    pub text: Box<Text>,
    /// For the developer of the client: the third element of the answer.
    pub detail: Option<Box<str>>,
    /// What a program at the other end can work with; it stands in the place of the detail.
    pub data: Option<Box<serde_json::Value>>,
    /// For the server's log and for test mode; never sent to others.
    pub source: Option<Box<str>>,
    /// The disk of the database failed, not the call: nothing was changed.
    pub(crate) of_disk: bool,
}

/// A busy server is so only for a moment.
const RETRY_SECONDS: u32 = 1;

impl Error {
    /// An error with the default sentence of its code.
    pub fn new(code: Code, detail: impl Into<String>) -> Error {
        Error {
            code,
            retry_after: 0,
            text: Box::new(code.text()),
            detail: Some(detail.into().into_boxed_str()),
            data: None,
            source: None,
            of_disk: false,
        }
    }

    /// Bad input: code 1 with the default sentence.
    pub fn param(detail: impl Into<String>) -> Error {
        Error::new(Code::PARAM, detail)
    }

    /// The named parameter is missing or empty.
    pub fn missing(name: &str) -> Error {
        Error::param(format!("Bad Request - param `{name}` is missing"))
            .say(format!("缺少参数`{name}`"), format!("parameter `{name}` is missing"))
    }

    /// A code of a plugin's own, with its sentences: an entry of its list of errors.
    pub fn known((code, zh, en): Fault) -> Error {
        Error::new(Code(code), en).say(zh, en)
    }

    /// No login at all: clients try their token and come again.
    pub fn no_auth(detail: impl Into<String>) -> Error {
        Error::new(Code::NOAUTH, detail)
    }

    /// Name, password, code or token is wrong: code -1.
    pub fn auth_fail(detail: impl Into<String>) -> Error {
        Error::new(Code::AUTHFAIL, detail)
    }

    /// The caller may not do this: code 5.
    pub fn forbidden(detail: impl Into<String>) -> Error {
        Error::new(Code::FORBIDDEN, detail)
    }

    /// A name that the database layer does not know, or a failure of the database itself.
    pub fn db(detail: impl Into<String>) -> Error {
        Error::new(Code::DB, detail)
    }

    /// The server has more to do than it takes on at once: the same call may succeed soon.
    pub fn busy(detail: impl Into<String>) -> Error {
        Error::db(detail)
            .say("系统忙，请稍后再试", "the server is busy, please try again")
            .retry_after(RETRY_SECONDS)
    }

    /// The server is too busy for a write: it was not tried, or all of it was undone.
    pub fn busy_write(detail: impl Into<String>) -> Error {
        Error::busy(detail).say(
            "系统忙，未做任何修改，请稍后再试",
            "the server is busy and has changed nothing, please try again",
        )
    }

    /// Our own fault; `source` goes to the log, the caller sees a fixed sentence.
    pub fn server(source: impl Into<String>) -> Error {
        Error::new(Code::SERVER, "internal error").because(source)
    }

    /// Replaces the sentence for people.
    pub fn say(mut self, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Error {
        *self.text = Text::new(zh, en);
        self
    }

    /// Adds what a program can work with.
    pub fn with(mut self, data: serde_json::Value) -> Error {
        self.data = Some(Box::new(data));
        self
    }

    /// Says after how many seconds the same call may succeed.
    pub fn retry_after(mut self, seconds: u32) -> Error {
        self.retry_after = seconds;
        self
    }

    /// Adds what only our log and test mode may show.
    pub fn because(mut self, source: impl Into<String>) -> Error {
        self.source = Some(source.into().into_boxed_str());
        self
    }
}

/// Refuses with one of a plugin's own errors unless a rule holds.
///
/// ```
/// use jindou::plugin::*;
/// const BACKWARDS: Fault = (90003, "结束时间必须晚于开始时间", "the end must be after the start");
/// assert!(ensure(1 < 2, BACKWARDS).is_ok());
/// assert_eq!(ensure(2 < 1, BACKWARDS).unwrap_err().code, Code(90003));
/// ```
pub fn ensure(holds: bool, otherwise: Fault) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::known(otherwise)) }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}", self.code.0, self.text.en)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
