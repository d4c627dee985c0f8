//! The errors of this plugin: code, Chinese, English.

use jindou::plugin::Fault;

pub const NO_BOOK: Fault = (91001, "没有该图书", "there is no such book");
pub const NO_COPY: Fault = (91002, "该图书已全部借出", "all copies of the book are lent");
pub const NO_USER: Fault = (91003, "没有该用户", "there is no such user");
pub const LATE: Fault = (91004, "已过期，不能续借", "the loan is overdue and cannot be renewed");

pub const ALL: &[Fault] = &[NO_BOOK, NO_COPY, NO_USER, LATE];
