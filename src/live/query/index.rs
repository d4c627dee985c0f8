//! Which live queries a change concerns: found by the table, the id of the row, and the values that a condition names. A
//! change costs what it matches, not how many subscriptions there are.

use super::matches::{MatchKey, TableRow};
use crate::design::Ident;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// The number of a subscription.
pub type SubNumber = u64;

/// How the changes of its main table concern a subscription.
#[derive(Debug, Clone, PartialEq)]
pub enum Concern {
    /// Each of them: a page that is not the first, groups, a total.
    Any,
    /// Those of rows that it shows, and of rows that meet its condition.
    Selected,
    /// Those of rows that it shows, and of rows that have one of these values in a column.
    Keyed(Ident, Vec<MatchKey>),
}

/// The subscriptions by the tables that they read.
#[derive(Default)]
pub struct Index {
    tables: HashMap<Arc<str>, OfTable>,
}

#[derive(Default)]
struct OfTable {
    /// They read the table beside their main one.
    beside: HashSet<SubNumber>,
    any: HashSet<SubNumber>,
    selected: HashSet<SubNumber>,
    keyed: HashMap<Ident, HashMap<MatchKey, HashSet<SubNumber>>>,
    shown: HashMap<i64, HashSet<SubNumber>>,
}

impl OfTable {
    fn is_empty(&self) -> bool {
        self.beside.is_empty()
            && self.any.is_empty()
            && self.selected.is_empty()
            && self.keyed.is_empty()
            && self.shown.is_empty()
    }
}

/// What a subscription is filed under.
#[derive(Debug, Clone, PartialEq)]
pub struct Filed {
    pub main: Arc<str>,
    pub concern: Concern,
    /// The rows of the main table that it shows, in ascending order.
    pub shown: Vec<i64>,
    pub beside: Vec<Arc<str>>,
}

/// Removes from a set, and the set if it is empty then.
fn take_out<K: std::hash::Hash + Eq>(sets: &mut HashMap<K, HashSet<SubNumber>>, key: &K, number: SubNumber) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(&number);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}

impl Index {
    pub fn add(&mut self, number: SubNumber, filed: &Filed) {
        for table in &filed.beside {
            self.tables.entry(table.clone()).or_default().beside.insert(number);
        }
        let main = self.tables.entry(filed.main.clone()).or_default();
        match &filed.concern {
            Concern::Any => {
                main.any.insert(number);
            }
            Concern::Selected => {
                main.selected.insert(number);
            }
            Concern::Keyed(column, keys) => {
                let of_column = main.keyed.entry(column.clone()).or_default();
                for key in keys {
                    of_column.entry(key.clone()).or_default().insert(number);
                }
            }
        }
        for id in &filed.shown {
            main.shown.entry(*id).or_default().insert(number);
        }
    }

    pub fn remove(&mut self, number: SubNumber, filed: &Filed) {
        for table in &filed.beside {
            if let Some(of_table) = self.tables.get_mut(table) {
                of_table.beside.remove(&number);
            }
        }
        if let Some(main) = self.tables.get_mut(&filed.main) {
            main.any.remove(&number);
            main.selected.remove(&number);
            if let Concern::Keyed(column, keys) = &filed.concern
                && let Some(of_column) = main.keyed.get_mut(column)
            {
                keys.iter().for_each(|key| take_out(of_column, key, number));
                if of_column.is_empty() {
                    main.keyed.remove(column);
                }
            }
            filed.shown.iter().for_each(|id| take_out(&mut main.shown, id, number));
        }
        for table in filed.beside.iter().chain([&filed.main]) {
            if self.tables.get(table).is_some_and(OfTable::is_empty) {
                self.tables.remove(table);
            }
        }
    }

    /// Those that every change of a table concerns.
    pub fn of_any(&self, table: &str) -> impl Iterator<Item = SubNumber> {
        let of_table = self.tables.get(table).into_iter();
        of_table.flat_map(|of_table| of_table.beside.iter().chain(&of_table.any)).copied()
    }

