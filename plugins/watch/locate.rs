//! Positions come in: from watches by satellite or base stations, from phones. Everything is kept; what is
//! new on the track becomes a point and is told to the circle.

use super::map::{self, Fix};
use super::{device, gps_log, message, track};
use jindou::geo::Place;
use jindou::plugin::*;

const GPS: i64 = 1;
const STATIONS: i64 = 2;
/// What the map says of a place, in columns.
const ADDRESS: [&str; 5] = ["address", "province", "city", "cityCode", "adCode"];

/// Whose track it is: table, and the column and value that name the owner.
struct Track {
    table: &'static str,
    owner: Cond,
}

impl Track {
    fn of_watch(imei: &str, circle: i64, kind: i64) -> Track {
        let owner = Cond::text("imei", imei).and(Cond::int("circleId", circle)).and(Cond::int("type", kind));
        Track { table: "WatchLocus", owner }
    }

    fn of_user(id: i64) -> Track {
        Track { table: "UserLocus", owner: Cond::int("userId", id) }
    }

    fn is_new(&self, tx: &mut Tx<'_>, at: &str, place: Place) -> Result<bool> {
        let find = Find::by(self.owner.clone()).res("tm, lon, lat, radius").order("tm desc, id desc");
        let last = tx.find_one(self.table, find)?;
        Ok(track::is_new(last.as_ref(), at, place))
    }
}

/// `Watch.uploadLocate`
pub fn upload(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let sent = args.place()?;
    let cells = args.get("lbs")?;
    let at = args.moment("tm")?.unwrap_or_else(|| env.now_text());
    let watch = stage.read(device::reporting)?;
    let (kind, raw, fix) = match (sent, cells) {
        (Some(raw), _) => {
            let place = map::convert(stage, raw);
            (GPS, Some(raw), Fix { place, radius: 0, address: Map::new() })
        }
        (None, Some(cells)) => (STATIONS, None, map::stations(stage, cells)?),
        (None, None) => return Err(Error::missing("lon")),
    };
    let fix = named(stage, fix, &Track::of_watch(watch.text("imei"), binding(&watch, &at), kind), &at)?;
    Ok(Prepared::write(move |tx| {
        let watch = device::reporting(tx)?;
        store(tx, &watch, kind, raw, &fix, &at)
    }))
}

/// A point of the track is worth asking for its address.
fn named(stage: &Stage<'_>, mut fix: Fix, track: &Track, at: &str) -> Result<Fix> {
    if fix.address.is_empty() && stage.read(|tx| track.is_new(tx, at, fix.place))? {
        fix.address = map::address(stage, fix.place);
    }
    Ok(fix)
}

/// The circle a position belongs to: the one the watch is in, unless it was measured before it came there. 0 is
/// nobody's.
fn binding(watch: &Row, at: &str) -> i64 {
    match watch.text("bindTm") > at {
        true => 0,
        false => watch.int("circleId"),
    }
}

fn store(tx: &mut Tx<'_>, watch: &Row, kind: i64, raw: Option<Place>, fix: &Fix, at: &str) -> Result<Answer> {
    let imei = watch.text("imei");
    let mut row = columns(fix, at);
    let circle = binding(watch, at);
    let owner = [
        ("imei".to_owned(), json!(imei)),
        ("circleId".to_owned(), json!(circle)),
        ("type".to_owned(), json!(kind)),
    ];
    row.extend(owner.clone());
    if let Some(raw) = raw {
        row.extend([("rawLon".to_owned(), json!(raw.lon)), ("rawLat".to_owned(), json!(raw.lat))]);
    }
    tx.insert("WatchLocate", row)?;
    if kind == GPS {
        gps_log::end(tx, imei, fix)?;
    }
    if Track::of_watch(imei, circle, kind).is_new(tx, at, fix.place)? {
        let reach = track::radius(fix.radius);
        let mut point = point(fix, at, reach);
        point.extend(owner);
        point.insert("address".into(), fix.address.get("address").cloned().unwrap_or_default());
        if kind == STATIONS {
            point.insert("lbsRadius".into(), json!(fix.radius));
        }
        tx.insert("WatchLocus", point)?;
        if circle > 0 {
            let ext = json!({"lon": fix.place.lon, "lat": fix.place.lat, "radius": reach, "type": kind,
                "address": fix.address.get("address")});
            message::of_watch(tx, circle, imei, json!({"type": message::TRACK, "ext": ext.to_string()}))?;
        }
    }
    let mut answer = json!({"type": kind, "lon": fix.place.lon, "lat": fix.place.lat, "radius": fix.radius});
    if let Some(address) = fix.address.get("address") {
        answer["address"] = address.clone();
    }
    Ok(answer.into())
}

fn point(fix: &Fix, at: &str, radius: i64) -> Map<String, Value> {
    Map::from_iter([
        ("lon".to_owned(), json!(fix.place.lon)),
        ("lat".to_owned(), json!(fix.place.lat)),
        ("radius".to_owned(), json!(radius)),
        ("tm".to_owned(), json!(at)),
    ])
}

fn columns(fix: &Fix, at: &str) -> Map<String, Value> {
    let mut row = point(fix, at, fix.radius);
    row.extend(address_columns(fix));
    row
}

/// The map writes an empty list where it knows no city.
pub fn address_columns(fix: &Fix) -> Row {
    let known = ADDRESS.iter().filter_map(|name| Some((*name, fix.address.get(*name)?)));
    known
        .filter(|(_, value)| value.is_string())
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// `userUploadLocate`: the position of the caller's own phone, already in the map's coordinates.
pub fn upload_user(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let env = stage.env();
    let sent = args.place()?;
    let place = sent.ok_or_else(|| Error::missing("lon"))?;
    let radius = args.get("radius/n")?.and_then(|n| n.as_f64()).unwrap_or_default();
    if !(0.0..=1e6).contains(&radius) {
        return Err(Error::param("param `radius` is 0 to 1000000"));
    }
    let at = env.now_text();
    let me = stage.caller().id;
    let fix = Fix { place, radius: radius as i64, address: Map::new() };
    let fix = named(stage, fix, &Track::of_user(me), &at)?;
    Ok(Prepared::write(move |tx| {
        let mut row = columns(&fix, &at);
        row.insert("userId".into(), json!(me));
        tx.insert("UserLocate", row)?;
        if Track::of_user(me).is_new(tx, &at, fix.place)? {
            let mut point = point(&fix, &at, track::radius(fix.radius));
            point.insert("userId".into(), json!(me));
            tx.insert("UserLocus", point)?;
        }
        Ok(Answer::ok())
    }))
}
