//! The parameters of `query` and `get`, read into one request. Each may come by URL or body; an empty one
//! counts as absent.

use super::cond::{self, Cond};
use super::list;
use super::name_ref::NameRef;
use super::order::{GroupTerm, OrderTerm, parse_group, parse_order};
use super::params::Params;
use super::res::{self, ResItem};
use crate::error::{Error, Result};
use serde_json::{Map, Value};

#[derive(Debug, Clone, Default)]
pub struct QueryReq {
    pub res: Option<Vec<ResItem>>,
    pub cond: Cond,
    pub gcond: Cond,
    pub gres: Vec<GroupTerm>,
    pub gres_hidden: bool,
    pub order: Option<Vec<OrderTerm>>,
    pub distinct: bool,
    pub time_field: Option<String>,
    pub pivot: Vec<String>,
    pub pivot_cnt: usize,
    pub pivot_sum: Option<String>,
    pub stat_res: Option<Vec<ResItem>>,
    pub sum_fields: Vec<String>,
    pub qsearch: Option<QSearch>,
    /// `q`: words for the object's own quick search.
    pub quick: Vec<String>,
    pub hidden: Vec<String>,
    pub show_helpers: bool,
    pub page: PageReq,
    pub fmt: Option<String>,
    pub fname: Option<String>,
    pub tree_fields: Option<String>,
    /// `res_X` and `param_X`, by output name.
    pub subs: Map<String, Value>,
    pub row_by_row: bool,
    /// Children come with every column, to be written again. Only code of ours asks for that.
    pub copying: bool,
    /// `lon,lat,radius`: rows within so many metres, nearest first.
    pub nearby: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct PageReq {
    pub size: Option<i64>,
    pub page: Option<i64>,
    pub key: Option<String>,
    /// `totalMax`: rows are counted up to this many.
    pub total_max: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QSearch {
    pub fields: Vec<(NameRef, Suffix)>,
    pub words: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    None,
    Exact,
    Prefix,
}

/// Reads a request from both parameter maps. `cond` of both counts; of anything else the URL's wins.
pub fn parse(get: &Params, post: &Params) -> Result<QueryReq> {
    let read = Reader { get, post };
    refuse_internal(&read)?;
    let order = match read.text("sort")? {
        Some(sort) => Some(parse_order(&paired(&sort, &read.text("order")?.unwrap_or_default()))?),
        None => read.text("orderby")?.map(|text| parse_order(&text)).transpose()?,
    };
    Ok(QueryReq {
        res: read.text("res")?.map(|text| res::parse(&text)).transpose()?,
        cond: both(get, post, "cond")?,
        gcond: both(get, post, "gcond")?,
        gres: read.text("gres")?.map(|text| parse_group(&text)).transpose()?.unwrap_or_default(),
        gres_hidden: read.flag("gresHidden")?,
        order: order.filter(|terms| !terms.is_empty()),
        distinct: read.flag("distinct")?,
        time_field: read.text("tmField")?,
        pivot: read.names("pivot")?,
        pivot_cnt: usize::try_from(read.int("pivotCnt")?.unwrap_or(1)).unwrap_or(1).max(1),
        pivot_sum: read.text("pivotSumField")?,
        stat_res: read.text("statRes")?.map(|text| res::parse(&text)).transpose()?,
        sum_fields: read.names("sumFields")?,
        qsearch: read.text("qsearch")?.map(|text| qsearch(&text)).transpose()?.flatten(),
        quick: words(&read.text("q")?.unwrap_or_default()),
        show_helpers: read.text("hiddenFields")?.as_deref() == Some("0"),
        hidden: read.names("hiddenFields")?,
        page: page(&read)?,
        fmt: read.any(&["fmt", "_fmt"])?,
        fname: read.text("fname")?,
        tree_fields: read.text("treeFields")?,
        subs: subs(get, post),
        row_by_row: read.flag("disableSubobjOptimize")?,
        copying: false,
        nearby: read.text("nearby")?,
    })
}

/// `sort=a,b` with `order=desc,asc`, one direction for each name.
fn paired(sort: &str, order: &str) -> String {
    let mut directions = order.split(',');
    let terms = list::split(sort).into_iter();
    let terms = terms.map(|name| format!("{name} {}", directions.next().unwrap_or_default().trim()));
    terms.collect::<Vec<_>>().join(",")
}

/// A condition given in both maps holds in both.
pub fn both(get: &Params, post: &Params, name: &str) -> Result<Cond> {
    let mut cond = Cond::none();
    for map in [get, post] {
        if let Some(value) = map.get(name) {
            cond = cond.and(cond::from_value(value, name)?);
        }
    }
    Ok(cond)
}

struct Reader<'a> {
    get: &'a Params,
    post: &'a Params,
}

impl Reader<'_> {
    /// A scalar parameter; empty is absent. The URL wins, also when it is empty.
    fn text(&self, name: &str) -> Result<Option<String>> {
        let value = self.get.get(name).or_else(|| self.post.get(name));
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(n)) => Ok(Some(n.to_string())),
            Some(Value::Bool(b)) => Ok(Some(if *b { "1" } else { "0" }.to_owned())),
            Some(_) => Err(Error::param(format!("expected a text in param `{name}`"))),
        }
    }

    fn any(&self, names: &[&str]) -> Result<Option<String>> {
        for name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn int(&self, name: &str) -> Result<Option<i64>> {
        match self.text(name)? {
            None => Ok(None),
            // As every typed integer of the protocol: `1.7` is 1, `1e3` is 1000.
            Some(text) => match crate::call::lookup::integer(&text) {
                Some(n) => Ok(Some(n)),
                None => Err(Error::param(format!("Bad Request - integer param `{name}`=`{text}`."))),
            },
        }
    }

    fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.text(name)?.is_some_and(|text| text != "0" && text != "false"))
    }

    fn names(&self, name: &str) -> Result<Vec<String>> {
        let text = self.text(name)?.unwrap_or_default();
        Ok(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }
}

