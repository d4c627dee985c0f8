//! `res` resolved: which columns are read, under which names, and what is made of them afterwards.

use super::expr::Expr;
use super::scope::{Scope, Typed};
use crate::call::name_ref::NameRef;
use crate::call::res::{ResItem, Shape};
use crate::design::Kind;
use crate::error::{Error, Result};
use crate::object::{Field, Link, names};
use crate::value::Val;
use std::sync::Arc;

/// One output of a query, in the order of the caller.
#[derive(Debug, Clone)]
pub struct Out {
    pub name: Arc<str>,
    pub source: Source,
    pub kind: Option<Kind>,
    /// `K:V;K2:V2`, applied after everything else.
    pub map: Option<String>,
    /// Read for something else's sake; not shown.
    pub hidden: bool,
}

impl Out {
    /// Whether its cells are values of the statement, and no more than that.
    pub fn is_as_read(&self) -> bool {
        let Out { name: _, source, kind: _, map, hidden: _ } = self;
        matches!(source, Source::Column(_)) && map.is_none()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The n-th column of the statement.
    Column(usize),
    /// The n-th requested sub-object.
    Sub(usize),
    /// The n-th computed field of the definition, from these outputs.
    Computed(usize, Vec<usize>),
}

/// A requested sub-object.
#[derive(Debug, Clone)]
pub struct SubPlan {
    /// Its place in the definition's links.
    pub link: usize,
    pub alias: String,
    pub shape: Shape,
    pub res: Option<String>,
    /// The output that holds the parent's side of the link.
    pub parent: usize,
}

#[derive(Default)]
pub struct SelectList {
    pub columns: Vec<Expr>,
    pub outs: Vec<Out>,
    pub subs: Vec<SubPlan>,
    pub aggregates: bool,
}

/// More than any table has; fewer than any database refuses.
const COLUMNS_MAX: usize = 1000;
/// Each is a query of its own.
const SUBS_MAX: usize = 64;

impl SelectList {
    pub fn add(&mut self, scope: &mut Scope<'_>, items: &[ResItem]) -> Result<()> {
        let mut starred = false;
        for item in items {
            match item {
                ResItem::Star => {
                    self.star(scope)?;
                    starred = true;
                }
                ResItem::MainStar => self.main_star(scope)?,
                ResItem::Field { name, alias, map } => {
                    self.field(scope, name, alias.as_deref(), map.as_deref(), starred)?;
                }
                ResItem::Aggregate { aggregate, alias, map } => {
                    let typed = match scope.ceiling().is_some_and(|shown| shown.has(aggregate)) {
                        true => scope.declaring(|scope| scope.aggregate(aggregate))?,
                        false => scope.aggregate(aggregate)?,
                    };
                    self.aggregates = true;
                    self.column(scope, alias.as_str(), typed, map.as_deref());
                }
                ResItem::Null { alias } => {
                    let typed = Typed { expr: Expr::Val(Val::Null), kind: None };
                    self.column(scope, alias.as_str(), typed, None);
                }
                ResItem::Sub { shape, name, alias, res } => match scope.lookup(name) {
                    Some(Field::Sub(link)) => self.sub(scope, link, alias.as_deref(), *shape, res.clone())?,
                    _ => {
                        return Err(Error::param(format!("unknown sub-object `{name}` in param res")));
                    }
                },
            }
        }
        match self.columns.len() > COLUMNS_MAX {
            true => Err(Error::param(format!("param res has too many columns (> {COLUMNS_MAX})"))),
            false if self.subs.len() > SUBS_MAX => {
                Err(Error::param(format!("param res has too many sub-objects (> {SUBS_MAX})")))
            }
            false => Ok(()),
        }
    }

    /// Adds the id in front where nothing but sub-objects is asked for: else nobody could tell whose they are.
    pub fn id_of_subs(&mut self, scope: &mut Scope<'_>, items: &[ResItem]) -> Result<()> {
        let is_sub = |item: &ResItem| match item {
            ResItem::Sub { .. } => true,
            ResItem::Field { name, .. } => matches!(scope.lookup(&name.name), Some(Field::Sub(_))),
            _ => false,
        };
        let id = NameRef::plain(scope.table()?.id().as_str());
        match !items.is_empty() && items.iter().all(is_sub) && scope.lookup(&id.name).is_some() {
            true => self.field(scope, &id, None, None, false),
            false => Ok(()),
        }
    }

