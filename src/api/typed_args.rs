//! Parameters with more meaning than their type: a text that is not blank, a moment, a place, a list of rows, the last row that
//! a client has seen. A wrong value is refused by the name of the parameter.

use super::{Answer, Args};
use crate::call::cond::{Compare, Cond, Literal};
use crate::error::{Error, Result};
use crate::geo::Place;
use crate::render::{self, Format, Grid};
use serde_json::{Map, Value};

impl Args {
    /// A text without blanks around it; None when nothing is left.
    pub fn given(&self, name: &str) -> Result<Option<String>> {
        let sent = self.text(name)?.map(|text| text.trim().to_owned());
        Ok(sent.filter(|text| !text.is_empty()))
    }

    /// A text without blanks around it that must be there.
    pub fn need_given(&self, name: &str) -> Result<String> {
        self.given(name)?.ok_or_else(|| Error::missing(name))
    }

    /// A whole number that must be there.
    pub fn need_int(&self, name: &str) -> Result<i64> {
        self.int(name)?.ok_or_else(|| Error::missing(name))
    }

    /// An id that must be there.
    pub fn need_id(&self, name: &str) -> Result<i64> {
        self.id(name)?.ok_or_else(|| Error::missing(name))
    }

    /// Whether it was sent at all; an empty value empties a field.
    pub fn sent(&self, name: &str) -> bool {
        self.get.get(name).or_else(|| self.post.get(name)).is_some()
    }

    /// The named fields of the body, as far as they were sent; texts without blanks around them.
    pub fn posted(&self, names: &[&str]) -> Map<String, Value> {
        let trimmed = |value: &Value| match value {
            Value::String(text) => Value::from(text.trim()),
            value => value.clone(),
        };
        let sent = names.iter().filter_map(|name| Some(((*name).to_owned(), trimmed(self.post.get(name)?))));
        sent.collect()
    }

    /// Puts a value in the place of the client's.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Args {
        self.post.remove(name);
        self.get.set(name, value);
        self
    }

    /// Puts a value where the client sent none.
    pub fn or(self, name: &str, value: impl Into<Value>) -> Args {
        if self.sent(name) { self } else { self.with(name, value) }
    }

    /// A moment as the database holds it, milliseconds and all: clients send back what they got.
    pub fn moment(&self, name: &str) -> Result<Option<String>> {
        // The typed lookup refuses what is no moment.
        let Some(unix) = self.get(&format!("{name}/tm"))?.and_then(|value| value.as_i64()) else {
            return Ok(None);
        };
        let whole = crate::time::format(self.settings.zone().from_unix(unix));
        let sent = self.text(name)?.unwrap_or_default();
        let fraction = sent.rsplit_once('.').map(|(_, digits)| digits).filter(|digits| {
            sent.contains(':') && digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit())
        });
        Ok(Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}"))))
    }

    /// A moment that must be there.
    pub fn need_moment(&self, name: &str) -> Result<String> {
        self.moment(name)?.ok_or_else(|| Error::missing(name))
    }

    /// A place in `lon` and `lat`, both or neither.
    pub fn place(&self) -> Result<Option<Place>> {
        let number = |name: &str, most: f64| -> Result<Option<f64>> {
            let value = self.get(&format!("{name}/n"))?.and_then(|value| value.as_f64());
            match value {
                Some(value) if value.abs() > most => {
                    Err(Error::param(format!("param `{name}` is -{most} to {most}")))
                }
                value => Ok(value),
            }
        };
        match (number("lon", 180.0)?, number("lat", 90.0)?) {
            (Some(lon), Some(lat)) => Ok(Place::new(lon, lat)),
            (None, None) => Ok(None),
            (None, _) => Err(Error::missing("lon")),
            (_, None) => Err(Error::missing("lat")),
        }
    }

    /// A list of objects: of a JSON body, of a form's brackets, or as JSON text.
    pub fn rows(&self, name: &str) -> Result<Option<Vec<Map<String, Value>>>> {
        let wrong = || Error::param(format!("param `{name}` is a list of objects"));
        let Some(sent) = self.get(&format!("{name}/js"))? else { return Ok(None) };
        let Value::Array(list) = sent else { return Err(wrong()) };
        let rows = list.into_iter().map(|row| match row {
            Value::Object(row) => Ok(row),
            _ => Err(wrong()),
        });
        rows.collect::<Result<_>>().map(Some)
    }

    /// Rows older than the one in `beforeId`, for walls that are read from the newest on.
    pub fn before(&self) -> Result<Cond> {
        let id = self.int("beforeId")?;
        Ok(id.map_or_else(Cond::none, |id| Cond::compare("id", Compare::Lt, Literal::Int(id))))
    }

    /// A table made by hand, in the shape the caller asks for by `fmt`.
    pub fn table(&self, grid: Grid) -> Result<Answer> {
        match Format::parse(&self.text("fmt")?.unwrap_or_default(), None)? {
            Format::Table => Ok(Answer::Grid(grid)),
            Format::File(_) => Err(Error::param("param `fmt`: this table is given as JSON only")),
            format => render::shape(grid, &format).map(Answer::Json),
        }
    }
}

/// A whole number in a list of objects, which forms send as text.
pub fn whole(row: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = row.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