    /// All that read a table.
    pub fn of_table(&self, table: &str) -> HashSet<SubNumber> {
        let Some(of_table) = self.tables.get(table) else { return HashSet::default() };
        let keyed = of_table.keyed.values().flat_map(HashMap::values).flatten();
        let shown = of_table.shown.values().flatten();
        let rest = of_table.beside.iter().chain(&of_table.any).chain(&of_table.selected);
        keyed.chain(shown).chain(rest).copied().collect()
    }

    /// Those that show a row.
    pub fn showing(&self, table: &str, id: i64) -> impl Iterator<Item = SubNumber> {
        let set = self.tables.get(table).and_then(|of_table| of_table.shown.get(&id));
        set.into_iter().flatten().copied()
    }

    /// Whether the values of a changed row matter.
    pub fn looks_at_rows(&self, table: &str) -> bool {
        let of_table = self.tables.get(table);
        of_table.is_some_and(|of_table| !(of_table.selected.is_empty() && of_table.keyed.is_empty()))
    }

    /// Those whose condition the row may meet, as far as can be told without the whole condition.
    pub fn candidates(&self, row: TableRow<'_>) -> HashSet<SubNumber> {
        let Some(of_table) = self.tables.get(row.table.name.as_str()) else { return HashSet::default() };
        let mut out = of_table.selected.clone();
        for (column, by_key) in &of_table.keyed {
            let Some(at) = row.table.position(column.as_str()) else { continue };
            let value = &row.values[at];
            match MatchKey::of(value, row.table.columns[at].kind) {
                Some(key) => out.extend(by_key.get(&key).into_iter().flatten()),
                None if value.is_null() => {}
                None => out.extend(by_key.values().flatten()),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::{Table, parse};
    use crate::value::Val;

    fn table() -> Arc<Table> {
        parse(&[("t", "@T: id, n&, word(m)")]).unwrap().table("T").unwrap().clone()
    }

    #[test]
    fn a_change_finds_what_it_concerns_and_nothing_is_left_behind() {
        let table = table();
        let n = table.column("n").unwrap().name.clone();
        let filed = |concern, shown: &[i64]| Filed {
            main: "T".into(),
            concern,
            shown: shown.to_vec(),
            beside: vec!["User".into()],
        };
        let all = [
            filed(Concern::Any, &[]),
            filed(Concern::Selected, &[4]),
            filed(Concern::Keyed(n.clone(), vec![MatchKey::Int(1), MatchKey::Int(2)]), &[4, 5]),
            filed(Concern::Keyed(n, vec![MatchKey::Int(3)]), &[]),
        ];
        let mut index = Index::default();
        all.iter().enumerate().for_each(|(number, filed)| index.add(number as u64, filed));
        let sorted = |numbers: &mut dyn Iterator<Item = u64>| {
            let mut out: Vec<u64> = numbers.collect();
            out.sort_unstable();
            out
        };
        let row = |n: Val| {
            let values = [Val::Int(9), n, Val::Null];
            sorted(&mut index.candidates(TableRow { table: &table, values: &values }).into_iter())
        };
        assert_eq!((row(Val::Int(2)), row(Val::Int(3))), (vec![1, 2], vec![1, 3]));
        assert_eq!((row(Val::Null), row(Val::Real(2.0))), (vec![1], vec![1, 2, 3]));
        assert_eq!(sorted(&mut index.showing("T", 4)), [1, 2]);
        assert_eq!(sorted(&mut index.of_any("T")), [0]);
        assert_eq!(sorted(&mut index.of_any("User")), [0, 1, 2, 3]);
        assert_eq!(index.of_table("T").len(), 4);
        all.iter().enumerate().for_each(|(number, filed)| index.remove(number as u64, filed));
        assert!(index.tables.is_empty());
    }
}
