//! Words for values: those of an enumeration, in either language of its labels, and those for yes and no.

const YES: &[&str] = &["是", "有", "对", "真", "√", "✓", "✔", "y", "yes", "true", "t", "on", "开", "启用"];
const NO: &[&str] = &[
    "否", "无", "没有", "不", "不是", "错", "假", "×", "✗", "✘", "x", "n", "no", "false", "f", "off", "关",
    "停用",
];

/// The value that a word stands for: the value itself, one of its labels, or the value in another case. Nothing if it
/// could be more than one.
pub fn value<'o>(options: &'o [(String, String)], text: &str) -> Option<&'o str> {
    let text = text.trim();
    let exact = options.iter().find(|(value, _)| value == text);
    if let Some((value, _)) = exact {
        return Some(value);
    }
    let labelled = |label: &str| label.split('|').any(|one| same(one.trim(), text));
    only(options, |_, label| labelled(label)).or_else(|| only(options, |value, _| same(value, text)))
}

fn only(options: &[(String, String)], fits: impl Fn(&str, &str) -> bool) -> Option<&str> {
    let mut found = options.iter().filter(|(value, label)| fits(value, label));
    match (found.next(), found.next()) {
        (Some((value, _)), None) => Some(value),
        _ => None,
    }
}

fn same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    if YES.contains(&text.as_str()) {
        return Some(true);
    }
    NO.contains(&text.as_str()).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_an_enumeration() {
        let options: Vec<(String, String)> =
            [("CR", "新创建|New"), ("RE", "已服务|Served"), ("CA", "已取消|Cancelled"), ("X", "已取消|Gone")]
                .map(|(value, label)| (value.to_owned(), label.to_owned()))
                .to_vec();
        for (text, expected) in [
            ("CR", Some("CR")),
            ("cr", Some("CR")),
            (" 新创建 ", Some("CR")),
            ("served", Some("RE")),
            ("Gone", Some("X")),
            ("已取消", None),
            ("取消", None),
            ("", None),
        ] {
            assert_eq!(value(&options, text), expected, "{text}");
        }
    }

    #[test]
    fn yes_and_no() {
        assert_eq!(yes_or_no("是"), Some(true));
        assert_eq!(yes_or_no(" Yes "), Some(true));
        assert_eq!(yes_or_no("×"), Some(false));
        assert_eq!(yes_or_no("2"), None);
    }
}
