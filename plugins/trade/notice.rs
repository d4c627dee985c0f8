//! What buyers and suppliers are told of.

use jindou::plugin::*;

const PERSONAL: &[Channel] = &[Channel::App, Channel::Sms, Channel::Wechat];

pub const EVENTS: &[Event] = &[
    event("trade.quote", "收到报价", "New quote")
        .kind(2)
        .title("您的采购“{itemName}”收到新报价", "A new quote for {itemName}")
        .text("{supplierName}对您的采购“{itemName}”报了价", "{supplierName} has quoted for {itemName}")
        .refers("itemId")
        .once_by("{quoteId}")
        .channels(PERSONAL)
        .sms_template("TRADE_SMS_QUOTE")
        .wechat_template("WX_TPL_QUOTE"),
    event("trade.accepted", "报价被接受", "Quote accepted")
        .kind(1)
        .title("您对“{itemName}”的报价已被接受", "Your quote for {itemName} is accepted")
        .text("您对“{itemName}”的报价已被接受。{message}", "Your quote for {itemName} is accepted. {message}")
        .refers("quoteId")
        .once_by("{quoteId}")
        .channels(PERSONAL)
        .sms_template("TRADE_SMS_REPLY")
        .wechat_template("WX_TPL_REPLY"),
    event("trade.refused", "报价被拒绝", "Quote refused")
        .kind(1)
        .title("您对“{itemName}”的报价未被接受", "Your quote for {itemName} is refused")
        .text("您对“{itemName}”的报价未被接受。{message}", "Your quote for {itemName} is refused. {message}")
        .refers("quoteId")
        .once_by("{quoteId}")
        .channels(PERSONAL)
        .sms_template("TRADE_SMS_REPLY")
        .wechat_template("WX_TPL_REPLY"),
    event("trade.invited", "采购邀请", "Invitation")
        .title("您受邀为“{title}”报价", "You are invited to quote for {title}")
        .text("您受邀为“{title}”报价", "You are invited to quote for {title}")
        .once_by("{purchaseId}")
        .channels(PERSONAL),
    event("trade.ordered", "新采购订单", "New purchase order")
        .title("新采购订单{no}", "Purchase order {no}")
        .text("您有新的采购订单{no}，金额{total}", "You have a new purchase order {no} of {total}")
        .once_by("{no}")
        .channels(PERSONAL),
];
