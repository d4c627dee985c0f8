//! Which of two indexes a page of rows is read by (see `plan::access_paths`). The index of the condition is asked how many rows it
//! finds, up to some thousands, which costs a fraction of reading them. If they are few, they are read and sorted. If
//! they are many, the first of them come soon along the order, as far as they are evenly spread; where that takes more
//! steps than it should, they are not, and the page is read by the condition after all.

use crate::db::{More, Tx};
use crate::error::Result;
use crate::plan::Bindings;
use crate::plan::access_paths::{AccessPaths, PROBE};
use crate::sql::{self, SQLITE, Sql};
use crate::value::Val;

/// The statements of the ways. They have the values of the usual statement; only the probe has fewer.
pub struct Routes {
    along: String,
    by_filter: String,
    probe: Sql,
    newest: Sql,
    sample: Option<Sql>,
    needed: u64,
}

/// The usual statement of a page with its values, and the ways there are beside it.
pub struct Statement<'a> {
    pub text: &'a str,
    pub binds: &'a [Val],
    pub routes: Option<(&'a Routes, &'a [Val])>,
}

/// So few rows are read by the condition whatever the order has to offer.
const FEW: u64 = 2_000;
/// Machine steps to look at a row along the order.
const STEPS: u64 = 7;
/// The most that are risked, in thousands: some tens of milliseconds.
const RISK: u64 = 800;
/// A row that stands on another page than the one before costs as much as so many that stand together.
const APART: u64 = 16;
/// Ids that are no further from each other are mostly on one page.
const NEAR: u64 = 50;

impl Routes {
    pub fn of(access_paths: &AccessPaths) -> Routes {
        let text = |select| sql::select(select, &SQLITE).text;
        Routes {
            along: text(&access_paths.along),
            by_filter: text(&access_paths.by_filter),
            probe: sql::count_to(&access_paths.probe, PROBE, &SQLITE),
            newest: sql::select(&access_paths.newest, &SQLITE),
            sample: access_paths.sample.as_ref().map(|sample| sql::select(sample, &SQLITE)),
            needed: access_paths.needed,
        }
    }

    /// The values of the call that it was made for.
    pub fn own_binds(&self) -> Vec<Val> {
        self.probe.binds.clone()
    }

    /// Those of another call.
    pub fn probe_binds(&self, given: &Bindings<'_>) -> Vec<Val> {
        self.probe.binds_of(given)
    }

    /// How many thousand steps are tried along the order; None = the way by the condition is shorter.
    fn steps_along(&self, found: u64, rows: u64, together: bool) -> Option<u64> {
        let along = self.needed.saturating_mul(rows) / found.max(1);
        let dear = along.saturating_mul(if together { 1 } else { APART });
        let shorter = found > FEW && (found > PROBE || dear < found * APART);
        // Half as much again, since chance has a share in it.
        shorter.then(|| (along.saturating_mul(STEPS * 3 / 2) / 1000 + STEPS).min(RISK))
    }
}

/// Whether most of the rows stand near the one before.
fn are_together(ids: &[i64]) -> bool {
    let near = ids.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= NEAR).count();
    near * 2 + 1 >= ids.len()
}

