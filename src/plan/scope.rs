//! Names → expressions: the one place that knows what a caller may name. A hidden field does not resolve,
//! under no spelling and in no clause.

use super::expr::{Expr, TimeUnit};
use super::near::{Around, DIST};
use super::read_policy::FieldPolicy;
use super::select::Join;
use crate::call::name_ref::NameRef;
use crate::design::{Catalogue, Kind};
use crate::error::{Error, Result};
use crate::object::{Field, Make, ObjectDef, Over, Rights, Shown};
use std::sync::Arc;

/// What planning takes from outside itself: how dates are read, how ids are disguised.
pub struct Reading<'a> {
    pub tables: &'a Catalogue,
    pub dates: &'a dyn Fn(&str) -> Option<chrono::NaiveDateTime>,
    pub secret_id: &'a dyn Fn(&str) -> Option<i64>,
}

/// An expression and the type of its values, where it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    pub expr: Expr,
    pub kind: Option<Kind>,
}

pub struct Scope<'a> {
    pub def: &'a ObjectDef,
    pub rights: &'a Rights,
    pub reading: &'a Reading<'a>,
    /// Joins in use, by their place in the definition; the n-th is table n + 1.
    used: Vec<usize>,
    joins: Vec<Join>,
    /// Output names of this query.
    aliases: Vec<(Arc<str>, Typed)>,
    /// `tmField`: the field behind y q m w d wd h, when the caller chose one.
    /// What the time columns are of, resolved: it can never be one of themselves.
    time_field: Option<Expr>,
    /// Weeks of year 0 belong to the year before (grouping by year and week).
    pub roll_weeks: bool,
    /// `nearby`: what `dist` is measured from.
    around: Option<Around>,
    depth: usize,
    /// Names come from our own code: hidden fields resolve.
    trusted: bool,
    /// When less is shown than the rights allow: only these fields resolve.
    ceiling: Option<&'a Shown>,
    /// Fields that are not shown in all rows.
    fields: &'a [FieldPolicy],
}

/// Chains of virtual columns longer than this are circles.
const DEPTH_MAX: usize = 16;

