//! `nearby`: rows within so many metres of a place, with their distance as the field `dist`. Boxes of the
//! index narrow the search, the exact distance decides.

use super::expr::Expr;
use super::scope::{Scope, Typed};
use crate::call::cond::Compare;
use crate::call::name_ref::NameRef;
use crate::call::order::OrderTerm;
use crate::call::query::QueryReq;
use crate::call::res::ResItem;
use crate::design::{Ident, Kind, TableKey};
use crate::error::{Error, Result};
use crate::geo::Near;

/// The field that tells how far away a row is.
pub const DIST: &str = "dist";

/// A search around a place, in the columns that hold the places of an object's rows.
#[derive(Clone)]
pub struct Around {
    near: Near,
    lon: Ident,
    lat: Ident,
}

impl Scope<'_> {
    /// From here on `dist` is a field.
    pub fn search_around(&mut self, nearby: &str) -> Result<()> {
        let near = Near::parse(nearby)?;
        let places = self.table()?.keys.iter().find_map(|key| match key {
            TableKey::Geo { lon, lat } => Some((lon.clone(), lat.clone())),
            _ => None,
        });
        let Some((lon, lat)) = places else {
            return Err(Error::param(format!("param `nearby`: `{}` has no places", self.def.name()))
                .say("该对象不支持`nearby`查询", "this object has no places to be near to"));
        };
        // Who may not see where something is must not find it out by asking around.
        self.field(&NameRef::plain(lon.as_str()))?;
        self.field(&NameRef::plain(lat.as_str()))?;
        self.set_around(Around { near, lon, lat });
        Ok(())
    }
}

impl Around {
    pub fn distance(&self) -> Typed {
        let (lon, lat) = (self.lon.clone(), self.lat.clone());
        Typed { expr: Expr::Distance { lon, lat, from: self.near.place }, kind: Some(Kind::Real) }
    }

    pub fn filter(&self, table: &crate::design::Table) -> Expr {
        let boxes = self.near.boxes().into_iter().map(|bounds| Expr::InBounds {
            table: table.name.clone(),
            id: table.id().clone(),
            lon: self.lon.clone(),
            lat: self.lat.clone(),
            bounds,
        });
        let within = self.distance().expr.compare(Compare::Le, self.near.radius.into());
        Expr::All(vec![Expr::Any(boxes.collect()), within])
    }

    /// Nearest first.
    pub fn order() -> Vec<OrderTerm> {
        vec![OrderTerm { field: NameRef::plain(DIST), desc: false }]
    }

    /// The distance is shown with whole rows.
    pub fn shown(req: &QueryReq) -> bool {
        let star = |res: &Vec<ResItem>| res.iter().any(|item| matches!(item, ResItem::Star));
        req.gres.is_empty() && req.res.as_ref().is_none_or(star)
    }
}
