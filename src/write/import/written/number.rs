//! Amounts as people write them: `1,234.50`, `￥99`, `（5.00）`, `1.2万元`. What comes out is the plain form, digit by
//! digit; nothing is rounded. Where thousands could be taken for a fraction (`1.234,50`, `12,34`) it gives nothing.

use super::narrow;

const CURRENCIES: [&str; 9] = ["¥", "$", "€", "£", "人民币", "RMB", "CNY", "USD", "EUR"];
const UNITS: [&str; 3] = ["元", "圆", "块"];
/// Words for many, by the number of their zeros.
const MANY: [(&str, usize); 2] = [("万", 4), ("亿", 8)];

pub fn plain(text: &str) -> Option<String> {
    let text = narrow(text);
    let (inner, owed) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text.as_str(), false),
    };
    let (inner, before) = sign(inner);
    let (inner, after) = sign(without_currency(inner));
    // One sign is enough.
    let minus = match (owed, before, after) {
        (true, None, None) => true,
        (false, Some(minus), None) | (false, None, Some(minus)) => minus,
        (false, None, None) => false,
        _ => return None,
    };
    let inner = UNITS.iter().find_map(|unit| inner.strip_suffix(unit)).unwrap_or(inner).trim_end();
    let many = MANY.iter().find_map(|(word, zeros)| Some((inner.strip_suffix(word)?, *zeros)));
    let (digits, zeros) = many.unwrap_or((inner, 0));
    let (whole, fraction) = digits.trim().split_once('.').unwrap_or((digits.trim(), ""));
    let whole = ungrouped(whole)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let moved: String = fraction.chars().chain("00000000".chars()).take(zeros).collect();
    let whole = format!("{whole}{moved}");
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let rest = fraction.get(zeros..).unwrap_or_default();
    let sign = if minus { "-" } else { "" };
    Some(if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") })
}

/// `12.00` is a whole number.
pub fn whole(plain: String) -> String {
    match plain.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => plain,
    }
}

fn sign(text: &str) -> (&str, Option<bool>) {
    match text.strip_prefix(['-', '+']) {
        Some(rest) => (rest.trim_start(), Some(text.starts_with('-'))),
        None => (text, None),
    }
}

fn without_currency(text: &str) -> &str {
    let upper = |head: &str, name: &str| head.eq_ignore_ascii_case(name);
    for name in CURRENCIES {
        if let Some((head, rest)) = text.split_at_checked(name.len())
            && upper(head, name)
        {
            return rest.trim_start();
        }
        if let Some((rest, tail)) =
            text.len().checked_sub(name.len()).and_then(|at| text.split_at_checked(at))
            && upper(tail, name)
        {
            return rest.trim_end();
        }
    }
    text
}

/// Digits without the commas between thousands, which must stand where they belong.
fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|g| g.len() == 3));
    let digits = format!("{first}{}", rest.concat());
    (grouped && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts() {
        for (text, plainly) in [
            ("1,234.50", "1234.50"),
            ("￥1,234.50", "1234.50"),
            ("¥ 99", "99"),
            ("-￥5.5", "-5.5"),
            ("￥-5.5", "-5.5"),
            ("(1,234.50)", "-1234.50"),
            ("（5.00）", "-5.00"),
            ("１２３．４", "123.4"),
            ("1，234", "1234"),
            ("12元", "12"),
            ("12.5 元", "12.5"),
            ("1.25万", "12500"),
            ("1.23456万元", "12345.6"),
            ("3亿", "300000000"),
            ("RMB 12", "12"),
            ("12 cny", "12"),
            ("$1,000,000", "1000000"),
            ("0.50", "0.50"),
            (".5", "0.5"),
            ("0.00", "0.00"),
            ("+7", "7"),
        ] {
            assert_eq!(plain(text).as_deref(), Some(plainly), "{text}");
        }
    }

    #[test]
    fn no_amounts() {
        for text in [
            "", "-", "元", "1.234,50", "12,34", "1,23,456", "1,2345", "1 234", "12%", "1-2", "--1", "(-5)",
            "abc", "1e3", "12元元", "1.2.3", "¥", "(", "()", ",123", "1,", "约12",
        ] {
            assert_eq!(plain(text), None, "{text:?}");
        }
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(whole("12.00".into()), "12");
        assert_eq!(whole("12.50".into()), "12.50");
        assert_eq!(whole("12".into()), "12");
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), near in "[-+(]?[¥￥元万亿0-9０-９,，.)]{0,20}") {
            let _ = (plain(&text), plain(&near));
        }

        #[test]
        fn thousands_come_back(n in 0_u64..1_000_000_000_000, cents in 0_u8..100) {
            let digits = n.to_string();
            let mut grouped = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(plain(&format!("￥{grouped}.{cents:02}")), Some(format!("{n}.{cents:02}")));
        }
    }
}
