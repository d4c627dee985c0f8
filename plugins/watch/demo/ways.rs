//! The ways of the demo's watches: streets of Shanghai, and when somebody walks along them. Pure.

type Point = (f64, f64);

/// From home to the other end, and the walks of a day: from minute, to minute, whether there or back.
pub struct Way {
    street: &'static [Point],
    weekday: &'static [(i64, i64, bool)],
    weekend: &'static [(i64, i64, bool)],
}

const SCHOOL: &[(i64, i64, bool)] = &[(460, 485, true), (985, 1015, false)];
const PARK: &[(i64, i64, bool)] = &[(580, 610, true), (690, 720, false)];
const STROLLS: &[(i64, i64, bool)] =
    &[(410, 434, true), (520, 544, false), (920, 944, true), (1020, 1044, false)];
/// Minutes of a day when a watch at rest tells where it is.
const REST: &[i64] = &[30, 390, 750, 1290];
/// Minutes between two positions of one who walks.
const STEP: usize = 5;
/// Degrees by which a position is off, about five metres.
const NOISE: f64 = 0.000_05;

const fn to_school(street: &'static [Point]) -> Way {
    Way { street, weekday: SCHOOL, weekend: PARK }
}

pub const NANJING_ROAD: Way = to_school(&[
    (121.4605, 31.2296),
    (121.4642, 31.2310),
    (121.4680, 31.2322),
    (121.4712, 31.2334),
    (121.4720, 31.2308),
]);
pub const HUAIHAI_ROAD: Way = to_school(&[
    (121.4520, 31.2141),
    (121.4556, 31.2156),
    (121.4592, 31.2171),
    (121.4640, 31.2192),
    (121.4685, 31.2208),
]);
pub const CENTURY_AVENUE: Way = to_school(&[
    (121.5025, 31.2385),
    (121.5090, 31.2356),
    (121.5155, 31.2332),
    (121.5215, 31.2312),
    (121.5273, 31.2291),
]);
pub const NORTH_SICHUAN_ROAD: Way = to_school(&[
    (121.4868, 31.2530),
    (121.4858, 31.2570),
    (121.4846, 31.2612),
    (121.4830, 31.2652),
    (121.4805, 31.2690),
]);
pub const HENGSHAN_ROAD: Way = Way {
    street: &[(121.4465, 31.2045), (121.4430, 31.2018), (121.4400, 31.1990), (121.4368, 31.1962)],
    weekday: STROLLS,
    weekend: STROLLS,
};

impl Way {
    /// The positions of a day by minute, in order: a whole day, or one up to a minute, which is then the last.
    pub fn day(&self, weekend: bool, until: Option<i64>) -> Vec<(i64, Point)> {
        let walks = if weekend { self.weekend } else { self.weekday };
        let mut minutes: Vec<i64> = REST.to_vec();
        for (from, to, _) in walks {
            minutes.extend((*from..=*to).step_by(STEP));
            minutes.push(*to);
        }
        if let Some(until) = until {
            minutes.retain(|minute| *minute < until);
            minutes.push(until);
        }
        minutes.sort_unstable();
        minutes.dedup();
        minutes.into_iter().map(|minute| (minute, self.at(walks, minute))).collect()
    }

    fn at(&self, walks: &[(i64, i64, bool)], minute: i64) -> Point {
        let mut share = 0.0;
        for (from, to, there) in walks.iter().take_while(|(from, ..)| *from <= minute) {
            let walked = ((minute - from) as f64 / (to - from) as f64).min(1.0);
            share = if *there { walked } else { 1.0 - walked };
        }
        let (lon, lat) = self.along(share);
        let off = |factor: i64| ((minute * factor).rem_euclid(21) - 10) as f64 / 10.0 * NOISE;
        (rounded(lon + off(7)), rounded(lat + off(11)))
    }

    /// The point at a share of the street's length.
    fn along(&self, share: f64) -> Point {
        let lengths: Vec<f64> = self.street.windows(2).map(|pair| length(pair[0], pair[1])).collect();
        let mut left = share * lengths.iter().sum::<f64>();
        for (pair, length) in self.street.windows(2).zip(&lengths) {
            if left <= *length {
                let part = left / length;
                let between = |a: f64, b: f64| a + (b - a) * part;
                return (between(pair[0].0, pair[1].0), between(pair[0].1, pair[1].1));
            }
            left -= length;
        }
        self.street[self.street.len() - 1]
    }
}

/// In degrees of latitude: good enough for shares of a street.
fn length((lon, lat): Point, (to_lon, to_lat): Point) -> f64 {
    let east = (to_lon - lon) * lat.to_radians().cos();
    east.hypot(to_lat - lat)
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Way] = &[NANJING_ROAD, HUAIHAI_ROAD, CENTURY_AVENUE, NORTH_SICHUAN_ROAD, HENGSHAN_ROAD];
    const DEGREE: f64 = 111_000.0;

    #[test]
    fn nobody_walks_faster_than_people_do_or_leaves_the_street() {
        for way in ALL {
            for weekend in [false, true] {
                let day = way.day(weekend, None);
                for pair in day.windows(2) {
                    let metres = length(pair[0].1, pair[1].1) * DEGREE;
                    let minutes = (pair[1].0 - pair[0].0) as f64;
                    assert!(metres <= 130.0 * minutes + 20.0, "{metres} m in {minutes} min: {pair:?}");
                }
                for (_, point) in day {
                    let near =
                        (0..=1000).any(|n| length(way.along(n as f64 / 1000.0), point) * DEGREE < 15.0);
                    assert!(near, "{point:?}");
                }
            }
        }
    }

    #[test]
    fn a_day_up_to_now_ends_now() {
        for until in 0..1440 {
            for weekend in [false, true] {
                let day = NANJING_ROAD.day(weekend, Some(until));
                assert_eq!(day.last().map(|(minute, _)| *minute), Some(until));
                assert!(day.windows(2).all(|pair| pair[0].0 < pair[1].0), "{day:?}");
            }
        }
    }
}
