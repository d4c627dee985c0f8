//! `Range: bytes=…`: which part of a file a client asks for.

/// What a Range header means for a file of a size.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// No range, or one we need not understand: all of it.
    Whole,
    /// First byte and length.
    Of(u64, u64),
    /// Nothing of the file lies there.
    Outside,
}

pub fn parse(header: Option<&str>, size: u64) -> Part {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((from, to)) = spec.trim().split_once('-') else { return Part::Whole };
    // Several ranges at once would need a multipart answer; sending all is allowed.
    let number = |text: &str| if text.is_empty() { Some(None) } else { digits(text).map(Some) };
    match (number(from.trim()), number(to.trim())) {
        (Some(Some(from)), _) if from >= size => Part::Outside,
        (Some(Some(from)), Some(None)) => Part::Of(from, size - from),
        (Some(Some(from)), Some(Some(to))) if to >= from => Part::Of(from, to.min(size - 1) - from + 1),
        (Some(None), Some(Some(last))) if last > 0 && size > 0 => {
            let length = last.min(size);
            Part::Of(size - length, length)
        }
        (Some(None), Some(Some(_))) => Part::Outside,
        _ => Part::Whole,
    }
}

/// Numbers too large for us are larger than any file.
fn digits(text: &str) -> Option<u64> {
    let all = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::Part::*;

    #[test]
    fn parts() {
        for (header, part) in [
            ("bytes=0-99", Of(0, 100)),
            ("bytes=0-0", Of(0, 1)),
            ("bytes=500-", Of(500, 500)),
            ("bytes=-200", Of(800, 200)),
            ("bytes=-5000", Of(0, 1000)),
            ("bytes=900-5000", Of(900, 100)),
            ("bytes=0-99999999999999999999999", Of(0, 1000)),
            ("bytes=1000-", Outside),
            ("bytes=99999999999999999999999-", Outside),
            ("bytes=-0", Outside),
            ("bytes=5-4", Whole),
            ("bytes=0-1,5-6", Whole),
            ("bytes=a-b", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("rows=1-2", Whole),
        ] {
            assert_eq!(super::parse(Some(header), 1000), part, "{header}");
        }
        assert_eq!(super::parse(None, 1000), Whole);
        assert_eq!(super::parse(Some("bytes=-1"), 0), Outside);
    }
}
