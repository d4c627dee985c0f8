//! The codes that calls of tests are refused with, by their names in `jindou::error::Code`.

use jindou::error::Code;

const fn number(code: Code) -> i64 {
    code.0 as i64
}

pub const EXT: i64 = number(Code::EXT);
pub const AUTHFAIL: i64 = number(Code::AUTHFAIL);
pub const PARAM: i64 = number(Code::PARAM);
pub const NOAUTH: i64 = number(Code::NOAUTH);
pub const DB: i64 = number(Code::DB);
pub const SERVER: i64 = number(Code::SERVER);
pub const FORBIDDEN: i64 = number(Code::FORBIDDEN);
pub const CONFLICT: i64 = number(Code::CONFLICT);
