//! Which passwords an account may not have. The shipped list of the most used ones seeds the dictionary
//! table, which grows by the operator's hand; passwords of users are never added to it.

use super::password::{digest, is_md5};
use crate::error::{Error, Text};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Longer than this is no password but a load to hash.
pub const LONGEST: usize = 256;
/// So many guesses are soon made, even where they are limited.
const TRIED: u64 = 1_000_000;
/// Characters that are looked at: what begins well is good enough, and the time it takes is bounded.
const LOOKED_AT: usize = 32;

/// md5 form → the password, so that both forms of the protocol are looked up alike.
static LISTED: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| list().map(|word| (digest(word), word)).collect());

/// The shipped list, most used first.
pub fn list() -> impl Iterator<Item = &'static str> {
    include_str!("weak_passwords.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
}

/// The listed password this one is, given plain or as md5 hex; what the dictionary counts refusals by.
///
/// ```
/// use jindou::credentials::weak_passwords::listed;
/// assert_eq!(listed("PassWord"), Some("password"));
/// assert_eq!(listed("e10adc3949ba59abbe56e057f20f883e"), Some("123456"));
/// assert_eq!(listed("correct horse battery"), None);
/// ```
pub fn listed(given: &str) -> Option<&'static str> {
    let form = if is_md5(given) { digest(given) } else { digest(&given.to_lowercase()) };
    LISTED.get(&form).copied()
}

/// Why a password is refused; `own` are the names the account goes by (uname, phone), `shortest` is how many
/// characters it needs. The md5 form hides all that it is judged by, so a password is set in its plain form only.
pub fn reason(given: &str, own: &[&str], shortest: usize) -> Option<Text> {
    if is_md5(given) {
        return Some(Text::new(
            "设置密码时请提供密码原文，不支持md5形式",
            "a new password is sent as it is, not as its md5",
        ));
    }
    let length = given.chars().count();
    if length < shortest {
        return Some(Text::new(
            format!("密码至少{shortest}个字符"),
            format!("a password has at least {shortest} characters"),
        ));
    }
    if length > LONGEST {
        return Some(Text::new(
            format!("密码最多{LONGEST}个字符"),
            format!("a password has at most {LONGEST} characters"),
        ));
    }
    if listed(given).is_some() {
        return Some(Text::new(
            "密码太常见，请换一个",
            "this password is one of the most used ones, choose another",
        ));
    }
    if own.iter().any(|name| is_name(given, name)) {
        return Some(Text::new(
            "密码不能与用户名或手机号相同",
            "a password may not be the account's name or phone",
        ));
    }
    (is_one_letter(given) || is_run(given) || is_soon_guessed(given, own)).then(|| {
        Text::new("密码太简单，容易被猜到，请换一个", "this password is too easy to guess, choose another")
    })
}

/// By whoever tries the tens of thousands of passwords and words that are used most, as they are, doubled, with
/// another letter for some, with a year behind, with the account's names.
fn is_soon_guessed(given: &str, own: &[&str]) -> bool {
    let looked_at: String = given.chars().take(LOOKED_AT).collect();
    zxcvbn::zxcvbn(&looked_at, own).guesses() < TRIED
}

/// The same as an answer for the caller: code 1, naming the parameter.
pub fn check(given: &str, own: &[&str], shortest: usize) -> Result<(), Error> {
    match reason(given, own, shortest) {
        None => Ok(()),
        Some(text) => Err(Error::param("bad param `pwd`: weak password").say(text.zh, text.en)),
    }
}

/// The name itself; written backwards it is no better.
fn is_name(given: &str, name: &str) -> bool {
    let backwards: String = name.chars().rev().collect();
    let same = |name: &str| given.to_lowercase() == name.to_lowercase();
    !name.is_empty() && (same(name) || same(&backwards))
}

fn is_one_letter(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next();
    letters.all(|letter| Some(letter) == first)
}

