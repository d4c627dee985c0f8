//! Scores of the answer game and their ranking: highest first, equal ones by the earlier time.

use crate::plugins::watch::watch;
use jindou::plugin::*;

pub static ANSWER_SCORE: Object = Object::table("AnswerScore")
    .vcols(&[
        join("Watch", "imei").key("imei").cols("name, picId").by_default(),
        join("Watch", "imei").key("imei").cols("id watchId"),
    ])
    .private_of("Watch", "watchId")
    .default_sort("score desc, tm, id")
    .emp(can(READ).needs(mask::PRIVATE).else_hidden("name, picId"));

const ORDER: &str = "score desc, tm, id";
const NAMES: [&str; 5] = ["rank", "imei", "name", "picId", "score"];
const PAGE_MAX: i64 = 100;
const DEEPEST: i64 = 10_000;

/// The score after more right answers.
pub fn add(tx: &mut Tx<'_>, imei: &str, by: i64) -> Result<i64> {
    let now = tx.now_with_ms();
    match tx.first("AnswerScore", &[("imei", json!(imei))], "id, score")? {
        Some(row) => {
            let score = row.int("score") + by;
            if by != 0 {
                tx.set("AnswerScore", row.int("id"), json!({"score": score, "tm": now}))?;
            }
            Ok(score)
        }
        None => {
            tx.add("AnswerScore", json!({"imei": imei, "score": by, "tm": now}))?;
            Ok(by)
        }
    }
}

/// A watch that left its circle begins anew.
pub fn forget(tx: &mut Tx<'_>, about: &Value) -> Result<()> {
    tx.del_all("AnswerScore", Cond::text("imei", about["imei"].as_str().unwrap_or_default())).map(|_| ())
}

pub fn page(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let page = args.int("page")?.unwrap_or(1).max(1);
    let size = args.int("pagesz")?.unwrap_or(20).clamp(1, PAGE_MAX);
    let first = (page - 1).saturating_mul(size);
    if first >= DEEPEST {
        return args.table(Grid::new(NAMES, Vec::new()));
    }
    let find = Find::by(Cond::none()).res("imei, name, picId, score").order(ORDER).limit(first + size);
    let mut rows = Vec::new();
    for (at, found) in tx.find("AnswerScore", find)?.into_iter().enumerate().skip(first as usize) {
        rows.push(line(tx, at as i64 + 1, &found)?);
    }
    args.table(Grid::new(NAMES, rows))
}

/// Another family's watch keeps its number to itself.
fn line(tx: &mut Tx<'_>, rank: i64, found: &Row) -> Result<Vec<Value>> {
    let imei = found.text("imei");
    let shown = match watch::of_member(tx, imei) {
        Ok(_) => imei.to_owned(),
        Err(_) => format!("***{}", &imei[imei.len().saturating_sub(4)..]),
    };
    Ok(vec![
        json!(rank),
        json!(shown),
        found["name"].clone(),
        found["picId"].clone(),
        json!(found.int("score")),
    ])
}

pub fn of(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let imeis = args.need_text("imeis")?;
    let mut rows = Vec::new();
    for imei in imeis.split(',').map(str::trim).filter(|imei| !imei.is_empty()).take(PAGE_MAX as usize) {
        let only = Find::by(Cond::text("imei", imei)).res("id, imei, name, picId, score, tm");
        let Some(found) = tx.find_one("AnswerScore", only)? else {
            rows.push(vec![json!(0), json!(imei), json!(null), json!(null), json!(0)]);
            continue;
        };
        let (score, tm) = (found.int("score"), found.text("tm").to_owned());
        let better = Cond::compare("score", Compare::Gt, Literal::Int(score));
        let same = Cond::int("score", score);
        let earlier = same.clone().and(Cond::compare("tm", Compare::Lt, Literal::Text(tm.clone())));
        let first = Cond::compare("id", Compare::Lt, Literal::Int(found.int("id")));
        let first = same.and(Cond::text("tm", &tm)).and(first);
        let rank = tx.count_of("AnswerScore", better.or(earlier).or(first))? + 1;
        rows.push(line(tx, rank, &found)?);
    }
    args.table(Grid::new(NAMES, rows))
}
