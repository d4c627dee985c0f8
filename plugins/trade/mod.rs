//! Purchases and quotes: buyers publish what they need, suppliers quote, buyers award. See DESIGN.md beside this file.

mod award;
mod catalogue;
mod codes;
mod compare;
mod demo;
mod expire;
mod fields;
mod item;
mod life;
mod notice;
mod order;
mod purchase;
mod quote;
mod reply;
mod trader;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("trade", include_str!("DESIGN.md"))
    .needs(&["account", "upload"])
    .objects(&[
        &trader::TRADE_USER,
        &trader::TRADE_USER_VARIETY,
        &catalogue::VARIETY,
        &catalogue::AREA,
        &purchase::PURCHASE,
        &item::PURCHASE_ITEM,
        &item::PURCHASE_ATT,
        &purchase::PURCHASE_INVITE,
        &purchase::PURCHASE_LOG,
        &quote::QUOTE,
        &quote::QUOTE_REV,
        &quote::QUOTE_ATT,
        &order::PURCHASE_ORDER,
        &order::PURCHASE_ORDER_ITEM,
    ])
    .functions(&[read("tradeStat", EMP | ADMIN, catalogue::stat).doc("Figures of the market.")])
    .files(&[
        file_in("PurchaseAtt", "attId").of("PurchaseItem", "itemId"),
        file_in("QuoteAtt", "attId").of("Quote", "quoteId"),
    ])
    .file_categories(&[category("trade").who(USER | EMP).extensions(FileCategory::PICTURES)])
    .events(notice::EVENTS)
    .contacts(trader::contacts)
    .config(CONFIG)
    .demo(demo::market)
    .presets(&[("P_CAPTCHA_AFTER", "3")])
    .errors(codes::ALL)
    .jobs(&[Job::new("tradeExpire", 60, expire::run)]);

const COUNT: KeyKind = KeyKind::Int { min: 0, max: 1_000_000 };

#[rustfmt::skip]
const CONFIG: &[ConfKey] = &[
    ConfKey::new("TRADE_QUOTE_WEEK_MAX", "0", COUNT, "quotes of one supplier in 7 days; 0 = without bound", "每个供应商 7 天内的报价次数；0 不限"),
    ConfKey::new("TRADE_QUOTE_NEED_PIC", "0", KeyKind::Bool, "a quote needs a picture", "报价必须带图片"),
    ConfKey::new("TRADE_PO_SERIES", "PO-{YYYY}{MM}-{####}", KeyKind::Text, "numbers of purchase orders: {YYYY} {MM} {DD} and one {####}", "采购订单编号规则：{YYYY} {MM} {DD} 和一个 {####}"),
    ConfKey::new("TRADE_SMS_QUOTE", "", KeyKind::Text, "text message about a new quote; empty = the usual one", "新报价短信内容；空则用默认"),
    ConfKey::new("TRADE_SMS_REPLY", "", KeyKind::Text, "text message about an answer; empty = the usual one", "报价回复短信内容；空则用默认"),
    ConfKey::new("WX_TPL_QUOTE", "", KeyKind::Text, "template at WeChat for a new quote", "新报价的微信模板 id"),
    ConfKey::new("WX_TPL_REPLY", "", KeyKind::Text, "template at WeChat for an answer", "报价回复的微信模板 id"),
];
