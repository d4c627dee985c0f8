//! `search(q)`: records of every object that the caller may query, found by their number and by the fields that each
//! object declares for its quick search. Each look is an ordinary query of the caller, so rights, rules and hidden fields
//! are those of the object; this file only bounds the work and says where the words stand.

use crate::api::{Answer, Args};
use crate::call::params::Params;
use crate::db::{Tx, interrupted};
use crate::design::Table;
use crate::error::{Code, Error, Result};
use crate::object::{ObjectDef, Own, QUERY, Rights, names};
use crate::plan::{Expr, Select};
use crate::registry::label_field;
use crate::value::Val;
use serde_json::{Map, Value, json};

/// Longer ones are no words that somebody looks for.
const TEXT_MAX: usize = 100;
const WORDS_MAX: usize = 4;
/// Hits of one object, if nothing else is asked, and at most.
const EACH: i64 = 5;
const EACH_MAX: i64 = 20;
/// A text may stand anywhere in a field, which no index finds: it is looked for in so many of the newest rows. What
/// begins with it in a field with an index is found whatever its age.
const NEWEST: i64 = 50_000;
/// Shorter numbers stand in every second phone number: they are looked for as the number of a record only.
const DIGITS_IN_TEXT: usize = 4;
/// Longer ones are no number of a record.
const DIGITS_OF_ID: usize = 15;
/// What is shown of a text around the place that was found.
const BEFORE: usize = 20;
const AFTER: usize = 60;

struct Asked {
    text: String,
    words: Vec<String>,
    is_number: bool,
    each: i64,
}

impl Asked {
    /// None = too short to look for.
    fn read(args: &Args) -> Result<Option<Asked>> {
        let text = args.need_text("q")?;
        if text.chars().count() > TEXT_MAX {
            let detail = format!("bad param `q`: it may have {TEXT_MAX} characters");
            return Err(Error::param(detail).say(
                format!("搜索内容不可超过{TEXT_MAX}个字"),
                format!("the text to look for may have {TEXT_MAX} characters"),
            ));
        }
        let each = args.int("pagesz")?.filter(|n| *n > 0).unwrap_or(EACH).min(EACH_MAX);
        // The signs of a pattern say nothing here.
        let text = text.trim().trim_start_matches('#').replace(['*', '%'], " ");
        let words: Vec<String> = text.split_whitespace().take(WORDS_MAX).map(str::to_lowercase).collect();
        let text = text.trim().to_owned();
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let long = is_number || text.chars().count() > 1;
        Ok((long && !words.is_empty()).then_some(Asked { text, words, is_number, each }))
    }

    fn id(&self) -> Option<i64> {
        self.text.parse().ok().filter(|_| self.is_number && self.text.len() <= DIGITS_OF_ID)
    }

    fn is_in_texts(&self) -> bool {
        !self.is_number || self.text.len() >= DIGITS_IN_TEXT
    }
}

/// An object as it is searched for this caller.
struct Place<'a> {
    def: &'a ObjectDef,
    table: &'a Table,
    fields: Vec<&'static str>,
    label: Option<&'static str>,
    /// What the answer of its queries holds.
    res: String,
    /// The caller has few rows of it: all are looked at.
    only_own: bool,
}

