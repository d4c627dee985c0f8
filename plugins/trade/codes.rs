//! The codes of this plugin, with their sentences.

use jindou::plugin::Fault;

pub const NOT_FOUND: Fault = (20001, "采购信息不存在", "there is no such purchase");
pub const WRONG_STATUS: Fault = (20002, "当前状态不允许此操作", "the purchase is in another state");
pub const ENDED: Fault = (20003, "报价已结束", "quoting has ended");
pub const OWN: Fault = (20004, "不能给自己的采购报价", "nobody quotes for their own purchase");
pub const ALREADY: Fault = (20005, "您已报价", "you have quoted already");
pub const WEEK: Fault = (20006, "本周报价次数已用完", "no more quotes this week");
pub const NOT_BUYER: Fault = (20007, "不是采购商", "only the buyer may do this");
pub const NO_QUOTE: Fault = (20008, "报价不存在", "there is no such quote");
pub const REPLIED: Fault = (20009, "该报价已回复", "the quote has been answered");
pub const PICTURE: Fault = (20011, "请上传图片", "a picture is needed");
pub const VARIETY: Fault = (20012, "品种不存在", "there is no such variety");
pub const STATE: Fault = (20013, "state只能为1或2", "`state` is 1 or 2");

pub const ALL: &[Fault] = &[
    NOT_FOUND,
    WRONG_STATUS,
    ENDED,
    OWN,
    ALREADY,
    WEEK,
    NOT_BUYER,
    NO_QUOTE,
    REPLIED,
    PICTURE,
    VARIETY,
    STATE,
];
