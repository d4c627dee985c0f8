//! Enumerations written in prose: `CR-新创建,RE-已服务` → values with labels.

use super::ident::is_word;

pub(in crate::design) type Options = Vec<(String, String)>;

/// What stands between the parentheses of `Enum(…)`. Items are parted by commas or semicolons; an item is
/// `value-label`, `value:label` or a bare value.
pub(in crate::design) fn explicit(inner: &str) -> Result<Options, String> {
    let items = items(inner);
    if items.is_empty() {
        return Err("Enum() names no value".into());
    }
    items
        .into_iter()
        .map(|item| option(item).ok_or_else(|| format!("`{item}` is no value of an Enum")))
        .collect()
}

/// The sentence after `Enum.` that lists values: at least two, each with its label.
pub(in crate::design) fn listed(sentence: &str) -> Option<Options> {
    let options: Options = items(sentence).into_iter().map(labelled).collect::<Option<_>>()?;
    (options.len() >= 2).then_some(options)
}

/// A line `CR:: Create` of a list below a field.
pub(in crate::design) fn line(line: &str) -> Option<(String, String)> {
    let (value, label) = line.split_once("::")?;
    let (value, label) = (value.trim(), label.trim());
    (is_value(value) && !label.is_empty()).then(|| (value.to_owned(), label.to_owned()))
}

fn option(item: &str) -> Option<(String, String)> {
    labelled(item).or_else(|| is_value(item).then(|| (item.to_owned(), item.to_owned())))
}

fn labelled(item: &str) -> Option<(String, String)> {
    // A leading minus belongs to a negative value.
    let sign = usize::from(item.starts_with('-'));
    let at = sign + item.get(sign..)?.find(['-', ':', '：'])?;
    let (value, rest) = item.split_at(at);
    let label = rest.trim_start_matches(['-', ':', '：']).trim();
    let value = value.trim();
    (is_value(value) && !label.is_empty()).then(|| (value.to_owned(), label.to_owned()))
}

fn is_value(text: &str) -> bool {
    let word = text.strip_prefix('-').unwrap_or(text);
    !word.is_empty() && word.chars().all(is_word)
}

/// Splits at commas and semicolons outside parentheses.
fn items(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    text.split(|c| {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, ',' | '，' | ';' | '；')
    })
    .map(str::trim)
    .filter(|item| !item.is_empty())
    .collect()
}
