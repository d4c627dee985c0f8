//! Patterns of action names, as lists of allowed actions hold them: `*` is any text, `?` any one character,
//! everything else itself, upper and lower case apart.

/// Does the whole name fit the pattern?
///
/// ```
/// use jindou::http::action_patterns::fits;
/// assert!(fits("*.query", "Ordr.query") && fits("Item.*", "Item.add"));
/// assert!(!fits("*.query", "Ordr.queryAll") && !fits("item.*", "Item.add"));
/// ```
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on when the latest star has to take one character more.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                p += 1;
                retry = Some((p, n));
            }
            Some(one) if *one == '?' || *one == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match &mut retry {
                None => return false,
                Some((after_star, taken)) => {
                    *taken += 1;
                    (p, n) = (*after_star, *taken);
                }
            },
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

/// Does any of the patterns fit? An empty list fits nothing.
pub fn any_fits<P: AsRef<str>>(patterns: &[P], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern.as_ref(), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "Ordr.query", true),
            ("Ordr.query", "Ordr.query", true),
            ("Ordr.query", "Ordr.Query", false),
            ("Ordr.query", "Ordr_query", false),
            ("*.query", "query", false),
            ("*.query", "Ordr.query.query", true),
            ("Item.*", "Item.", true),
            ("Item.*", "Items.add", false),
            ("*a*b", "aXbXb", true),
            ("*a*b", "aXbX", false),
            ("A?d", "Add", true),
            ("A?d", "Ad", false),
            ("订*", "订单", true),
            ("[A-Z]*", "Ordr", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern:?} {name:?}");
        }
        assert!(any_fits(&["x", "*.get"], "Ordr.get") && !any_fits(&["x"], "Ordr.get"));
        assert!(!any_fits::<&str>(&[], "Ordr.get"));
    }

    #[test]
    fn many_stars_cost_little() {
        let start = std::time::Instant::now();
        assert!(!fits(&"*a".repeat(40), &"a".repeat(2000).replace("aa", "ab").to_uppercase()));
        assert!(!fits(&format!("{}b", "*a".repeat(40)), &"a".repeat(2000)));
        assert!(start.elapsed().as_secs() < 2);
    }

    /// The definition, in exponential time.
    fn by_definition(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=name.len()).any(|taken| by_definition(rest, &name[taken..])),
            (['?', rest @ ..], [_, more @ ..]) => by_definition(rest, more),
            ([one, rest @ ..], [first, more @ ..]) => one == first && by_definition(rest, more),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn it_is_what_the_definition_says(pattern in "[ab.*?]{0,7}", name in "[ab.]{0,8}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(fits(&pattern, &name), by_definition(&letters(&pattern), &letters(&name)));
        }
    }
}
