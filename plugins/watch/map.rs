//! The map service: coordinates of the map from those of GPS, addresses, places of base stations.

use jindou::geo::Place;
use jindou::integrations::{ServiceMode, failed, mode};
use jindou::plugin::*;
use sha2::{Digest, Sha256};
use std::time::Duration;

pub static MAP: Map_ = Map_;

pub struct Map_;

/// The same raw point is not asked twice within two days, the same base stations within one.
const POINT_LIFE: Duration = Duration::from_secs(2 * 86_400);
const CELLS_LIFE: Duration = Duration::from_secs(86_400);

/// Where something is, as far as the map knows.
#[derive(Debug, Clone)]
pub struct Fix {
    pub place: Place,
    /// Metres; 0 for a satellite's word.
    pub radius: i64,
    /// address, province, city, cityCode, adCode; empty when the map did not say.
    pub address: Map<String, Value>,
}

/// GPS coordinates as the map draws them; as they are when it does not answer.
pub fn convert(stage: &Stage<'_>, raw: Place) -> Place {
    let req = json!({"lon": raw.lon, "lat": raw.lat});
    let answer = remembered(stage, "convert", req, POINT_LIFE);
    answer.ok().as_ref().and_then(place).unwrap_or(raw)
}

/// The address of a place; nothing when there is no map, or it does not answer.
pub fn address(stage: &Stage<'_>, at: Place) -> Map<String, Value> {
    if mode(stage.env(), &MAP) == ServiceMode::Off {
        return Map::new();
    }
    match stage.ask(&MAP, "regeo", json!({"lon": at.lon, "lat": at.lat})) {
        Ok(Value::Object(answer)) => answer,
        Ok(_) => Map::new(),
        Err(error) => {
            tracing::warn!(%error, "a position stays without its address");
            Map::new()
        }
    }
}

/// The place of base stations; without the map there is none.
pub fn stations(stage: &Stage<'_>, cells: Value) -> Result<Fix> {
    let mut answer = remembered(stage, "lbs", json!({"cells": cells}), CELLS_LIFE)?;
    let place = place(&answer).ok_or_else(|| failed("map", &answer))?;
    let radius = answer["radius"].as_f64().unwrap_or_default() as i64;
    let mut address = Map::new();
    for name in ["address", "province", "city", "cityCode", "adCode"] {
        if let Some(value) = answer.get_mut(name) {
            address.insert(name.to_owned(), value.take());
        }
    }
    Ok(Fix { place, radius, address })
}

fn place(answer: &Value) -> Option<Place> {
    Place::new(answer["lon"].as_f64()?, answer["lat"].as_f64()?)
}

fn remembered(stage: &Stage<'_>, op: &str, req: Value, life: Duration) -> Result<Value> {
    let digest = Sha256::digest(req.to_string().as_bytes());
    let key: String = format!("map:{op}:") + &digest.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let cache = &stage.env().cache;
    if let Some(text) = cache.get(&key)
        && let Ok(answer) = serde_json::from_str(&text)
    {
        return Ok(answer);
    }
    let answer = stage.ask(&MAP, op, req)?;
    cache.set(&key, &answer.to_string(), life);
    Ok(answer)
}

impl Service for Map_ {
    fn name(&self) -> &'static str {
        "map"
    }

    fn mode_key(&self) -> &'static str {
        "MAP_MODE"
    }

    fn needs(&self) -> &'static [&'static str] {
        &["MAP_BASE", "MAP_KEY"]
    }

    /// Where people are.
    fn secrets(&self) -> &'static [&'static str] {
        &["lon", "lat", "cells"]
    }

    fn real(&self, env: &Services, op: &str, req: &Value) -> Result<Value> {
        let (path, mut params) = match op {
            "convert" => ("/v3/assistant/coordinate/convert", vec![("locations", point(req))]),
            "regeo" => ("/v3/geocode/regeo", vec![("location", point(req))]),
            _ => ("/position", vec![("accesstype", "0".to_owned()), ("bts", stations_text(&req["cells"]))]),
        };
        params.push(("key", env.config.text("MAP_KEY").to_owned()));
        if op == "convert" {
            params.push(("coordsys", "gps".to_owned()));
        }
        let url = format!("{}{path}", env.config.text("MAP_BASE").trim_end_matches('/'));
        let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = Http::new("map").get(&url, &params)?;
        if answer["status"].as_str() != Some("1") {
            return Err(failed("map", answer));
        }
        understood(op, &answer).ok_or_else(|| failed("map", answer))
    }

    fn mock(&self, op: &str, req: &Value) -> Result<Value> {
        Ok(match op {
            "convert" => req.clone(),
            "regeo" => json!({"address": format!("mock address {}", point(req))}),
            // A fixed point for each list of base stations.
            _ => {
                let digest = Sha256::digest(req["cells"].to_string().as_bytes());
                let part = |at: usize| f64::from(u16::from_be_bytes([digest[at], digest[at + 1]])) / 65_536.0;
                json!({"lon": 121.0 + part(0), "lat": 31.0 + part(2), "radius": 500})
            }
        })
    }
}

fn point(req: &Value) -> String {
    let number = |name: &str| req[name].as_f64().unwrap_or_default();
    format!("{},{}", number("lon"), number("lat"))
}

/// As it was sent, or the list of stations in one text.
fn stations_text(cells: &Value) -> String {
    match cells {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The service's answer in our own words.
fn understood(op: &str, answer: &Value) -> Option<Value> {
    let point = |text: &str| -> Option<(f64, f64)> {
        let (lon, lat) = text.split_once(',')?;
        Some((lon.parse().ok()?, lat.parse().ok()?))
    };
    match op {
        "convert" => {
            let (lon, lat) = point(answer["locations"].as_str()?)?;
            Some(json!({"lon": lon, "lat": lat}))
        }
        "regeo" => {
            let found = &answer["regeocode"];
            let part = &found["addressComponent"];
            Some(json!({"address": found["formatted_address"], "province": part["province"],
                "city": part["city"], "cityCode": part["citycode"], "adCode": part["adcode"]}))
        }
        _ => {
            let found = &answer["result"];
            let (lon, lat) = point(found["location"].as_str()?)?;
            let radius: f64 = found["radius"].as_str().and_then(|text| text.parse().ok()).unwrap_or(500.0);
            Some(json!({"lon": lon, "lat": lat, "radius": radius, "address": found["desc"],
                "province": found["province"], "city": found["city"], "cityCode": found["citycode"],
                "adCode": found["adcode"]}))
        }
    }
}