/// `34567890` counts as a run: after 9 comes 0.
fn is_run(text: &str) -> bool {
    let follows = |a: u32, b: u32| b == a + 1 || a == u32::from('9') && b == u32::from('0');
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    codes.windows(2).all(|pair| follows(pair[0], pair[1]))
        || codes.windows(2).all(|pair| follows(pair[1], pair[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use proptest::prelude::*;

    fn md5_of(text: &str) -> String {
        format!("{:x}", md5::compute(text))
    }

    #[test]
    fn the_list_is_long_lower_case_and_without_doubles() {
        let all: Vec<_> = list().collect();
        let unique: std::collections::HashSet<_> = all.iter().collect();
        assert!(all.len() >= 300, "{}", all.len());
        assert_eq!(all.len(), unique.len());
        for word in all {
            assert!(word == word.to_lowercase() && !word.contains(char::is_whitespace), "{word}");
            assert_eq!(listed(word), Some(word));
            assert_eq!(listed(&word.to_uppercase()), Some(word));
            assert_eq!(listed(&md5_of(word)), Some(word));
        }
    }

    #[test]
    fn weak_ones_are_refused_with_their_reason() {
        let easy = "密码太简单，容易被猜到，请换一个";
        for (given, zh) in [
            ("", "密码至少8个字符"),
            ("x7Kq!aB", "密码至少8个字符"),
            ("密码密码密码密", "密码至少8个字符"),
            ("12345678", "密码太常见，请换一个"),
            ("PASSWORD", "密码太常见，请换一个"),
            ("13812345678", "密码不能与用户名或手机号相同"),
            ("87654321831", "密码不能与用户名或手机号相同"),
            ("TomSmith", "密码不能与用户名或手机号相同"),
            ("zzzzzzzzzzz", easy),
            ("&&&&&&&&", easy),
            ("ghijklmn", easy),
            ("34567890", easy),
            ("tomsmith2", easy),
            // Among the ten thousand most used ones, or near to one.
            ("jellybean", easy),
            ("Basketball1", easy),
            ("P@ssw0rd1", easy),
            ("dragondragon", easy),
            ("liverpool2026", easy),
        ] {
            let text = reason(given, &["tomsmith", "13812345678", ""], 8);
            assert_eq!(text.unwrap_or_else(|| panic!("{given}")).zh, zh, "{given}");
        }
        assert_eq!(reason(&"xy".repeat(129), &[], 8).unwrap().zh, "密码最多256个字符");
    }

    #[test]
    fn the_md5_form_is_never_set() {
        for plain in ["", "x", "123456", "x7Kq!2pw-long-enough"] {
            for form in [md5_of(plain), md5_of(plain).to_uppercase()] {
                let text = reason(&form, &[], 8).unwrap();
                assert_eq!(text.en, "a new password is sent as it is, not as its md5");
            }
        }
    }

    #[test]
    fn good_ones_pass() {
        for given in ["correct horse", "x7Kq!2pw", "我的密码真的很好记", "13812345679", "golden-cloud-7"]
        {
            assert_eq!(reason(given, &["tomsmith", "13812345678"], 8), None, "{given}");
            assert!(check(given, &[], 8).is_ok());
        }
    }

    #[test]
    fn a_judgement_takes_little_time() {
        let long = ["a1".repeat(128), "password".repeat(32), "qwertyuiop".repeat(25), "é@4".repeat(80)];
        let started = std::time::Instant::now();
        long.iter().for_each(|given| assert!(reason(given, &["tomsmith"], 8).is_some() || given.len() > 32));
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn the_answer_names_the_parameter_and_not_the_password() {
        let error = check("qwerty123", &[], 8).unwrap_err();
        assert_eq!(error.code, Code::PARAM);
        assert!(error.detail.as_ref().unwrap().contains("`pwd`"));
        assert!(!format!("{error:?}").contains("qwerty123"));
    }

    proptest! {
        #[test]
        fn one_letter_is_always_refused(letter in any::<char>(), times in 0usize..300) {
            prop_assert!(reason(&letter.to_string().repeat(times), &[], 8).is_some());
        }

        #[test]
        fn the_md5_form_of_a_name_is_no_better_than_the_name(name in "[a-z]{6,12}") {
            prop_assert!(reason(&name, &[&name], 8).is_some());
            prop_assert!(reason(&md5_of(&name), &[&name], 8).is_some());
        }
    }
}
