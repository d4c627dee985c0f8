//! Keys of programs that call without a session (`[[authKeys]]`): a shared secret that stands for an account,
//! or for nobody, on the actions that its patterns name.

use serde::Deserialize;

/// Programs need not remember their keys.
const SHORTEST: usize = 8;
/// A key that nobody guesses, however often they may try, has so many characters, and so many different ones.
const STRONG: (usize, usize) = (24, 12);

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthKey {
    pub auth_type: AuthType,
    /// `simple`: the value of X-Daca-Simple. `basic`: `user:password`.
    #[serde(default)]
    pub key: String,
    /// Patterns such as `*.query`. Empty: the key counts only where an action asks for it by name.
    #[serde(default)]
    pub allowed_ac: Vec<String>,
    /// Whose rights it gives; none = those of a guest.
    #[serde(default)]
    pub app: Option<AuthApp>,
    /// The account, of app `user` or `emp`.
    #[serde(default)]
    pub id: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthType {
    None,
    Simple,
    Basic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthApp {
    User,
    Emp,
    Admin,
}

impl AuthKey {
    /// All of them, or one line for each that is wrong.
    pub(super) fn read_all(list: &serde_json::Value, test_mode: bool) -> Result<Vec<AuthKey>, Vec<String>> {
        let (mut keys, mut faults) = (Vec::new(), Vec::new());
        for (i, item) in list.as_array().into_iter().flatten().enumerate() {
            match AuthKey::read(item, test_mode) {
                Ok(key) => keys.push(key),
                Err(why) => faults.push(format!("P_AUTH_KEYS: key {} of the list: {why}", i + 1)),
            }
        }
        if faults.is_empty() { Ok(keys) } else { Err(faults) }
    }

    fn read(item: &serde_json::Value, test_mode: bool) -> Result<AuthKey, String> {
        let key = AuthKey::deserialize(item).map_err(|fault| fault.to_string())?;
        let secret = match key.auth_type {
            AuthType::None => None,
            AuthType::Simple => Some(key.key.as_str()),
            AuthType::Basic => {
                let (_, password) = key.key.split_once(':').ok_or("key: expected user:password")?;
                Some(password)
            }
        };
        if key.auth_type == AuthType::None && key.app == Some(AuthApp::Admin) {
            return Err("authType none cannot give the rights of the administrator".into());
        }
        if let Some(why) = secret.filter(|_| !test_mode).and_then(super::weak) {
            return Err(format!("key: {why}"));
        }
        if secret.is_some_and(|secret| !test_mode && secret.chars().count() < SHORTEST) {
            return Err(format!("key: it is shorter than {SHORTEST} letters"));
        }
        if secret.is_some_and(str::is_empty) {
            return Err("key: it is empty".into());
        }
        if matches!(key.app, Some(AuthApp::User | AuthApp::Emp)) && key.id <= 0 {
            return Err("id: the number of the account is missing".into());
        }
        match key.allowed_ac.iter().find(|pattern| pattern.trim().is_empty()) {
            Some(_) => Err("allowedAc: a pattern is empty".into()),
            None => Ok(key),
        }
    }

    /// Whether guesses at the key need not be counted.
    pub fn is_strong(&self) -> bool {
        let secret = match self.auth_type {
            AuthType::Basic => self.key.split_once(':').map_or("", |(_, password)| password),
            _ => &self.key,
        };
        let (length, different) = STRONG;
        let letters: std::collections::BTreeSet<char> = secret.chars().collect();
        secret.chars().count() >= length && letters.len() >= different
    }

    /// Whether a pattern names the action.
    pub fn allows(&self, action: &str) -> bool {
        self.allowed_ac.iter().any(|pattern| matches(pattern, action))
    }
}

/// Never shows the key.
impl std::fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AuthKey { auth_type, allowed_ac, app, id, .. } = self;
        write!(f, "AuthKey({auth_type:?}, {allowed_ac:?}, {app:?} {id})")
    }
}

/// `*` stands for any letters, `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star was, and how far the name had come: the only place one ever has to go back to.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_name_actions() {
        for (pattern, name, fits) in [
            ("*.query", "Ordr.query", true),
            ("*.query", "Ordr.queryAll", false),
            ("Item.*", "Item.get", true),
            ("Item.*", "Items.get", false),
            ("*", "upload", true),
            ("*a*b", "xaayb", true),
            ("*a*b", "xaay", false),
            ("P?.get", "P1.get", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_wrong_key_is_named_with_its_place_and_never_shown() {
        let list = json!([
            {"authType": "simple", "key": "k-2938-aGh-2", "allowedAc": ["*.query"], "app": "emp", "id": 3},
            {"authType": "basic", "key": "no-colon-in-here"},
            {"authType": "simple", "key": "12345678"},
            {"authType": "none", "allowedAc": ["*"], "app": "admin"},
            {"authType": "simple", "key": "k-2938-aGh-2", "app": "user"},
            {"authType": "simple", "key": "k-2938-aGh-2", "alowedAc": []},
            {"authType": "rot13"},
            {"authType": "simple", "key": "k-2938"},
            {"authType": "basic", "key": "a-long-name:k-2938"},
        ]);
        let faults = AuthKey::read_all(&list, false).unwrap_err();
        let all = faults.join("\n");
        assert_eq!(faults.len(), 8, "{all}");
        for part in [
            "key 2",
            "user:password",
            "key 4",
            "administrator",
            "id:",
            "alowedAc",
            "rot13",
            "key 8",
            "key 9 of the list: key: it is shorter",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert!(!all.contains("no-colon") && !all.contains("12345678"), "{all}");
    }

    #[test]
    fn samples_pass_in_test_mode_but_empty_keys_do_not() {
        assert_eq!(
            AuthKey::read_all(&json!([{"authType": "simple", "key": "12345678"}]), true).unwrap().len(),
            1
        );
        assert!(AuthKey::read_all(&json!([{"authType": "simple"}]), true).is_err());
        let key =
            &AuthKey::read_all(&json!([{"authType": "basic", "key": "u:secret-of-77"}]), false).unwrap()[0];
        assert!(!format!("{key:?}").contains("secret-of-77"));
    }
}
