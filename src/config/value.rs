//! A value as found in a source, and the same once its kind was checked.

use super::choice::FileStore;
use super::key::{Key, KeyKind};
use super::units;
use crate::time::Zone;
use ipnet::IpNet;
use serde_json::Value as Json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A checked value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Flag(bool),
    /// Numbers, sizes in bytes, spans in milliseconds.
    Int(i64),
    List(Vec<String>),
    Listen(SocketAddr),
    Nets(Vec<IpNet>),
    Zone(Zone),
    Json(Json),
}

impl Value {
    /// None when the text is not of the key's kind. An empty text is the default, whatever the kind.
    pub fn read(key: &Key, text: &str) -> Option<Value> {
        let text = text.trim();
        let text = if text.is_empty() { key.default } else { text };
        match key.kind {
            KeyKind::Text | KeyKind::Path => Some(Value::Text(text.into())),
            KeyKind::Int { min, max } => within(text.parse().ok()?, min, max),
            KeyKind::Bool => flag(text).map(Value::Flag),
            KeyKind::OneOf(names) => names
                .iter()
                .find(|name| name.eq_ignore_ascii_case(text))
                .map(|name| Value::Text((*name).into())),
            KeyKind::List => Some(Value::List(list(text))),
            KeyKind::ListOf(names) => {
                let items = list(text);
                items.iter().all(|item| names.contains(&item.as_str())).then_some(Value::List(items))
            }
            KeyKind::Listen => listen(text).map(Value::Listen),
            KeyKind::Database => database(text).then(|| Value::Text(text.into())),
            KeyKind::Files => FileStore::parse(text).is_some().then(|| Value::Text(text.into())),
            KeyKind::Credential => credential(text).then(|| Value::Text(text.into())),
            KeyKind::Size { min, max } => bounded(units::parse_bytes(text)?, min, max),
            KeyKind::Millis { min, max } => bounded(units::parse_span(text, 1)?, min, max),
            KeyKind::Seconds { min, max } => bounded(units::parse_span(text, 1000)?, min * 1000, max * 1000),
            KeyKind::Nets => nets(text).map(Value::Nets),
            KeyKind::Proxies => proxies(text).map(Value::Nets),
            KeyKind::Origins => origins(text).map(Value::List),
            KeyKind::UrlPath => url_path(text).then(|| Value::Text(text.into())),
            KeyKind::Zone => Zone::parse(text).ok().map(Value::Zone),
            KeyKind::LogFilter => crate::log::filter(text).ok().map(|_| Value::Text(text.into())),
            KeyKind::JsonObject => json(text, Json::is_object),
            KeyKind::JsonList => {
                json(text, |value| value.as_array().is_some_and(|list| list.iter().all(Json::is_object)))
            }
        }
    }
}

fn within(number: i64, min: i64, max: i64) -> Option<Value> {
    (min..=max).contains(&number).then_some(Value::Int(number))
}

fn bounded(number: u64, min: u64, max: u64) -> Option<Value> {
    if (min..=max).contains(&number) { i64::try_from(number).ok().map(Value::Int) } else { None }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn list(text: &str) -> Vec<String> {
    let items = text.split([',', ' ', '\t', '\n']).filter(|item| !item.is_empty());
    items.filter(|item| *item != "none").map(str::to_owned).collect()
}

/// A bare port is one on loopback; nothing or `*` before the port is every address.
fn listen(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("localhost", text));
    let host = match host {
        "localhost" => Ipv4Addr::LOCALHOST,
        "" | "*" => Ipv4Addr::UNSPECIFIED,
        _ => return None,
    };
    Some(SocketAddr::new(IpAddr::V4(host), port.parse().ok()?))
}

fn database(text: &str) -> bool {
    match text.split_once("://") {
        Some((scheme, rest)) => matches!(scheme, "postgres" | "postgresql" | "mysql") && !rest.is_empty(),
        None => true,
    }
}

fn credential(text: &str) -> bool {
    text.is_empty() || text.split_once(':').is_some_and(|(user, pwd)| !user.is_empty() && !pwd.is_empty())
}

fn nets(text: &str) -> Option<Vec<IpNet>> {
    list(text).iter().map(|item| net(item)).collect()
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn proxies(text: &str) -> Option<Vec<IpNet>> {
    const NEAR: &str =
        "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10";
    match flag(text) {
        Some(true) => nets(NEAR),
        Some(false) => Some(Vec::new()),
        None => nets(text),
    }
}

fn origins(text: &str) -> Option<Vec<String>> {
    let items: Vec<String> =
        list(text).iter().map(|item| item.trim_end_matches('/').to_ascii_lowercase()).collect();
    items.iter().all(|item| origin(item)).then_some(items)
}

/// Scheme, host and perhaps a port, as browsers send it; no wildcard, because cookies go with it.
fn origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (rest, "80"),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    port.parse::<u16>().is_ok() && bare.map_or(named, |address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

fn url_path(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic() && !b";,".contains(&b))
}

fn json(text: &str, fits: impl Fn(&Json) -> bool) -> Option<Value> {
    serde_json::from_str(text).ok().filter(fits).map(Value::Json)
}