pub fn search(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let objects = args.text("obj")?;
    let only: Option<Vec<&str>> = objects.as_deref().map(|list| list.split(',').map(str::trim).collect());
    let Some(asked) = Asked::read(args)? else { return Ok(json!({"list": []}).into()) };
    let caller = tx.caller();
    let registry = &tx.env().registry;
    let mut list = Vec::new();
    let wanted = |def: &ObjectDef| match &only {
        Some(only) => only.contains(&def.name()),
        None => def.decl.in_search,
    };
    for def in registry.objects().filter(|def| wanted(def)) {
        let rights = def.rights_of(&caller).filter(|rights| rights.may(QUERY));
        let Some(place) = rights.and_then(|rights| Place::of(def, rights)) else { continue };
        match place.hits(tx, &asked) {
            Ok(found) => list.extend(found),
            // What this caller may not ask of the object, or not without saying more, has no hits.
            Err(e) if !interrupted(&e) && !matches!(e.code, Code::DB | Code::SERVER | Code::ABORT) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(json!({"list": list}).into())
}

impl<'a> Place<'a> {
    fn of(def: &'a ObjectDef, rights: &Rights) -> Option<Place<'a>> {
        let table = def.table.as_deref().filter(|_| !def.decl.test_only)?;
        let open = |name: &&str| !rights.hidden.contains(*name) && def.fields.contains_key(*name);
        let fields: Vec<&'static str> = names(def.decl.quick).filter(open).collect();
        if fields.is_empty() {
            return None;
        }
        let label = label_field(def, rights);
        let mut res = vec!["id"];
        res.extend(label);
        res.extend(fields.iter().copied().filter(|name| label != Some(name)));
        let res = res.join(",");
        Some(Place { def, table, fields, label, res, only_own: rights.access.own != Own::All })
    }

    /// The record of exactly that number, then what begins with the text, then what holds the words, newest first.
    fn hits(&self, tx: &mut Tx<'_>, asked: &Asked) -> Result<Option<Value>> {
        let mut hits: Vec<Value> = Vec::new();
        let mut keep = |row: Map<String, Value>, sure: bool| {
            let id = row.get("id").cloned().unwrap_or_default();
            if (sure || self.holds(&row, asked)) && !hits.iter().any(|hit| hit["id"] == id) {
                hits.push(self.hit(id, &row, asked));
            }
        };
        if let Some(id) = asked.id() {
            let rows = self.query(tx, asked, &[("cond", json!({"id": id}))])?;
            rows.into_iter().for_each(|row| keep(row, true));
        }
        let mut older = false;
        if asked.is_in_texts() {
            for field in self.fields.iter().copied().filter(|field| self.is_indexed(field)) {
                let (from, to) = (format!("{field}>="), format!("{field}<"));
                let begins = json!([{ from: asked.text }, { to: format!("{}\u{10FFFF}", asked.text) }]);
                let rows = self.query(tx, asked, &[("cond", begins), ("orderby", field.into())])?;
                rows.into_iter().for_each(|row| keep(row, false));
            }
            let since = if self.only_own { None } else { self.since(tx)? };
            older = since.is_some();
            let cond = since.map_or(Value::Null, |since| json!({"id>": since}));
            let words = asked.words.join(" ").into();
            let newest = [("q", words), ("cond", cond), ("orderby", "id desc".into())];
            self.query(tx, asked, &newest)?.into_iter().for_each(|row| keep(row, false));
        }
        if hits.is_empty() && !older {
            return Ok(None);
        }
        let more = hits.len() as i64 > asked.each;
        hits.truncate(asked.each as usize);
        let mut out = json!({"obj": self.def.name(), "hits": hits});
        // There may be others: beyond those shown, or among rows that are older than those looked at.
        for (name, _) in [("more", more), ("older", older)].iter().filter(|(_, is)| *is) {
            out[*name] = 1.into();
        }
        Ok(Some(out))
    }

    /// A query of the caller's own.
    fn query(
        &self,
        tx: &mut Tx<'_>,
        asked: &Asked,
        params: &[(&str, Value)],
    ) -> Result<Vec<Map<String, Value>>> {
        let mut get = Params::default();
        get.set("res", self.res.as_str());
        get.set("fmt", "array");
        get.set("pagesz", asked.each + 1);
        params.iter().for_each(|(name, value)| get.set(*name, value.clone()));
        let answer = tx.call(&format!("{}.query", self.def.name()), get, Params::default())?;
        let Value::Array(rows) = answer else { return Ok(Vec::new()) };
        Ok(rows
            .into_iter()
            .filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None })
            .collect())
    }

    /// Whether a key of the table begins with the column.
    fn is_indexed(&self, field: &str) -> bool {
        self.table.whole_indexes().any(|index| index.first().is_some_and(|column| column.as_str() == field))
    }

    /// The number after which rows are looked through; None = there are no others.
    fn since(&self, tx: &mut Tx<'_>) -> Result<Option<i64>> {
        let mut end = |desc: bool| -> Result<Option<i64>> {
            let id = Expr::main(self.table.id());
            let mut select = Select::from(self.table.name.clone());
            select.columns = vec![id.clone()];
            select.order = vec![(id, desc)];
            select.limit = Some(1);
            Ok(tx.select(&select)?.first().and_then(|row| row.first()).and_then(Val::as_i64))
        };
        let (Some(first), Some(last)) = (end(false)?, end(true)?) else { return Ok(None) };
        let since = last.saturating_sub(NEWEST);
        Ok((first <= since).then_some(since))
    }

    /// Whether each word stands in one of the fields: a pattern of the database may have found more.
    fn holds(&self, row: &Map<String, Value>, asked: &Asked) -> bool {
        let texts: Vec<String> =
            self.fields.iter().filter_map(|name| row.get(*name)?.as_str()).map(str::to_lowercase).collect();
        asked.words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }

    /// A hit tells what the record is called and, if that does not show the words, where they stand.
    fn hit(&self, id: Value, row: &Map<String, Value>, asked: &Asked) -> Value {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = self.label.map(text).unwrap_or_default();
        let mut out = json!({"id": id, "name": around(name, &asked.words).unwrap_or_else(|| cut(name))});
        let others = self.fields.iter().filter(|field| self.label != Some(**field));
        if let Some((field, text)) = others
            .map(|field| (*field, text(field)))
            .find_map(|(field, text)| around(text, &asked.words).map(|text| (field, text)))
        {
            out["field"] = field.into();
            out["text"] = text.into();
        }
        out
    }
}

/// The part of a text around the first word that stands in it; None where none does.
fn around(text: &str, words: &[String]) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    // One letter for one letter, so that places stay the same.
    let low: Vec<char> = chars.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
    let place = |word: &String| {
        let word: Vec<char> = word.chars().collect();
        low.windows(word.len().max(1)).position(|part| part == word)
    };
    let at = words.iter().find_map(place)?;
    let from = at.saturating_sub(BEFORE);
    let to = chars.len().min(at + AFTER);
    let middle: String = chars[from..to].iter().map(|c| if c.is_whitespace() { ' ' } else { *c }).collect();
    let dots = |cut: bool| if cut { "…" } else { "" };
    Some(format!("{}{middle}{}", dots(from > 0), dots(to < chars.len())))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(AFTER) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shown_around_what_was_found() {
        let words = |text: &str| vec![text.to_owned()];
        assert_eq!(around("油烟机清洗", &words("清洗")).as_deref(), Some("油烟机清洗"));
        let long = format!("{}Needle\n{}", "前".repeat(50), "后".repeat(90));
        let shown = around(&long, &words("needle")).unwrap();
        assert_eq!(shown, format!("…{}Needle {}…", "前".repeat(BEFORE), "后".repeat(AFTER - 7)));
        assert_eq!(around("short", &words("longer than it")), None);
        assert_eq!(around("", &words("x")), None);
        assert_eq!(around("İstanbul x", &words("x")).as_deref(), Some("İstanbul x"));
        assert_eq!(cut("短"), "短");
        assert_eq!(cut(&"长".repeat(AFTER + 1)), format!("{}…", "长".repeat(AFTER)));
    }
}
