//! Which positions become points of a track: the first, those of another day, and those far enough from the
//! last point.

use jindou::geo::Place;
use jindou::plugin::{Fields, Row};
use serde_json::Value;

/// Metres around a point in which nothing is new.
const NEAR: i64 = 200;
const FAR: i64 = 500;

/// The reach of a point, from the accuracy it was measured with.
pub fn radius(accuracy: i64) -> i64 {
    accuracy.clamp(NEAR, FAR)
}

/// Whether a position at a moment (local time, as stored) is a new point behind the last one.
pub fn is_new(last: Option<&Row>, at: &str, place: Place) -> bool {
    let Some(last) = last else { return true };
    if last.text("tm").get(..10) != at.get(..10) {
        return true;
    }
    let number = |name: &str| last.get(name).and_then(Value::as_f64);
    let there = number("lon").zip(number("lat")).and_then(|(lon, lat)| Place::new(lon, lat));
    there.is_none_or(|there| place.distance(there) > number("radius").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn last() -> Row {
        let Value::Object(row) =
            json!({"tm": "2026-05-01 10:00:00", "lon": 121.5, "lat": 31.2, "radius": 200})
        else {
            unreachable!()
        };
        row
    }

    /// So many metres to the north.
    fn north(metres: f64) -> Place {
        Place { lon: 121.5, lat: 31.2 + (metres / jindou::geo::EARTH).to_degrees() }
    }

    #[test]
    fn a_point_is_new_on_another_day_or_far_enough_away() {
        assert!(is_new(None, "2026-05-01 10:05:00", north(0.0)));
        assert!(!is_new(Some(&last()), "2026-05-01 10:05:00", north(150.0)));
        assert!(!is_new(Some(&last()), "2026-05-01 10:05:00", north(199.9)));
        assert!(is_new(Some(&last()), "2026-05-01 10:05:00", north(200.1)));
        assert!(is_new(Some(&last()), "2026-05-02 00:00:01", north(0.0)));
    }

    #[test]
    fn accuracy_becomes_a_reach_of_200_to_500() {
        assert_eq!([radius(0), radius(200), radius(321), radius(9000)], [200, 200, 321, 500]);
    }
}
