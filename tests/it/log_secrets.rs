//! What a test sent or received as proof of an account must stand in no log: checked for every server of this
//! suite when it ends, whatever the test was about.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

/// Parameters and fields of answers that prove an account.
const PROOFS: &[&str] = &["pwd", "oldpwd", "token", "_token", "otp", "recoveryCodes", "joinPwd", "authcode"];
/// The key of a second factor; elsewhere a field of that name may hold anything.
const OF_MFA: &str = "secret";
/// Actions that take a code sent to a phone.
const WITH_CODES: &[&str] = &["login", "chpwd", "genCode", "bindPhone", "resumeUser"];
/// Shorter texts are found by chance.
const LEAST: usize = 6;
/// The tables that keep what was said. `MockLog`, which exists in test mode only, is there to show what would have been
/// sent to somebody.
const LOGS: &[&str] = &[
    "SELECT 'ApiLog.req', req FROM ApiLog",
    "SELECT 'ApiLog.res', res FROM ApiLog WHERE coalesce(ac, '') NOT LIKE 'MockLog.%'",
    "SELECT 'ApiLog1.req', req FROM ApiLog1",
    "SELECT 'ApiLog1.res', res FROM ApiLog1",
    "SELECT 'ObjLog.changes', changes FROM ObjLog",
];

/// The proofs that one server's clients used.
#[derive(Default)]
pub struct Proofs {
    proofs: Mutex<BTreeSet<String>>,
    /// Texts that were sent under another name, too: to find them in a log tells nothing.
    ordinary: Mutex<BTreeSet<String>>,
}

impl Proofs {
    /// Takes note of a request and of its answer.
    pub fn of_call(&self, path: &str, body: &[u8], answer: &[u8]) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let action = path.rsplit('/').next().unwrap_or_default();
        let codes = action.starts_with("mfa")
            || WITH_CODES.iter().any(|name| action == *name || action.ends_with(&format!(".{name}")));
        self.of_pairs(query, codes);
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => self.of_value(&value, codes),
            Err(_) => self.of_pairs(&String::from_utf8_lossy(body), codes),
        }
        if let Ok(value) = serde_json::from_slice::<Value>(answer) {
            self.of_value(&value, codes);
        }
    }

    /// Takes note of the key of a session.
    pub fn of_cookie(&self, value: &str) {
        self.add(value);
    }

    fn of_pairs(&self, text: &str, codes: bool) {
        for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
            match is_proof(name, codes) {
                true => self.add(&value.replace('+', " ")),
                false => self.add_ordinary(value),
            }
        }
    }

    fn of_value(&self, value: &Value, codes: bool) {
        match value {
            Value::Array(list) => list.iter().for_each(|item| self.of_value(item, codes)),
            Value::Object(map) => {
                let codes =
                    codes || map.get("ac").and_then(Value::as_str).is_some_and(|ac| WITH_CODES.contains(&ac));
                for (name, value) in map {
                    match value {
                        Value::String(text) if is_proof(name, codes) => self.add(text),
                        Value::Array(list) if is_proof(name, codes) => {
                            list.iter().filter_map(Value::as_str).for_each(|text| self.add(text));
                        }
                        Value::String(text) => self.add_ordinary(text),
                        value => self.of_value(value, codes),
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&self, text: &str) {
        if text.len() >= LEAST && text.chars().any(char::is_alphanumeric) {
            self.proofs.lock().unwrap().insert(text.to_owned());
        }
    }

    fn add_ordinary(&self, text: &str) {
        if (LEAST..100).contains(&text.len()) {
            self.ordinary.lock().unwrap().insert(text.to_owned());
        }
    }

    /// The places of a database's logs where a proof stands as a word of its own.
    pub fn found_in(&self, database: &Path) -> Vec<String> {
        let ordinary = self.ordinary.lock().unwrap();
        let proofs = self.proofs.lock().unwrap();
        let proofs: Vec<&String> = proofs.difference(&ordinary).collect();
        let mut found = Vec::new();
        let Ok(conn) = rusqlite::Connection::open(database) else { return found };
        for sql in LOGS {
            // A server of plugins without a log has none of these tables.
            let Ok(mut statement) = conn.prepare(&format!("{sql} LIMIT 20000")) else { continue };
            let mut rows = statement.query([]).unwrap();
            while let Ok(Some(row)) = rows.next() {
                let place: String = row.get(0).unwrap();
                let Ok(text) = row.get::<_, String>(1) else { continue };
                for proof in proofs.iter().filter(|proof| stands_in(&text, proof)) {
                    found.push(format!("{place} shows `{proof}`: {text}"));
                }
            }
        }
        found
    }
}

fn is_proof(name: &str, codes: bool) -> bool {
    PROOFS.contains(&name) || (codes && matches!(name, "code" | OF_MFA))
}

/// Whether a text holds a word, not as a part of a longer one.
fn stands_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let joined = |c: char| c.is_alphanumeric() || c == '_';
        let before = text[..at].chars().next_back().is_some_and(joined);
        let after = text[at + word.len()..].chars().next().is_some_and(joined);
        !before && !after
    })
}

#[test]
fn a_proof_in_a_log_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log.db");
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.execute_batch(
        "CREATE TABLE ApiLog (ac, req, res);
         INSERT INTO ApiLog (req, res) VALUES ('uname=a, pwd=Sunny-day-1', '[0,{}]'), ('x=Sunny-day-12', ''), (NULL, NULL)",
    )
    .unwrap();
    let proofs = Proofs::default();
    proofs.of_call(
        "/api/login?_app=emp",
        br#"{"uname":"a","pwd":"Sunny-day-1"}"#,
        br#"[0,{"_token":"tok-123456"}]"#,
    );
    assert_eq!(proofs.found_in(&file), ["ApiLog.req shows `Sunny-day-1`: uname=a, pwd=Sunny-day-1"]);
    conn.execute("UPDATE ApiLog SET req = NULL, res = '[0,{\"_token\":\"tok-123456\"}]'", []).unwrap();
    assert_eq!(proofs.found_in(&file).len(), 3);
}
