//! The texts of a row of the log, in one buffer: memory that one thread allocates and another frees is expensive, for each piece
//! of it.

use super::record_limits::RecordLimits;
use crate::redact::Beside;

#[derive(Debug)]
pub struct Words {
    text: String,
    /// Where the request and the response begin.
    request: usize,
    response: usize,
    /// Names that are secret in this call.
    pub secrets: Beside,
    /// Whether the answer may show them under another name.
    pub hides: bool,
    /// For the answer.
    pub limits: &'static RecordLimits,
}

impl Default for Words {
    fn default() -> Words {
        Words {
            text: String::new(),
            request: 0,
            response: 0,
            secrets: Beside::default(),
            hides: false,
            limits: &RecordLimits::USUAL,
        }
    }
}

/// Enough for most rows.
const USUAL: usize = 320;

impl Clone for Words {
    /// With room for an answer.
    fn clone(&self) -> Words {
        let mut text = String::with_capacity(USUAL.max(self.text.len()));
        text.push_str(&self.text);
        Words {
            text,
            request: self.request,
            response: self.response,
            secrets: self.secrets.clone(),
            hides: self.hides,
            limits: self.limits,
        }
    }
}

impl Words {
    /// `request` writes what was asked for.
    pub fn new(action: &[&str], request: impl FnOnce(&mut String)) -> Words {
        let mut text = String::with_capacity(USUAL);
        action.iter().for_each(|part| text.push_str(part));
        let at = text.len();
        request(&mut text);
        Words { request: at, response: text.len(), text, ..Words::default() }
    }

    /// `response` writes what was answered, in place of any answer before.
    pub fn answer(&mut self, response: impl FnOnce(&mut String)) {
        self.text.truncate(self.response);
        response(&mut self.text);
    }

    pub fn action(&self) -> &str {
        &self.text[..self.request]
    }

    pub fn request(&self) -> &str {
        &self.text[self.request..self.response]
    }

    pub fn response(&self) -> &str {
        &self.text[self.response..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_what_was_written_of_it() {
        let mut words = Words::new(&["Ordr", ".", "get"], |out| out.push_str("id=1"));
        assert_eq!((words.action(), words.request(), words.response()), ("Ordr.get", "id=1", ""));
        words.answer(|out| out.push_str("no"));
        words.answer(|out| out.push_str("[0, 1]"));
        assert_eq!((words.action(), words.request(), words.response()), ("Ordr.get", "id=1", "[0, 1]"));
    }
}
