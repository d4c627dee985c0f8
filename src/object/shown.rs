//! The most that a query may show of an object: the fields that a sub-object declares, that a role may see, or that
//! a write has written. Names beside them do not resolve, whatever is asked and in whichever clause.

use super::{ObjectDef, Rights};
use crate::call::expr::Aggregate;
use crate::call::name_ref::NameRef;
use crate::call::res::{self, ResItem};
use foldhash::HashSet;

/// The fields that a query may show.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Every field that the caller may name.
    pub names: HashSet<Box<str>>,
    /// What `*` and an absent `res` give.
    pub res: Vec<ResItem>,
    /// Nobody wrote a list: the fields are those of some rights.
    pub whole: bool,
}

impl Shown {
    /// These columns and nothing else.
    pub fn only<'n>(columns: impl Iterator<Item = &'n str>) -> Shown {
        let names: Vec<&str> = columns.collect();
        let res = names.iter().map(|name| field(name)).collect();
        Shown { names: names.into_iter().map(Box::from).collect(), res, whole: false }
    }

    /// The list that a sub-object declares for its rows; `rights` say what no list can show.
    pub fn declared(list: &str, child: &ObjectDef, rights: &Rights) -> Result<Shown, String> {
        let items = res::parse(list).map_err(|error| error.to_string())?;
        let mut names: HashSet<Box<str>> = HashSet::default();
        for item in &items {
            match item {
                ResItem::Star => names.extend(child.starred().map(Box::from)),
                ResItem::MainStar => names.extend(child.column_names().map(Box::from)),
                ResItem::Sub { name, res: Some(_), .. } => {
                    return Err(format!("says what `{name}` shows, which is up to object {}", child.name()));
                }
                ResItem::Field { name: NameRef { name, .. }, .. } | ResItem::Sub { name, .. } => {
                    if !child.fields.contains_key(name.as_str()) || rights.hidden.contains(name.as_str()) {
                        return Err(format!("shows unknown field `{}.{name}`", child.name()));
                    }
                    names.insert(name.as_str().into());
                }
                // An aggregate shows itself, not the fields that it is made of.
                ResItem::Aggregate { .. } | ResItem::Null { .. } => {}
            }
        }
        Ok(Shown { names, res: items, whole: false })
    }

    /// Whether this very aggregate is declared: then it may be asked for alone or under another name.
    pub fn has(&self, wanted: &Aggregate) -> bool {
        self.res
            .iter()
            .any(|item| matches!(item, ResItem::Aggregate { aggregate, .. } if aggregate == wanted))
    }

    /// What a role may see of an object by `rights` of its own; `most` are those under which the rows are read.
    pub fn by_rights(child: &ObjectDef, rights: &Rights, most: &Rights) -> Shown {
        let seen = |name: &&str| !rights.hidden.contains(*name) && !most.hidden.contains(*name);
        let names = child.fields.keys().map(|name| &**name).filter(seen).map(Box::from).collect();
        let res = child.starred().filter(seen).map(field).collect();
        Shown { names, res, whole: true }
    }
}

fn field(name: &str) -> ResItem {
    ResItem::Field { name: NameRef::plain(name), alias: None, map: None }
}

impl ObjectDef {
    fn column_names(&self) -> impl Iterator<Item = &str> {
        self.table.iter().flat_map(|table| table.columns.iter().map(|column| column.name.as_str()))
    }

    /// The fields that `*` stands for.
    fn starred(&self) -> impl Iterator<Item = &str> {
        let virtuals = self.virtuals.iter().filter(|v| v.default).map(|v| &*v.name);
        let subs = self.links.iter().filter(|link| link.sub.default).map(|link| link.sub.name);
        let computed = self.decl.computed.iter().filter(|c| c.default).map(|c| c.name);
        self.column_names().chain(virtuals).chain(subs).chain(computed)
    }
}
