//! Which passwords an account may not have. The shipped list of the most used ones seeds the dictionary
//! table, which grows by the operator's hand; passwords of users are never added to it.

use super::password::{digest, is_md5};
use crate::error::{Error, Text};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Fewer characters than this are no password.
pub const SHORTEST: usize = 6;
/// Longer than this is no password but a load to hash.
pub const LONGEST: usize = 256;

/// md5 form → the password, so that both forms of the protocol are looked up alike.
static LISTED: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| list().map(|word| (digest(word), word)).collect());

/// The shipped list, most used first.
pub fn list() -> impl Iterator<Item = &'static str> {
    include_str!("weak.txt").lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "))
}

/// The listed password this one is, given plain or as md5 hex; what the dictionary counts refusals by.
///
/// ```
/// use jindou::facility::weak::listed;
/// assert_eq!(listed("PassWord"), Some("password"));
/// assert_eq!(listed("e10adc3949ba59abbe56e057f20f883e"), Some("123456"));
/// assert_eq!(listed("correct horse battery"), None);
/// ```
pub fn listed(given: &str) -> Option<&'static str> {
    let form = if is_md5(given) { digest(given) } else { digest(&given.to_lowercase()) };
    LISTED.get(&form).copied()
}

/// Why a password is refused; `own` are the names the account goes by (uname, phone). The md5 form hides
/// length and letters, so it is only held against the list and the names.
pub fn reason(given: &str, own: &[&str]) -> Option<Text> {
    let length = given.chars().count();
    if length < SHORTEST {
        return Some(Text::new(
            format!("密码至少{SHORTEST}个字符"),
            format!("a password has at least {SHORTEST} characters"),
        ));
    }
    if length > LONGEST {
        return Some(Text::new(
            format!("密码最多{LONGEST}个字符"),
            format!("a password has at most {LONGEST} characters"),
        ));
    }
    if listed(given).is_some() || is_md5(given) && given.eq_ignore_ascii_case(&digest("")) {
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
    (is_one_letter(given) || is_run(given)).then(|| {
        Text::new(
            "密码太简单，不能是同一字符或连续字符",
            "this password is too simple: one character repeated or a run like abcdef",
        )
    })
}

/// The same as an answer for the caller: code 1, naming the parameter.
pub fn check(given: &str, own: &[&str]) -> Result<(), Error> {
    match reason(given, own) {
        None => Ok(()),
        Some(text) => Err(Error::param("bad param `pwd`: weak password").say(text.zh, text.en)),
    }
}

/// The name itself or its md5; written backwards is no better.
fn is_name(given: &str, name: &str) -> bool {
    let backwards: String = name.chars().rev().collect();
    let same = |name: &str| given.to_lowercase() == name.to_lowercase();
    let hidden = |name: &str| is_md5(given) && given.eq_ignore_ascii_case(&digest(name));
    !name.is_empty() && [name, &backwards].into_iter().any(|form| same(form) || hidden(form))
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
        for (given, zh) in [
            ("", "密码至少6个字符"),
            ("1234", "密码至少6个字符"),
            ("x7Kq!", "密码至少6个字符"),
            ("密码密码密", "密码至少6个字符"),
            ("123456", "密码太常见，请换一个"),
            ("PASSWORD", "密码太常见，请换一个"),
            ("5201314", "密码太常见，请换一个"),
            ("e10adc3949ba59abbe56e057f20f883e", "密码太常见，请换一个"),
            ("E10ADC3949BA59ABBE56E057F20F883E", "密码太常见，请换一个"),
            ("d41d8cd98f00b204e9800998ecf8427e", "密码太常见，请换一个"),
            ("13812345678", "密码不能与用户名或手机号相同"),
            ("87654321831", "密码不能与用户名或手机号相同"),
            ("TomSmith", "密码不能与用户名或手机号相同"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "密码太简单，不能是同一字符或连续字符"),
            ("&&&&&&&", "密码太简单，不能是同一字符或连续字符"),
            ("ghijklmn", "密码太简单，不能是同一字符或连续字符"),
            ("34567890", "密码太简单，不能是同一字符或连续字符"),
            ("zyxwvu", "密码太简单，不能是同一字符或连续字符"),
        ] {
            let text = reason(given, &["tomsmith", "13812345678", ""]).unwrap_or_else(|| panic!("{given}"));
            assert_eq!(text.zh, zh, "{given}");
        }
        assert_eq!(reason(&md5_of("tomsmith"), &["tomsmith"]).unwrap().zh, "密码不能与用户名或手机号相同");
        assert_eq!(reason(&"xy".repeat(129), &[]).unwrap().zh, "密码最多256个字符");
    }

    #[test]
    fn good_ones_pass() {
        for given in
            ["correct horse", "x7Kq!2", "我的密码很好记", "13812345679", &md5_of("x7Kq!2"), "tomsmith2"]
        {
            assert_eq!(reason(given, &["tomsmith", "13812345678"]), None, "{given}");
            assert!(check(given, &[]).is_ok());
        }
    }

    #[test]
    fn the_answer_names_the_parameter_and_not_the_password() {
        let error = check("qwerty123", &[]).unwrap_err();
        assert_eq!(error.code, Code::PARAM);
        assert!(error.detail.as_ref().unwrap().contains("`pwd`"));
        assert!(!format!("{error:?}").contains("qwerty123"));
    }

    proptest! {
        #[test]
        fn one_letter_is_always_refused(letter in any::<char>(), times in 0usize..300) {
            prop_assert!(reason(&letter.to_string().repeat(times), &[]).is_some());
        }

        #[test]
        fn the_md5_form_of_a_name_is_no_better_than_the_name(name in "[a-z]{6,12}") {
            prop_assert!(reason(&name, &[&name]).is_some());
            prop_assert!(reason(&md5_of(&name), &[&name]).is_some());
        }
    }
}
