//! Places on the earth: distance, and the boxes in which everything near a place must lie, for an index over
//! longitude and latitude. The boxes find too much; the distance decides.

use crate::error::{Error, Result};

/// The mean radius of the earth in metres.
pub const EARTH: f64 = 6_371_000.0;
/// The largest radius of a search, in metres.
pub const FARTHEST: f64 = 50_000.0;

/// 0.1 %: more than the rounding of 32-bit index entries and of the maths below.
const MARGIN: f64 = 1.001;
/// Degrees; a search of radius 0 still needs a box.
const LEAST: f64 = 1e-6;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Degrees, -180 to 180.
    pub lon: f64,
    /// Degrees, -90 to 90.
    pub lat: f64,
}

/// Everything within `radius` metres of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub place: Place,
    pub radius: f64,
}

/// Degrees, bounds included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    pub lon: (f64, f64),
    pub lat: (f64, f64),
}

impl Bounds {
    pub fn contains(&self, place: Place) -> bool {
        let within = |value: f64, (least, most): (f64, f64)| (least..=most).contains(&value);
        within(place.lon, self.lon) && within(place.lat, self.lat)
    }
}

impl Place {
    /// Nothing for numbers that are no place.
    pub fn new(lon: f64, lat: f64) -> Option<Place> {
        (lon.abs() <= 180.0 && lat.abs() <= 90.0).then_some(Place { lon, lat })
    }

    /// Metres along the surface (haversine).
    ///
    /// ```
    /// use jindou::geo::Place;
    /// let (shanghai, beijing) = (Place { lon: 121.4737, lat: 31.2304 }, Place { lon: 116.4074, lat: 39.9042 });
    /// assert_eq!((shanghai.distance(beijing) / 1000.0).round(), 1067.0);
    /// ```
    pub fn distance(self, other: Place) -> f64 {
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let h = half(other.lat - self.lat) + lat1.cos() * lat2.cos() * half(other.lon - self.lon);
        2.0 * EARTH * h.clamp(0.0, 1.0).sqrt().asin()
    }
}

impl Near {
    /// Reads the parameter `nearby`: `lon,lat,radiusMeters`.
    pub fn parse(text: &str) -> Result<Near> {
        let bad = |why: &str| Error::param(format!("bad param `nearby`=`{text}`: {why}"));
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [lon, lat, radius] = parts[..] else { return Err(bad("expect lon,lat,radiusMeters")) };
        let number = |part: &str| part.parse::<f64>().ok().filter(|n| n.is_finite());
        let place = number(lon).zip(number(lat)).and_then(|(lon, lat)| Place::new(lon, lat));
        let place = place.ok_or_else(|| bad("lon is -180 to 180, lat is -90 to 90"))?;
        let radius = number(radius).filter(|radius| (0.0..=FARTHEST).contains(radius));
        let radius = radius.ok_or_else(|| bad("the radius is 0 to 50000 metres"))?;
        Ok(Near { place, radius })
    }

    /// Is the place inside? Its distance is what a search shows and sorts by.
    pub fn holds(&self, place: Place) -> bool {
        self.place.distance(place) <= self.radius
    }

