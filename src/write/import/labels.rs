//! What is wrong with a row, told to people: fields by their labels, in the caller's language.

use crate::auth::Lang;
use crate::error::{Error, Text};
use crate::object::ObjectDef;

/// One thing that is wrong with a row.
pub struct RowFault {
    /// The field by its name, where one is known.
    pub field: Option<String>,
    pub text: Text,
}

/// What may stand before the name of a field in a message, and means no more than the label.
const BEFORE: [&str; 5] = ["字段", "参数", "field ", "parameter ", "param "];

impl RowFault {
    pub fn of(def: &ObjectDef, error: &Error) -> RowFault {
        let plain = *error.text == error.code.text();
        // The sentence of a code alone says nothing of the row.
        let with_detail = |text: &str, (open, close)| match error.detail.as_deref().filter(|_| plain) {
            Some(detail) => format!("{text}{open}{detail}{close}"),
            None => text.to_owned(),
        };
        let text =
            Text::new(with_detail(&error.text.zh, ("（", "）")), with_detail(&error.text.en, (" (", ")")));
        let field = quoted(&text.en).chain(quoted(&text.zh)).find(|name| knows(def, name)).map(str::to_owned);
        RowFault { field, text }
    }

    /// For people.
    pub fn told(&self, def: &ObjectDef, lang: Lang) -> String {
        match lang {
            Lang::En => labelled(def, &self.text.en, "en"),
            Lang::Zh => labelled(def, &self.text.zh, "zh"),
        }
    }
}

/// The label of a field of an object; of a child it stays as it is named.
pub fn label(def: &ObjectDef, name: &str, lang: Lang) -> String {
    let lang = if lang == Lang::En { "en" } else { "zh" };
    label_in(def, name, lang).unwrap_or(name).to_owned()
}

fn label_in<'d>(def: &'d ObjectDef, name: &str, lang: &str) -> Option<&'d str> {
    def.table.as_ref()?.column(name).map(|column| column.label_in(lang))
}

fn knows(def: &ObjectDef, name: &str) -> bool {
    def.table.as_ref().is_some_and(|table| table.column(name).is_some())
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn labelled(def: &ObjectDef, text: &str, lang: &str) -> String {
    let (open, close, or) = if lang == "en" { ("\"", "\"", " or ") } else { ("“", "”", "或") };
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        let names: Vec<&str> = part.split(" or ").flat_map(|one| one.split(", ")).collect();
        let is_name = at % 2 == 1 && names.iter().all(|name| knows(def, name));
        match is_name {
            true => {
                if let Some(before) = BEFORE.iter().find(|before| out.ends_with(**before)) {
                    out.truncate(out.len() - before.len());
                }
                let labels = names.iter().filter_map(|name| label_in(def, name, lang));
                out.push_str(&format!("{open}{}{close}", labels.collect::<Vec<_>>().join(or)));
            }
            false if at % 2 == 1 => out.push_str(&format!("{open}{part}{close}")),
            false => out.push_str(&bare_names(def, part, lang)),
        }
    }
    out
}

/// Names of columns after a colon (`已存在重复记录: phone`), which have no marks around them.
fn bare_names(def: &ObjectDef, text: &str, lang: &str) -> String {
    let Some((head, tail)) = text.split_once(": ") else { return text.to_owned() };
    let one = |name: &str| label_in(def, name, lang).unwrap_or(name).to_owned();
    let (names, rest) = tail.split_at(tail.find('=').unwrap_or(tail.len()));
    let names: Vec<String> = names.split(',').map(|name| one(name.trim())).collect();
    format!("{head}: {}{rest}", names.join(", "))
}
