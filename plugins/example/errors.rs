//! The errors of this plugin: code, Chinese, English. The codes of a plugin are positive and its own.

use jindou::plugin::Fault;

pub const TAKEN: Fault = (90001, "该时段已被预订", "the room is taken at that time");
pub const CLOSED: Fault = (90002, "会议室已停用", "the room is closed");
pub const BACKWARDS: Fault = (90003, "结束时间必须晚于开始时间", "the end must be after the start");
pub const NO_ROOM: Fault = (90004, "没有该会议室", "there is no such room");

pub const ALL: &[Fault] = &[TAKEN, CLOSED, BACKWARDS, NO_ROOM];
