//! The ways to a page of rows that meet a condition, where the database has an index for the condition and another one
//! for the order. Along the index of the order the first rows that match may be the first there are, or come after
//! millions; the index of the condition may find ten rows, or millions that all have to be sorted. What the planner of a
//! database knows are averages, so it errs where values are unevenly spread. Here is decided which ways there are; which
//! of them is taken, `read::routes` decides for each call, by a look at the index of the condition.

use super::expr::Expr;
use super::placeholder::Placeholder;
use super::select::{AccessPath, Pieces, Select};
use crate::call::cond::Compare;
use crate::design::{Ident, Table, key_ident};
use crate::value::Val;

/// A page by either of two indexes.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessPaths {
    pub along: Select,
    pub by_filter: Select,
    /// Counts what the index of the condition finds.
    pub probe: Select,
    /// The newest id: about how many rows there are.
    pub newest: Select,
    /// Some ids along the order, where it is not that of the ids: whether rows stand together that follow each other.
    pub sample: Option<Select>,
    /// So many rows have to be found, those that the page leaves out included.
    pub needed: u64,
}

/// The probe counts so far: rows that are read by their ids and sorted in some milliseconds.
pub const PROBE: u64 = 15_000;
/// Ids of the sample.
const SAMPLE: u64 = 64;
/// Pages further back are left to the planner.
const NEEDED_MAX: u64 = 5_000;
/// Values of one condition that are looked up one by one.
const PIECES_MAX: usize = 16;

/// How a condition tests a column of the table.
#[derive(Clone, Copy, PartialEq)]
enum Tested<'a> {
    Equal,
    Among(&'a [Val]),
    Range,
}

/// Finds the ways. A condition on several values of a column whose key goes on with the order is written piece by piece
/// into the select, which leaves nothing to choose.
pub fn access_paths(select: &mut Select, table: &Table) -> Option<AccessPaths> {
    let needed = select.offset.checked_add(select.limit?).filter(|rows| *rows <= NEEDED_MAX)?;
    let plain = select.group.is_empty() && !select.distinct && select.first_of_each.is_none();
    let terms = terms(select.filter.as_ref().filter(|_| plain)?);
    let order = ordered_by(select, table)?;
    let tested: Vec<(&Ident, Tested<'_>)> = terms.iter().filter_map(|term| tested(term)).collect();
    // Children of a list of parents, and a row by its id, are found by that.
    if terms.iter().any(|term| matches!(term, Expr::OfParents { .. }))
        || tested.iter().any(|(column, how)| *column == table.id() && *how == Tested::Equal)
    {
        return None;
    }
    let leads =
        |column: &Ident| column != order && table.whole_indexes().any(|key| key.first() == Some(&column));
    let follows = |column: &Ident| table.whole_indexes().any(|key| goes_on(&key, column, order, table.id()));
    let equal = |column: &Ident, how: &Tested<'_>| *how == Tested::Equal && follows(column);
    if tested.iter().any(|(column, how)| equal(column, how)) {
        // One index has the rows of the condition in the order of the page.
        return None;
    }
    let mut led = tested.iter().filter(|(column, _)| leads(column));
    let (column, how) = led.clone().find(|(_, how)| *how == Tested::Equal).or_else(|| led.next()).copied()?;
    if let Tested::Among(values) = how
        && follows(column)
        && tested.iter().filter(|(other, _)| leads(other)).count() == 1
        && (2..=PIECES_MAX).contains(&values.len())
    {
        let filters = values.iter().map(|value| piece(&terms, column, value)).collect();
        select.pieces = Some(Pieces { id: table.id().clone(), filters });
        return None;
    }
    let along = match order == table.id() {
        true => None,
        // Nothing but the order: what the key goes on with would be another one.
        false => Some(table.keys.iter().find_map(|key| match key.whole_index()?.as_slice() {
            [only] if *only == order => key_ident(&table.name, key),
            [first, second] if *first == order && *second == table.id() => key_ident(&table.name, key),
            _ => None,
        })?),
    };
    let mut probe = Select::from(table.name.clone());
    let of_column: Vec<Expr> =
        terms.iter().filter(|term| tested_is(term, column)).map(|term| (*term).clone()).collect();
    probe.filter = Some(Expr::All(of_column));
    let mut newest = Select::from(table.name.clone());
    newest.columns = vec![Expr::main(table.id())];
    newest.order = vec![(Expr::main(table.id()), true)];
    newest.limit = Some(1);
    let sample = along.as_ref().map(|index| {
        let mut sample = newest.clone();
        sample.way = AccessPath::Order(Some(index.clone()));
        sample.order.clone_from(&select.order);
        sample.limit = Some(SAMPLE);
        sample
    });
    Some(AccessPaths {
        along: Select { way: AccessPath::Order(along), ..select.clone() },
        by_filter: Select { way: AccessPath::Filter, ..select.clone() },
        probe,
        newest,
        sample,
        needed,
    })
}

/// The column of the order, where the order is that and the key.
fn ordered_by<'s>(select: &'s Select, table: &Table) -> Option<&'s Ident> {
    let main = |by: &'s Expr| if let Expr::Col { src: 0, col } = by { Some(col) } else { None };
    match select.order.as_slice() {
        [(by, _)] => main(by).filter(|column| *column == table.id()),
        [(by, desc), (id, same)] if desc == same && main(id) == Some(table.id()) => main(by),
        _ => None,
    }
}

/// All that must hold.
fn terms(filter: &Expr) -> Vec<&Expr> {
    match filter {
        Expr::All(list) => list.iter().flat_map(terms).collect(),
        one => vec![one],
    }
}

fn tested(term: &Expr) -> Option<(&Ident, Tested<'_>)> {
    let constant = |of: &Expr| {
        matches!(
            of,
            Expr::Val(_) | Expr::Placeholder(Placeholder::Caller | Placeholder::Id | Placeholder::After, _)
        )
    };
    let (of, how) = match term {
        Expr::Compare(of, op, value) if constant(value) => match op {
            Compare::Eq => (of, Tested::Equal),
            Compare::Ne => return None,
            _ => (of, Tested::Range),
        },
        Expr::In { not: false, of, list } if list.len() == 1 => (of, Tested::Equal),
        Expr::In { not: false, of, list } if !list.is_empty() => (of, Tested::Among(list)),
        Expr::Between { not: false, of, low, high } if constant(low) && constant(high) => (of, Tested::Range),
        _ => return None,
    };
    match &**of {
        Expr::Col { src: 0, col } => Some((col, how)),
        _ => None,
    }
}

fn tested_is(term: &Expr, column: &Ident) -> bool {
    tested(term).is_some_and(|(of, _)| of == column)
}

/// The condition with one value in the place of several.
fn piece(terms: &[&Expr], column: &Ident, value: &Val) -> Expr {
    let one = |term: &&Expr| match tested(term) {
        Some((of, Tested::Among(_))) if of == column => Expr::main(column).equals(value.clone()),
        _ => (*term).clone(),
    };
    Expr::All(terms.iter().map(one).collect())
}

/// Whether the rows of one value of the column stand in the order in this key. Each index ends with the id.
fn goes_on(key: &[&Ident], column: &Ident, order: &Ident, id: &Ident) -> bool {
    match key {
        [first] => *first == column && order == id,
        [first, second] => *first == column && *second == order,
        [first, second, third] => *first == column && *second == order && *third == id,
        _ => false,
    }
}
