//! The codes of this plugin, with their sentences.

use jindou::plugin::Fault;

pub const POST_UNKNOWN: Fault = (12001, "帖子不存在", "no such post");
pub const NOT_OWNER: Fault = (12002, "不是发布者", "only its author may do this");
pub const EMPTY: Fault = (12003, "内容不能为空", "there is nothing to post");
pub const CIRCLE_NEEDED: Fault = (12004, "请先加入圈子", "a circle is required");

pub const ALL: &[Fault] = &[POST_UNKNOWN, NOT_OWNER, EMPTY, CIRCLE_NEEDED];
