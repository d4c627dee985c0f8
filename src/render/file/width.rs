//! How wide a spreadsheet column has to be, in digits: a Chinese character takes two.

use unicode_width::UnicodeWidthStr;

/// No column is narrower or wider than this, whatever it holds.
const NARROW: usize = 6;
const WIDE: usize = 60;

/// The room that the widest line of a text takes.
pub fn of(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The width of a column whose widest text is given, with a margin.
pub fn column(widest: usize) -> f64 {
    (widest + 2).clamp(NARROW, WIDE) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_twice_as_wide() {
        assert_eq!(of("abc"), 3);
        assert_eq!(of("订单ab"), 6);
        assert_eq!(of("a\nlonger\nb"), 6);
        assert_eq!(column(0), 6.0);
        assert_eq!(column(500), 60.0);
    }
}