    /// One box, or two where it crosses the line at ±180. Near a pole every longitude is near.
    pub fn boxes(&self) -> Vec<Bounds> {
        let Place { lon, lat } = self.place;
        let angle = self.radius / EARTH;
        let high = (angle.to_degrees() * MARGIN).max(LEAST);
        let lats = ((lat - high).max(-90.0), (lat + high).min(90.0));
        if lat.abs() + high >= 90.0 {
            return vec![Bounds { lon: (-180.0, 180.0), lat: lats }];
        }
        // Below 1: the pole is farther away than the radius.
        let reach = angle.sin() / lat.to_radians().cos();
        let wide = (reach.asin().to_degrees() * MARGIN).max(LEAST);
        let (west, east) = (lon - wide, lon + wide);
        let bounds = |west: f64, east: f64| Bounds { lon: (west, east), lat: lats };
        if west < -180.0 {
            vec![bounds(west + 360.0, 180.0), bounds(-180.0, east)]
        } else if east > 180.0 {
            vec![bounds(west, 180.0), bounds(-180.0, east - 360.0)]
        } else if west == -180.0 || east == 180.0 {
            // The line is one place with two names.
            vec![
                bounds(west, east),
                if east == 180.0 { bounds(-180.0, -180.0) } else { bounds(180.0, 180.0) },
            ]
        } else {
            vec![bounds(west, east)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(lon: f64, lat: f64, radius: f64) -> Near {
        Near { place: Place::new(lon, lat).unwrap(), radius }
    }

    /// The textbook formula, in unit vectors: another way to the same number.
    fn by_vectors(a: Place, b: Place) -> f64 {
        let vector = |p: Place| {
            let (lon, lat) = (p.lon.to_radians(), p.lat.to_radians());
            [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
        };
        let (u, v) = (vector(a), vector(b));
        let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        let length = cross.iter().map(|x| x * x).sum::<f64>().sqrt();
        let dot: f64 = u.iter().zip(v).map(|(x, y)| x * y).sum();
        EARTH * length.atan2(dot)
    }

    #[test]
    fn the_parameter_is_read_or_its_fault_named() {
        assert_eq!(Near::parse("121.5, 31.2 ,500").unwrap(), near(121.5, 31.2, 500.0));
        assert!(Near::parse("0,0,0").is_ok() && Near::parse("-180,90,50000").is_ok());
        for bad in
            ["", "1,2", "1,2,3,4", "a,2,3", "181,0,5", "0,91,5", "0,0,50001", "0,0,-1", "NaN,0,1", "0,0,inf"]
        {
            let error = Near::parse(bad).unwrap_err();
            assert_eq!(error.code, crate::error::Code::PARAM);
            assert!(error.detail.unwrap().starts_with(&format!("bad param `nearby`=`{bad}`")), "{bad}");
        }
    }

    #[test]
    fn boxes_at_the_ends_of_the_world() {
        assert_eq!(near(121.0, 31.0, 500.0).boxes().len(), 1);
        let split = near(179.999, 10.0, 5000.0).boxes();
        assert_eq!((split.len(), split[0].lon.1, split[1].lon.0), (2, 180.0, -180.0));
        assert!(split[1].lon.1 < -179.9);
        assert_eq!(near(-179.999, 10.0, 5000.0).boxes().len(), 2);
        for lat in [90.0, -90.0, 89.9] {
            let pole = near(10.0, lat, 50_000.0).boxes();
            assert_eq!((pole.len(), pole[0].lon), (1, (-180.0, 180.0)));
            assert!(pole[0].lat.0 >= -90.0 && pole[0].lat.1 <= 90.0);
        }
    }

    #[test]
    fn a_box_is_not_much_larger_than_its_circle() {
        for lat in [-60.0, 0.0, 31.0, 60.0] {
            for radius in [100.0, 5000.0, 50_000.0] {
                let [bounds] = near(20.0, lat, radius).boxes()[..] else { panic!("{lat}") };
                let edge = |lon, lat| Place { lon, lat }.distance(Place { lon: 20.0, lat });
                assert!(edge(bounds.lon.1, lat) < radius * 1.01 && edge(bounds.lon.1, lat) > radius);
                let tall = Place { lon: 20.0, lat }.distance(Place { lon: 20.0, lat: bounds.lat.1 });
                assert!(tall < radius * 1.01 && tall > radius);
            }
        }
    }

    fn anywhere() -> impl Strategy<Value = Place> {
        let lon = prop_oneof![-180.0..=180.0, 179.0..=180.0, -180.0..=-179.0, Just(180.0), Just(-180.0)];
        let lat = prop_oneof![-90.0..=90.0, 89.0..=90.0, -90.0..=-89.0, Just(90.0), Just(-90.0)];
        (lon, lat).prop_map(|(lon, lat)| Place { lon, lat })
    }

    /// The place so many metres away in a direction.
    fn walk(from: Place, bearing: f64, metres: f64) -> Place {
        let (angle, lat) = (metres / EARTH, from.lat.to_radians());
        let to = (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
        let turn = (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * to.sin());
        let lon = (from.lon + turn.to_degrees() + 540.0).rem_euclid(360.0) - 180.0;
        Place { lon, lat: to.to_degrees().clamp(-90.0, 90.0) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn haversine_is_the_angle_between_vectors(a in anywhere(), b in anywhere()) {
            prop_assert!((a.distance(b) - by_vectors(a, b)).abs() < 0.5, "{} {}", a.distance(b), by_vectors(a, b));
            prop_assert_eq!(a.distance(a), 0.0);
        }

        /// No false negatives: whoever is within the radius is in a box, also as a 32-bit index keeps it.
        #[test]
        fn everything_near_is_in_a_box(centre in anywhere(), radius in 0.0..=FARTHEST, bearing in 0.0..6.3f64, part in 0.0..=1.0f64) {
            let near = Near { place: centre, radius };
            let there = walk(centre, bearing, radius * part.sqrt());
            prop_assume!(near.holds(there));
            let boxes = near.boxes();
            prop_assert!(boxes.iter().any(|b| b.contains(there)), "{near:?} {there:?} {boxes:?}");
            for b in &boxes {
                prop_assert!(b.lon.0 >= -180.0 && b.lon.1 <= 180.0 && b.lon.0 <= b.lon.1);
                prop_assert!(b.lat.0 >= -90.0 && b.lat.1 <= 90.0 && b.lat.0 <= b.lat.1);
            }
        }

        #[test]
        fn both_names_of_the_line_are_found(lat in -89.0..89.0f64, offset in 0.0..0.2f64, radius in 1.0..=FARTHEST) {
            for lon in [180.0 - offset, -180.0 + offset] {
                let near = Near { place: Place { lon, lat }, radius };
                for line in [Place { lon: 180.0, lat }, Place { lon: -180.0, lat }] {
                    prop_assert!(!near.holds(line) || near.boxes().iter().any(|b| b.contains(line)));
                }
            }
        }
    }
}
