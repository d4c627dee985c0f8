//! "Did you mean …": the known name closest to a mistyped one.

/// No name is longer, and to compare takes the product of both lengths.
const LONGEST: usize = 64;

/// The nearest of the known names, if it is near at all.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.chars().nth(LONGEST).is_some() {
        return None;
    }
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance, ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.to_lowercase().chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = before + usize::from(ca != *cb);
            before = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["status", "amount", "createTm"];
        assert_eq!(nearest("statsu", known.into_iter()), Some("status"));
        assert_eq!(nearest("createtm", known.into_iter()), Some("createTm"));
        assert_eq!(nearest("zzz", known.into_iter()), None);
        assert_eq!(nearest(&"status".repeat(10_000), known.into_iter()), None);
    }
}
