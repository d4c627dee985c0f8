//! Sizes and spans of time as people write them: `20M`, `30m`, `7d`.

const SIZES: &[(&str, u64)] = &[("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
const SPANS: &[(&str, u64)] = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Bytes of `20M`, `20MB`, `20 MiB`, `512`.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let unit = unit.to_ascii_uppercase();
    let unit = unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit);
    let factor = if unit.is_empty() { 1 } else { find(SIZES, unit)? };
    number.checked_mul(factor)
}

/// Milliseconds of `30m`, `1500ms`; a bare number is in units of `bare_ms`.
pub fn parse_span(text: &str, bare_ms: u64) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = if unit.is_empty() { bare_ms } else { find(SPANS, &unit.to_ascii_lowercase())? };
    number.checked_mul(factor)
}

pub fn bytes(count: u64) -> String {
    print(count, SIZES, "")
}

pub fn span(ms: u64) -> String {
    print(ms, SPANS, "ms")
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

fn find(units: &[(&str, u64)], name: &str) -> Option<u64> {
    units.iter().find(|(unit, _)| *unit == name).map(|(_, factor)| *factor)
}

/// In the largest unit that leaves a whole number.
fn print(count: u64, units: &[(&str, u64)], least: &str) -> String {
    match units.iter().find(|(_, factor)| count > 0 && count.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", count / factor),
        None => format!("{count}{least}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for text in ["20M", "20m", "20MB", "20 MiB", "20971520", "20480K"] {
            assert_eq!(parse_bytes(text), Some(20 << 20), "{text}");
        }
        for text in ["", "M", "-1", "1.5M", "20X", "20 M B", "99999999999999G"] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn spans_take_a_unit_or_the_unit_of_their_key() {
        assert_eq!(parse_span("30m", 1), Some(1_800_000));
        assert_eq!(parse_span("1500ms", 1000), Some(1_500));
        assert_eq!(parse_span("90", 1000), Some(90_000));
        assert_eq!(parse_span("7d", 1), Some(604_800_000));
        assert_eq!(parse_span("soon", 1), None);
        assert_eq!(parse_span("5y", 1), None);
    }

    #[test]
    fn printing_chooses_the_largest_whole_unit() {
        assert_eq!((bytes(20 << 20).as_str(), bytes(1000).as_str()), ("20M", "1000"));
        assert_eq!((span(1_800_000).as_str(), span(90_500).as_str()), ("30m", "90500ms"));
    }
}