/// Reads a page by the way that is the shortest. `read` may be called twice; what the first call made is dropped.
pub fn run<T>(
    tx: &mut Tx<'_>,
    statement: &Statement<'_>,
    mut read: impl FnMut(&mut Tx<'_>, &str, &[Val]) -> Result<T>,
) -> Result<T> {
    let binds = statement.binds;
    let Some((routes, probe_binds)) = statement.routes.filter(|_| tx.can_give_up()) else {
        return read(tx, statement.text, binds);
    };
    let found = number(tx, &routes.probe.text, probe_binds)?;
    if found > FEW {
        let rows = number(tx, &routes.newest.text, &routes.newest.binds)?;
        let together = match &routes.sample {
            Some(sample) => are_together(&numbers(tx, &sample.text, &sample.binds)?),
            None => true,
        };
        if let Some(steps) = routes.steps_along(found, rows, together) {
            // An index that is not there is a reason for the other way, too.
            match tx.within(steps, |tx| read(tx, &routes.along, binds)) {
                Ok(Some(done)) => return Ok(done),
                Err(error) if crate::db::interrupted(&error) => return Err(error),
                Ok(None) | Err(_) => {}
            }
        }
    }
    read(tx, &routes.by_filter, binds)
}

fn number(tx: &mut Tx<'_>, text: &str, binds: &[Val]) -> Result<u64> {
    let found = numbers(tx, text, binds)?.first().copied().unwrap_or_default();
    Ok(u64::try_from(found).unwrap_or_default())
}

fn numbers(tx: &mut Tx<'_>, text: &str, binds: &[Val]) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    tx.each_row(text, binds, |row| {
        found.extend(row.cells()?.first().and_then(Val::as_i64));
        Ok(More::Wanted)
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::parse;
    use crate::plan::access_paths::access_paths;
    use crate::plan::{Expr, Select};

    const DESIGN: &str = "## Tables\n\n**[T]**\n\n@T: id, kind(2), tm, sum, cmt(l)\n@key T: index(kind,id), index(tm), index(sum)\n";

    /// A condition and an order over a table with some keys.
    fn of(filter: Vec<Expr>, by: &str, desc: bool) -> (Select, Option<AccessPaths>) {
        let catalogue = parse(&[("T", DESIGN)]).unwrap();
        let table = catalogue.table("T").unwrap();
        let mut select = Select::from(table.name.clone());
        let col = |name: &str| Expr::main(&table.column(name).unwrap().name);
        select.columns = vec![col("id"), col(by)];
        select.filter = Some(Expr::All(filter));
        select.order = vec![(col(by), desc)];
        if by != "id" {
            select.order.push((col("id"), desc));
        }
        select.limit = Some(21);
        let access_paths = access_paths(&mut select, table);
        (select, access_paths)
    }

    fn col(name: &str) -> Expr {
        let catalogue = parse(&[("T", DESIGN)]).unwrap();
        Expr::main(&catalogue.table("T").unwrap().column(name).unwrap().name)
    }

    fn kinds(list: &[&str]) -> Expr {
        Expr::In { not: false, of: Box::new(col("kind")), list: list.iter().map(|k| Val::from(*k)).collect() }
    }

    #[test]
    fn a_page_that_one_index_serves_has_one_way() {
        for filter in [col("kind").equals("CR".into()), kinds(&["CR"])] {
            let (select, access_paths) = of(vec![filter], "id", true);
            assert!(access_paths.is_none() && select.pieces.is_none());
        }
        assert!(
            of(vec![col("cmt").equals("x".into())], "tm", true).1.is_none(),
            "no index for the condition"
        );
        assert!(of(vec![col("kind").equals("CR".into())], "cmt", true).1.is_none(), "none for the order");
        assert!(of(vec![col("id").equals(Val::Int(3)), kinds(&["a", "b"])], "tm", true).1.is_none());
    }

    #[test]
    fn two_indexes_are_two_ways_and_each_is_named() {
        let (_, access_paths) =
            of(vec![col("kind").equals("CR".into()), col("cmt").equals("x".into())], "tm", true);
        let routes = Routes::of(&access_paths.unwrap());
        assert!(routes.along.contains("FROM \"T\" t0 INDEXED BY \"idx_T_tm\" WHERE"), "{}", routes.along);
        assert!(
            routes.by_filter.ends_with("ORDER BY +t0.\"tm\" DESC, +t0.\"id\" DESC LIMIT 21"),
            "{}",
            routes.by_filter
        );
        assert_eq!(
            routes.probe.text,
            "SELECT COUNT(*) FROM (SELECT 1 FROM \"T\" t0 WHERE t0.\"kind\" = ? LIMIT 15001) x"
        );
        let (_, access_paths) = of(vec![col("sum").equals(Val::Int(5))], "id", false);
        let access_paths = access_paths.map(|access_paths| Routes::of(&access_paths));
        assert!(access_paths.is_none(), "the index of a number ends with the id");
    }

    #[test]
    fn several_values_are_looked_up_one_by_one() {
        let (select, access_paths) =
            of(vec![kinds(&["CR", "RE"]), col("cmt").equals("x".into())], "id", true);
        assert!(access_paths.is_none());
        let text = sql::select(&select, &SQLITE).text;
        assert_eq!(text.matches("t0.\"kind\" = ?").count(), 2, "{text}");
        assert_eq!(sql::select(&select, &SQLITE).binds.len(), 4);
        // The order of another column is not that of the key.
        let (select, access_paths) = of(vec![kinds(&["CR", "RE"])], "tm", true);
        assert!(access_paths.is_some() && select.pieces.is_none());
    }

    #[test]
    fn few_rows_are_read_by_the_condition_and_many_along_the_order() {
        let (_, access_paths) = of(vec![col("kind").equals("CR".into())], "tm", true);
        let routes = Routes::of(&access_paths.unwrap());
        assert_eq!(routes.steps_along(FEW, 10_000_000, true), None);
        // 42,000 rows along the order, which cost more than 5,000 of the condition unless they stand together.
        assert_eq!(routes.steps_along(5_000, 10_000_000, false), None);
        assert!(routes.steps_along(5_000, 10_000_000, true).is_some_and(|steps| (400..500).contains(&steps)));
        assert!(routes.steps_along(5_000, 100_000, false).is_some_and(|steps| steps < 20));
        assert!(routes.steps_along(PROBE + 1, 10_000_000, false).is_some_and(|steps| steps < 200));
        assert_eq!(routes.steps_along(PROBE + 1, u64::MAX, true), Some(RISK));
    }

    #[test]
    fn rows_stand_together_where_most_ids_are_near() {
        for together in [&[][..], &[7], &[100, 99, 98, 5_000, 97], &[1, 30, 60, 90]] {
            assert!(are_together(together), "{together:?}");
        }
        assert!(!are_together(&[1, 9_000, 400, 70_000, 71_000]));
    }
}
