//! How much memory the values of a body will take, counted from its bytes before any of them is built: two bytes of
//! JSON can become hundreds in memory.

/// JSON values in one body at most.
pub const VALUES_MAX: usize = 200_000;

/// Bytes of memory for a value and its place in a list that grows.
const VALUE: usize = 160;
/// Bytes of memory that the first entry of an object or list takes besides.
const STRUCTURE: usize = 480;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    pub values: usize,
    pub structures: usize,
}

impl Weight {
    /// Of a JSON text. Of one that is no JSON it says something too, and reading it will fail.
    pub fn of_json(text: &[u8]) -> Weight {
        let mut weight = Weight { values: 1, structures: 0 };
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => {
                    while let Some(byte) = bytes.next() {
                        match byte {
                            b'"' => break,
                            b'\\' => _ = bytes.next(),
                            _ => {}
                        }
                    }
                }
                b',' => weight.values += 1,
                b'[' | b'{' => {
                    weight.values += 1;
                    weight.structures += 1;
                }
                _ => {}
            }
        }
        weight
    }

    /// Of a form: its parameters, and the brackets in their names.
    pub fn of_form(body: &[u8]) -> Weight {
        let count = |wanted: &[u8]| body.iter().filter(|b| wanted.contains(b)).count();
        Weight { values: count(b"&") + 1, structures: count(b"[%") }
    }

    pub fn bytes(self) -> usize {
        self.values * VALUE + self.structures * STRUCTURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_texts_does_not_count() {
        let of = |text: &str| {
            let Weight { values, structures } = Weight::of_json(text.as_bytes());
            (values, structures)
        };
        assert_eq!(of("7"), (1, 0));
        assert_eq!(of(r#"{"a":[1,2],"b":"x,[\",{"}"#), (5, 2));
        assert_eq!(of(r#""\"#), (1, 0));
    }

    /// Not less than the values that come of it, whatever stands in the text.
    #[test]
    fn no_value_is_missed() {
        use serde_json::Value;
        fn count(value: &Value) -> usize {
            1 + match value {
                Value::Array(list) => list.iter().map(count).sum(),
                Value::Object(map) => map.values().map(count).sum(),
                _ => 0,
            }
        }
        for text in ["[]", "[0,0,0]", r#"{"a":{"b":[{},[],"\\",",",null]}}"#, r#"["\\\"","\u005b"]"#] {
            let value = serde_json::from_str(text).unwrap();
            assert!(Weight::of_json(text.as_bytes()).values >= count(&value), "{text}");
        }
    }
}