impl<'a> Scope<'a> {
    pub fn new(def: &'a ObjectDef, rights: &'a Rights, reading: &'a Reading<'a>) -> Scope<'a> {
        Scope {
            def,
            rights,
            reading,
            used: Vec::new(),
            joins: Vec::new(),
            aliases: Vec::new(),
            time_field: None,
            roll_weeks: false,
            around: None,
            depth: 0,
            trusted: false,
            ceiling: None,
            fields: &[],
        }
    }

    /// From here on no field beside these resolves.
    pub fn limit_to(&mut self, ceiling: Option<&'a Shown>) {
        self.ceiling = ceiling;
    }

    pub fn ceiling(&self) -> Option<&'a Shown> {
        self.ceiling
    }

    /// Resolves words of a declaration, which are under no ceiling: they make it.
    pub fn declaring<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let ceiling = self.ceiling.take();
        let done = work(self);
        self.ceiling = ceiling;
        done
    }

    /// Whether the names that follow come from our own code rather than from the caller; the answer is whether those
    /// before did.
    pub fn trust(&mut self, trusted: bool) -> bool {
        std::mem::replace(&mut self.trusted, trusted)
    }

    /// From here on these fields read null where they are not shown.
    pub fn field_policy(&mut self, fields: &'a [FieldPolicy]) {
        self.fields = fields;
    }

    /// The caller's choice of time field; it must be a field they may see.
    pub fn set_time_field(&mut self, field: &str) -> Result<()> {
        let typed = self.field(&NameRef::plain(field))?;
        let number =
            matches!(typed.kind, Some(Kind::Id | Kind::Int | Kind::Flag | Kind::Real | Kind::Decimal { .. }));
        if number || matches!(typed.expr, Expr::Time(..)) {
            return Err(Error::param(format!("param tmField: `{field}` is not a time")).say(
                format!("tmField: `{field}`不是时间字段"),
                format!("tmField: `{field}` is not a time"),
            ));
        }
        self.time_field = Some(typed.expr);
        Ok(())
    }

    pub(super) fn set_around(&mut self, around: Around) {
        self.around = Some(around);
    }

    pub fn around(&self) -> Option<&Around> {
        self.around.as_ref()
    }

    pub fn name_output(&mut self, alias: Arc<str>, typed: Typed) {
        self.aliases.push((alias, typed));
    }

    /// The joins this query turned out to need.
    pub fn into_joins(self) -> Vec<Join> {
        self.joins
    }

    pub fn joins(&self) -> &[Join] {
        &self.joins
    }

    /// The id of a joined table that may have several rows for one of ours.
    pub fn repeats(&self) -> Option<Expr> {
        use crate::design::TableKey;
        self.joins.iter().zip(1..).find_map(|(join, src)| {
            let table = self.reading.tables.table(join.table.as_str())?;
            let alone = |key: &TableKey| matches!(key, TableKey::Unique(columns) if columns[..] == [join.key.clone()]);
            let single = *table.id() == join.key || table.keys.iter().any(alone);
            (!single).then(|| Expr::Col { src, col: table.id().clone() })
        })
    }

    /// A field, or failing that an output name of this query.
    pub fn field_or_alias(&mut self, name: &NameRef) -> Result<Typed> {
        match self.field(name) {
            Ok(typed) => Ok(typed),
            Err(error) => self.alias(name).ok_or(error),
        }
    }

    /// An output name of this query, or failing that a field (orderby, gcond).
    pub fn alias_or_field(&mut self, name: &NameRef) -> Result<Typed> {
        match self.alias(name) {
            Some(typed) => Ok(typed),
            None => self.field(name),
        }
    }

    fn alias(&self, name: &NameRef) -> Option<Typed> {
        if name.of_main {
            return None;
        }
        // Few enough to look through; of two with one name the later counts.
        self.aliases.iter().rev().find(|(alias, _)| **alias == *name.name).map(|(_, typed)| typed.clone())
    }

    /// What kind of field a name is, if the caller may see it at all.
    pub fn lookup(&self, name: &str) -> Option<Field> {
        match self.def.fields.get(name) {
            // A part of a time is as visible as the time.
            Some(Field::Time(unit)) => {
                let base = self.def.decl.time_field.filter(|_| self.time_field.is_none());
                (base.is_none_or(|base| self.sees(base)) && self.allows(name)).then_some(Field::Time(*unit))
            }
            Some(field) => self.sees(name).then_some(*field),
            None if self.around.is_some() && name == DIST => Some(Field::Distance),
            None if self.time_field.is_some() => TimeUnit::named(name).map(Field::Time),
            None => None,
        }
    }

    /// Whether the rights leave a name open.
    fn allows(&self, name: &str) -> bool {
        self.trusted || !self.rights.hidden.contains(name)
    }

    /// Whether a declared name may be used here at all.
    pub fn sees(&self, name: &str) -> bool {
        self.allows(name) && (self.trusted || self.ceiling.is_none_or(|shown| shown.names.contains(name)))
    }

    pub fn field(&mut self, name: &NameRef) -> Result<Typed> {
        match self.lookup(&name.name) {
            Some(field) if !name.of_main || matches!(field, Field::Column(_)) => {
                self.resolve(field, &name.name)
            }
            _ => Err(self.unknown(&name.name)),
        }
    }

    /// A column of the table by its place.
    pub fn column(&mut self, at: usize) -> Result<Typed> {
        let name = self.table()?.columns[at].name.as_str();
        self.resolve(Field::Column(at), name)
    }

    fn resolve(&mut self, field: Field, name: &str) -> Result<Typed> {
        let typed = self.unveiled(field, name)?;
        match self.fields.iter().find(|field_policy| field_policy.field == name) {
            Some(field_policy) => field_policy.over(self, typed),
            None => Ok(typed),
        }
    }

    fn unveiled(&mut self, field: Field, name: &str) -> Result<Typed> {
        match field {
            Field::Column(i) => {
                let column = &self.table()?.columns[i];
                Ok(Typed { expr: Expr::main(&column.name), kind: Some(column.kind) })
            }
            Field::Virtual(i) => self.virtual_column(i),
            Field::Time(unit) => self.time(unit),
            Field::Distance => match &self.around {
                Some(around) => Ok(around.distance()),
                None => Err(self.unknown(name)),
            },
            Field::Sub(_) | Field::Computed(_) => {
                Err(Error::db(format!("field `{name}` of `{}` cannot be used here", self.def.name())))
            }
        }
    }

    pub fn table(&self) -> Result<&'a crate::design::Table> {
        match &self.def.table {
            Some(table) => Ok(table),
            None => Err(Error::param(format!("object `{}` has no table", self.def.name()))),
        }
    }

    /// A declared name, trusted: it may be hidden from the caller and still take part in a formula.
    pub fn declared(&mut self, name: &str) -> Result<Typed> {
        match self.def.fields.get(name) {
            Some(field) => self.resolve(*field, name),
            None => Err(self.unknown(name)),
        }
    }

    fn virtual_column(&mut self, at: usize) -> Result<Typed> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::server(format!("virtual columns of {} form a circle", self.def.name())));
        }
        let def = self.def;
        let virtual_column = &def.virtuals[at];
        let expr = match &virtual_column.make {
            Make::Joined { join, column } => Expr::Col { src: self.join(*join)?, col: column.clone() },
            Make::Formula(formula) => self.formula(formula)?,
            Make::Over { func, table, column, key, by } => {
                let equals = Box::new(self.declared(by)?.expr);
                let over = Expr::Over {
                    func: *func,
                    table: table.clone(),
                    column: column.clone(),
                    key: key.clone(),
                    equals,
                };
                // A sum over nothing is 0, as a count is.
                match func {
                    Over::Sum => Expr::Call(super::expr::Function::Coalesce, vec![over, Expr::Val(0.into())]),
                    _ => over,
                }
            }
        };
        self.depth -= 1;
        Ok(Typed { expr, kind: virtual_column.kind })
    }

    /// The number of the joined table in the statement, joining it on first use.
    fn join(&mut self, at: usize) -> Result<usize> {
        if let Some(place) = self.used.iter().position(|used| *used == at) {
            return Ok(place + 1);
        }
        let join = &self.def.joins[at];
        // The field it joins by may need a join of its own, which then comes first.
        let equals = self.declared(join.by)?.expr;
        self.used.push(at);
        self.joins.push(Join { table: join.table.name.clone(), key: join.key.clone(), equals });
        Ok(self.used.len())
    }

    fn time(&mut self, unit: TimeUnit) -> Result<Typed> {
        let unit = match (unit, self.roll_weeks) {
            (TimeUnit::Week, true) => TimeUnit::WeekRolled,
            (TimeUnit::Year, true) => TimeUnit::YearRolled,
            (unit, _) => unit,
        };
        let base = match (&self.time_field, self.def.decl.time_field) {
            (Some(chosen), _) => chosen.clone(),
            (None, Some(declared)) if self.allows(declared) => self.declared(declared)?.expr,
            (None, _) => return Err(Error::param("param `tmField` is needed")),
        };
        Ok(Typed { expr: Expr::Time(unit, Box::new(base)), kind: Some(Kind::Int) })
    }

    /// Code 3: the caller's query names what this object does not have, or what they may not see.
    pub fn unknown(&self, name: &str) -> Error {
        let hint = self.nearest(name).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        Error::db(format!("unknown field `{name}` of `{}`{hint}", self.def.name()))
            .say(format!("未知字段`{name}`"), format!("unknown field `{name}`"))
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        let visible = self.def.fields.keys().map(|k| &**k).filter(|k| self.lookup(k).is_some());
        crate::error::nearest(name, visible)
    }
}