    /// Every column, whoever may see it: for code of ours.
    pub fn whole_row(&mut self, table: &crate::design::Table) {
        for column in &table.columns {
            self.columns.push(Expr::main(&column.name));
            self.outs.push(Out {
                name: column.name.shared(),
                source: Source::Column(self.columns.len() - 1),
                kind: Some(column.kind),
                map: None,
                hidden: false,
            });
        }
    }

    fn main_star(&mut self, scope: &mut Scope<'_>) -> Result<()> {
        for (at, column) in scope.table()?.columns.iter().enumerate() {
            let name = column.name.as_str();
            if scope.sees(name) && !self.has(name) {
                let typed = scope.column(at)?;
                self.column(scope, column.name.shared(), typed, None);
            }
        }
        Ok(())
    }

    fn star(&mut self, scope: &mut Scope<'_>) -> Result<()> {
        // Below a ceiling it is all that is shown.
        if let Some(shown) = scope.ceiling() {
            let res = match scope.rights.is_narrowed {
                true => &scope.rights.shown_of(shown.res.clone()),
                false => &shown.res,
            };
            return scope.declaring(|scope| self.add(scope, res));
        }
        self.main_star(scope)?;
        let def = scope.def;
        // What the rights hide is passed over, as with columns.
        for virtual_column in def.virtuals.iter().filter(|v| v.default) {
            if scope.lookup(&virtual_column.name).is_some() {
                self.field(scope, &NameRef::plain(&virtual_column.name), None, None, false)?;
            }
        }
        for (i, link) in def.links.iter().enumerate() {
            if link.sub.default && scope.lookup(link.sub.name).is_some() {
                self.sub(scope, i, None, None, None)?;
            }
        }
        for computed in def.decl.computed.iter().filter(|c| c.default) {
            if scope.lookup(computed.name).is_some() {
                self.field(scope, &NameRef::plain(computed.name), None, None, false)?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        scope: &mut Scope<'_>,
        name: &NameRef,
        alias: Option<&str>,
        map: Option<&str>,
        starred: bool,
    ) -> Result<()> {
        let shown = alias.unwrap_or(&name.name);
        let Some(field) = scope.lookup(&name.name) else {
            if alias.is_none() && map.is_none() && self.of_merged(scope, &name.name)? {
                return Ok(());
            }
            return Err(match starred {
                true => Error::param(format!("`{}` MUST be virtual column when `res` has `*`", name.name))
                    .say(
                        format!("虚拟字段未定义: {}", name.name),
                        format!("unknown virtual column: {}", name.name),
                    ),
                false => scope.unknown(&name.name),
            });
        };
        if alias.is_none() && map.is_none() && self.show(shown) {
            return Ok(());
        }
        match field {
            Field::Sub(link) => self.sub(scope, link, alias, None, None),
            Field::Computed(i) => self.computed(scope, i, shown, map),
            _ => {
                let typed = scope.field(name)?;
                if let Field::Virtual(i) = field {
                    self.helpers_of_outer(scope, i)?;
                }
                self.column(scope, shown, typed, map);
                Ok(())
            }
        }
    }

    /// A field that a merged sub-object brings, asked for by its own name: it comes without the others.
    fn of_merged(&mut self, scope: &mut Scope<'_>, name: &str) -> Result<bool> {
        let def = scope.def;
        let brought = |link: &Link| names(link.sub.res).find(|item| item.rsplit(' ').next() == Some(name));
        let merged = |(_, link): &(usize, &Link)| link.sub.shape == Shape::Merge;
        let found =
            def.links.iter().enumerate().filter(merged).find_map(|(at, link)| Some((at, brought(link)?)));
        let Some((link, item)) = found.filter(|(at, _)| scope.lookup(def.links[*at].sub.name).is_some())
        else {
            return Ok(false);
        };
        match self.subs.iter_mut().find(|sub| sub.link == link && !sub.alias.is_empty()) {
            None => self.sub(scope, link, None, None, Some(item.to_owned()))?,
            Some(SubPlan { res: Some(res), .. }) if !res.split(',').any(|other| other == item) => {
                res.push(',');
                res.push_str(item);
            }
            Some(_) => {}
        }
        Ok(true)
    }

    /// An outer column brings the fields it is made of, hidden.
    fn helpers_of_outer(&mut self, scope: &mut Scope<'_>, at: usize) -> Result<()> {
        let def = scope.def;
        let virtual_column = &def.virtuals[at];
        if let (true, crate::object::Make::Formula(formula)) = (virtual_column.outer, &virtual_column.make) {
            let mut fields = Vec::new();
            formula.fields(&mut fields);
            for field in fields {
                self.helper(scope, &field)?;
            }
        }
        Ok(())
    }

    fn computed(&mut self, scope: &mut Scope<'_>, at: usize, shown: &str, map: Option<&str>) -> Result<()> {
        let computed = &scope.def.decl.computed[at];
        let mut from = Vec::new();
        for name in names(computed.from) {
            from.push(self.helper(scope, name)?);
        }
        self.outs.push(Out {
            name: shown.into(),
            source: Source::Computed(at, from),
            kind: None,
            map: map.map(str::to_owned),
            hidden: false,
        });
        Ok(())
    }

    /// The output of a declared field, added hidden when it is not there yet.
    pub fn helper(&mut self, scope: &mut Scope<'_>, name: &str) -> Result<usize> {
        if let Some(Field::Sub(link)) = scope.def.fields.get(name) {
            let link = *link;
            let found = self.subs.iter().position(|sub| sub.link == link && sub.alias.is_empty());
            if let Some(sub) = found {
                return Ok(self
                    .outs
                    .iter()
                    .position(|out| out.source == Source::Sub(sub))
                    .unwrap_or_default());
            }
            // Without a name of its own: what the caller asks of this sub-object does not concern it.
            self.sub(scope, link, Some(""), None, None)?;
            let at = self.outs.len() - 1;
            self.outs[at].hidden = true;
            return Ok(at);
        }
        let typed = scope.declared(name)?;
        let same = |out: &Out| matches!(out.source, Source::Column(i) if self.columns[i] == typed.expr);
        if let Some(at) = self.outs.iter().position(same) {
            return Ok(at);
        }
        self.columns.push(typed.expr);
        self.outs.push(Out {
            name: name.into(),
            source: Source::Column(self.columns.len() - 1),
            kind: typed.kind,
            map: None,
            hidden: true,
        });
        Ok(self.outs.len() - 1)
    }

    fn sub(
        &mut self,
        scope: &mut Scope<'_>,
        link: usize,
        alias: Option<&str>,
        shape: Option<Shape>,
        res: Option<String>,
    ) -> Result<()> {
        let def = scope.def;
        let declared = &def.links[link];
        let alias = alias.unwrap_or(declared.sub.name);
        if self.has(alias) {
            return Ok(());
        }
        let parent = self.helper(scope, declared.parent)?;
        self.subs.push(SubPlan {
            link,
            alias: alias.to_owned(),
            shape: shape.unwrap_or(declared.sub.shape),
            res,
            parent,
        });
        self.outs.push(Out {
            name: alias.into(),
            source: Source::Sub(self.subs.len() - 1),
            kind: None,
            map: None,
            hidden: false,
        });
        Ok(())
    }

    pub fn column(
        &mut self,
        scope: &mut Scope<'_>,
        shown: impl Into<Arc<str>>,
        typed: Typed,
        map: Option<&str>,
    ) {
        let name: Arc<str> = shown.into();
        scope.name_output(name.clone(), typed.clone());
        self.columns.push(typed.expr);
        self.outs.push(Out {
            name,
            source: Source::Column(self.columns.len() - 1),
            kind: typed.kind,
            map: map.map(str::to_owned),
            hidden: false,
        });
    }

    fn has(&self, name: &str) -> bool {
        self.outs.iter().any(|out| !out.hidden && &*out.name == name)
    }

    /// A field that is already there, perhaps as a helper, is shown rather than read twice.
    fn show(&mut self, name: &str) -> bool {
        match self.outs.iter().position(|out| &*out.name == name) {
            Some(at) if !self.outs[at].hidden => true,
            Some(at) => {
                // It takes its place at the end, where the caller named it; helpers refer by index, so it is
                // copied rather than moved.
                let mut out = self.outs[at].clone();
                out.hidden = false;
                self.outs.push(out);
                true
            }
            None => false,
        }
    }
}
