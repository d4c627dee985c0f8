//! Configuration keys of this plugin.

use jindou::plugin::*;

#[rustfmt::skip]
pub const KEYS: &[ConfKey] = &[
    ConfKey::new("WATCH_DEVICE_KEY", "", KeyKind::Text, "secret from which the keys of watches are made", "手表设备密钥的根密钥").secret(),
    ConfKey::new("WATCH_OPEN_LOGIN", "0", KeyKind::Bool, "watches may log in without a signature when there is no WATCH_DEVICE_KEY", "未配置 WATCH_DEVICE_KEY 时允许手表无签名登录"),
    ConfKey::new("WATCH_ACTIVATE_UNKNOWN", "0", KeyKind::Bool, "CircleWatch.activate takes watches that never logged in", "允许激活未登录过的手表"),
    ConfKey::new("WATCH_KEEP_LOCATE", "180", KeyKind::Int { min: 1, max: 36_500 }, "days that positions are kept", "位置保留天数"),
    ConfKey::new("WATCH_KEEP_LOG", "30", KeyKind::Int { min: 1, max: 36_500 }, "days that logs of watches are kept", "手表日志保留天数"),
    ConfKey::new("MAP_MODE", "auto", MODE, "the map service: real, mock or off", "地图服务：真实、模拟或关闭"),
    ConfKey::new("MAP_BASE", "", KeyKind::Text, "address of the map service", "地图服务地址"),
    ConfKey::new("MAP_KEY", "", KeyKind::Text, "key of the map service", "地图服务密钥").secret(),
    ConfKey::new("SUBMAIL_HOOK_KEY", "", KeyKind::Text, "key with which the mail service signs its events", "邮件回调签名密钥").secret(),
];

const MODE: KeyKind = KeyKind::OneOf(&["auto", "real", "mock", "off"]);
