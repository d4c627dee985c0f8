//! What clients do, drawn from a seed: calls of every kind, each with a mark of its own by which it is found again.

use crate::book::Order;
use crate::http::Cut;
use crate::rng::Rng;
use crate::server::Who;
use serde_json::{Value, json};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Csv,
    Json,
    Async,
}

#[derive(Clone, Debug)]
pub enum What {
    /// An order with so many files that were uploaded before.
    Add {
        files: Vec<i64>,
    },
    /// Orders in one call. With `trans` all or none; `bad` is one that is refused.
    Batch {
        orders: usize,
        trans: bool,
        bad: Option<usize>,
    },
    Import {
        rows: usize,
        form: Form,
    },
    /// The remark of one order, or of several at once.
    Remark {
        orders: Vec<i64>,
    },
    Status {
        order: i64,
        to: &'static str,
    },
    Del {
        order: i64,
    },
    Upload {
        size: usize,
    },
    /// Refused by its content.
    Bad,
    Look,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub mark: String,
    pub who: Who,
    pub what: What,
    pub key: bool,
    pub cut: Cut,
}

/// How large imports are: a few rows, or long ones that are caught in the middle.
#[derive(Clone, Copy)]
pub struct Taste {
    pub rows: (u64, u64),
    /// Of a hundred calls of the staff so many are imports.
    pub imports: u64,
    /// Of a hundred calls so many are cut off by their client.
    pub cuts: u64,
}

impl Taste {
    pub const USUAL: Taste = Taste { rows: (2, 40), imports: 30, cuts: 1 };
    pub const IMPORTS: Taste = Taste { rows: (300, 1200), imports: 80, cuts: 1 };
    pub const CUTS: Taste = Taste { rows: (2, 40), imports: 30, cuts: 30 };
}

/// The next call of a client over orders and files of its own.
pub fn next(
    rng: &mut Rng,
    who: Who,
    mark: String,
    orders: &[&Order],
    files: &mut Vec<i64>,
    taste: Taste,
) -> Call {
    let what = match who {
        Who::User(_) => of_user(rng, orders, files),
        _ => of_staff(rng, who, orders, taste),
    };
    let cut = match rng.chance(taste.cuts) {
        true => rng.pick(&[Cut::Midway, Cut::BeforeAnswer]),
        false => Cut::No,
    };
    let keyable = !matches!(
        what,
        What::Look
            | What::Upload { .. }
            | What::Batch { trans: false, .. }
            | What::Import { form: Form::Async, .. }
    );
    Call { mark, who, what, key: keyable && rng.chance(35), cut }
}

fn of_user(rng: &mut Rng, orders: &[&Order], files: &mut Vec<i64>) -> What {
    let some = rng.between(2, 6) as usize;
    match rng.below(100) {
        0..25 => What::Add { files: Vec::new() },
        25..35 => What::Add { files: files.split_off(files.len().saturating_sub(2)) },
        35..45 => What::Batch { orders: some, trans: false, bad: None },
        45..50 => What::Batch { orders: some, trans: false, bad: Some(rng.below(some as u64) as usize) },
        50..60 => What::Batch { orders: some, trans: true, bad: None },
        60..64 => What::Batch { orders: some, trans: true, bad: Some(rng.below(some as u64) as usize) },
        64..80 if !orders.is_empty() => What::Remark { orders: vec![rng.pick(orders).id] },
        80..85 if !orders.is_empty() => What::Status { order: rng.pick(orders).id, to: "CA" },
        85..93 => What::Upload { size: rng.between(1, 40_000) as usize },
        93..97 => What::Bad,
        _ => What::Look,
    }
}

fn of_staff(rng: &mut Rng, who: Who, orders: &[&Order], taste: Taste) -> What {
    if rng.chance(taste.imports) {
        let rows = rng.between(taste.rows.0, taste.rows.1) as usize;
        return What::Import { rows, form: rng.pick(&[Form::Csv, Form::Json, Form::Async]) };
    }
    match rng.below(100) {
        0..40 if !orders.is_empty() => What::Remark { orders: vec![rng.pick(orders).id] },
        40..60 if !orders.is_empty() => {
            What::Status { order: rng.pick(orders).id, to: rng.pick(&["RE", "CA"]) }
        }
        60..70 if who == Who::Manager && !orders.is_empty() => What::Del { order: rng.pick(orders).id },
        70..80 if who == Who::Manager && orders.len() > 4 => {
            What::Remark { orders: orders.iter().rev().take(4).map(|order| order.id).collect() }
        }
        80..85 => What::Bad,
        _ => What::Add { files: Vec::new() },
    }
}

