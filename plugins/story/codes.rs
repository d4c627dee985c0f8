//! The codes of this plugin, with their sentences.

use jindou::plugin::Fault;

pub const STORY_UNKNOWN: Fault = (11001, "故事不存在", "no such story");
pub const CATEGORY: Fault = (11002, "分类不存在或正在使用", "the category is unknown or in use");
pub const BAD_PACKAGE: Fault = (11003, "故事包不正确", "the story package is not right");

/// Of a question: the parameter is at fault.
pub const QUESTION_UNKNOWN: Fault = (1, "题目不存在", "no such question");

pub const ALL: &[Fault] = &[STORY_UNKNOWN, CATEGORY, BAD_PACKAGE];