/// Parameters that only code of ours may use; their names must not come from the wire.
fn refuse_internal(read: &Reader<'_>) -> Result<()> {
    for name in ["res2", "cond2", "join", "union"] {
        if read.get.get(name).or_else(|| read.post.get(name)).is_some() {
            return Err(Error::new(crate::error::Code::SERVER, format!("{name} should be DbExpr")));
        }
    }
    Ok(())
}

fn page(read: &Reader<'_>) -> Result<PageReq> {
    let size = match read.int("pagesz")? {
        Some(size) => Some(size),
        None => match read.int("rows")? {
            Some(rows) => Some(rows),
            None => read.int("_pagesz")?,
        },
    };
    let total_max = match read.int("totalMax")? {
        None => None,
        Some(n) if n > 0 => Some(n.unsigned_abs()),
        Some(n) => {
            let detail = format!("bad param `totalMax`=`{n}`: rows are counted up to a number above 0");
            return Err(Error::param(detail).say("参数`totalMax`应大于0", "`totalMax` must be above 0"));
        }
    };
    Ok(PageReq { size, page: read.int("page")?, key: read.any(&["pagekey", "_pagekey"])?, total_max })
}

/// `f1,f2!,f3*:words`; no words, no filter.
fn qsearch(text: &str) -> Result<Option<QSearch>> {
    let Some((fields, search)) = text.split_once(':') else {
        return Err(Error::param("bad qsearch format"));
    };
    let fields: Vec<(NameRef, Suffix)> = list::split(fields)
        .into_iter()
        .map(|field| match (field.strip_suffix('!'), field.strip_suffix('*')) {
            (Some(name), _) => (NameRef::plain(name.trim()), Suffix::Exact),
            (_, Some(name)) => (NameRef::plain(name.trim()), Suffix::Prefix),
            _ => (NameRef::plain(field), Suffix::None),
        })
        .collect();
    if fields.is_empty() {
        return Err(Error::param("bad qsearch format"));
    }
    let words = words(search);
    Ok((!words.is_empty()).then_some(QSearch { fields, words }))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().take(16).map(str::to_owned).collect()
}

/// Gathers `res_X` and `param_X` into `{X: {res, …}}`, so that a sub-object finds its own request.
fn subs(get: &Params, post: &Params) -> Map<String, Value> {
    let mut out: Map<String, Value> = Map::new();
    let mut slot = |name: &str, merge: Map<String, Value>| {
        let entry = out.entry(name.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(map) = entry {
            map.extend(merge);
        }
    };
    for (key, value) in post.0.iter().chain(&get.0) {
        if let (Some(name), Value::Object(map)) = (key.strip_prefix("param_"), value) {
            slot(name, map.clone());
        } else if let (Some(name), Some(text)) = (key.strip_prefix("param_"), value.as_str()) {
            if let Ok(Value::Object(map)) = serde_json::from_str(text) {
                slot(name, map);
            }
        } else if let Some(name) = key.strip_prefix("res_") {
            slot(name, Map::from_iter([("res".to_owned(), value.clone())]));
        }
    }
    out
}