impl Call {
    /// The mark of its n-th order.
    pub fn row(&self, n: usize) -> String {
        format!("{}.{n}.", self.mark)
    }

    /// Orders that it makes when it is done.
    pub fn makes(&self) -> usize {
        match &self.what {
            What::Add { .. } => 1,
            What::Batch { orders, .. } => *orders,
            What::Import { rows, .. } => *rows,
            _ => 0,
        }
    }

    pub fn is_async(&self) -> bool {
        matches!(self.what, What::Import { form: Form::Async, .. })
    }

    /// Target, content type and body.
    pub fn request(&self) -> (String, &'static str, Vec<u8>) {
        let (target, body) = self.words();
        let join = if target.contains('?') { '&' } else { '?' };
        let target = match self.key {
            true => format!("{target}{join}_key={}", self.mark),
            false => target,
        };
        match body {
            Body::Json(value) => (target, "application/json", value.to_string().into_bytes()),
            Body::Text(text) => (target, "text/plain", text),
        }
    }

    fn order(&self, n: usize) -> Value {
        match self.who {
            Who::User(_) => json!({"dscr": self.row(n)}),
            _ => json!({"dscr": self.row(n), "userId": 1}),
        }
    }

    fn words(&self) -> (String, Body) {
        let (target, body) = match &self.what {
            What::Add { files } => {
                let mut order = self.order(0);
                if !files.is_empty() {
                    order["atts"] = files.iter().map(|id| json!({"attId": id})).collect();
                }
                ("Ordr.add".to_owned(), order)
            }
            What::Batch { orders, trans, bad } => {
                let item = |n: usize| {
                    let mut order = self.order(n);
                    if *bad == Some(n) {
                        order["amount"] = json!(-1);
                    }
                    json!({"ac": "Ordr.add", "post": order})
                };
                let target = if *trans { "batch?useTrans=1" } else { "batch" };
                (target.to_owned(), (0..*orders).map(item).collect())
            }
            What::Import { rows, form: Form::Json } => (
                "Ordr.batchAdd".to_owned(),
                json!({"list": (0..*rows).map(|n| self.order(n)).collect::<Vec<_>>()}),
            ),
            What::Import { rows, form } => {
                let lines: String = (0..*rows).map(|n| format!("{},1\n", self.row(n))).collect();
                let target = if *form == Form::Async { "Ordr.batchAdd?async=1" } else { "Ordr.batchAdd" };
                return (target.to_owned(), Body::Text(format!("dscr,userId\n{lines}").into_bytes()));
            }
            What::Remark { orders } => match orders[..] {
                [id] => (format!("Ordr.set?id={id}"), json!({"cmt": self.mark})),
                _ => {
                    let ids: Vec<String> = orders.iter().map(i64::to_string).collect();
                    (format!("Ordr.batchSet?cond=id%20IN%20({})", ids.join(",")), json!({"cmt": self.mark}))
                }
            },
            What::Status { order, to } => (format!("Ordr.set?id={order}"), json!({"status": to})),
            What::Del { order } => (format!("Ordr.del?id={order}"), json!({})),
            What::Upload { size } => {
                return (
                    format!("upload?fmt=raw&f={}.txt", self.mark),
                    Body::Text(content(&self.mark, *size)),
                );
            }
            What::Bad => {
                let mut order = self.order(0);
                order["amount"] = json!(-1);
                ("Ordr.add".to_owned(), order)
            }
            What::Look => ("Ordr.query?res=id&pagesz=5&orderby=id%20desc".to_owned(), json!({})),
        };
        (target, Body::Json(body))
    }
}

enum Body {
    Json(Value),
    Text(Vec<u8>),
}

/// The bytes of a file of this mark.
pub fn content(mark: &str, size: usize) -> Vec<u8> {
    mark.bytes().chain(*b" ").cycle().take(size.max(mark.len())).collect()
}
