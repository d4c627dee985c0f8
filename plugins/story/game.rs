//! The answer game: questions, and what watches made of them.

use super::{codes, medal, rank};
use crate::plugins::watch::{device, watch};
use jindou::kv::Kv;
use jindou::plugin::*;

pub static ANSWER_CATEGORY: Object = Object::table("AnswerCategory")
    .default_sort("sort, id")
    .lookup("code")
    .on_del(goes_with_its_questions)
    .guest(can(READ))
    .emp(can(ALL).required("code, name"));

pub static ANSWER_QUESTION: Object = Object::table("AnswerQuestion")
    .vcols(&[join("AnswerCategory", "categoryId").cols("code categoryCode").by_default()])
    .quick_search("question")
    .actions(&[
        read("random", USER, random).doc("Questions of a category, at random."),
        read("ofMedal", USER, of_medal).doc("The questions of a medal."),
    ])
    .points_to(&[("categoryId", "AnswerCategory", codes::CATEGORY)])
    .on_write(tick_or_cross)
    .on_del(leaves_its_medals)
    .emp(can(ALL).required("question, opt"));

pub static WATCH_ANSWER: Object = Object::table("WatchAnswer")
    .subs(&[list("items", "WatchAnswerItem", "answerId={id}").res("idx,questionId,result").order("idx")])
    .default_sort("id desc")
    .actions(&[
        read("query", USER, query).doc("The games of a watch."),
        read("get", USER, get).doc("A game with its answers."),
    ])
    .get_res("*, items")
    .user(can(READ))
    .emp(can(READ));

pub static WATCH_ANSWER_ITEM: Object = Object::table("WatchAnswerItem").emp(can(READ));

const MOST: i64 = 100;

/// A category goes with its questions.
fn goes_with_its_questions(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    tx.del_all("AnswerQuestion", Cond::int("categoryId", write.id.unwrap_or_default())).map(|_| ())
}

fn tick_or_cross(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    match write.get("opt") {
        Some(opt) if !matches!(opt.as_i64(), Some(1 | 2)) => {
            Err(Error::param(format!("field `opt` is 1 tick or 2 cross, not `{opt}`")))
        }
        _ => Ok(()),
    }
}

fn leaves_its_medals(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    tx.del_all("MedalQuestion", Cond::int("questionId", write.id.unwrap_or_default())).map(|_| ())
}

fn random(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let code = args.need_text("categoryCode")?;
    let num = args.int("num")?.unwrap_or(10);
    if !(1..=MOST).contains(&num) {
        return Err(Error::param(format!("param `num` is 1 to {MOST}")));
    }
    let category = tx.first("AnswerCategory", &[("code", json!(code))], "id")?;
    let category = category.ok_or_else(|| Error::known(codes::CATEGORY))?;
    let only = Cond::int("categoryId", category.int("id"));
    let mut rows = tx.find("AnswerQuestion", Find::by(only).res("id, categoryId, question"))?;
    let mut picked = Vec::new();
    while !rows.is_empty() && (picked.len() as i64) < num {
        let at = jindou::id::random_in(0..=rows.len() as i64 - 1, 1, |_| Ok(true))?;
        picked.push(rows.swap_remove(at.unwrap_or_default() as usize));
    }
    shown(args, picked)
}

fn of_medal(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("medalId")?;
    let mut picked = Vec::new();
    for link in tx.find("MedalQuestion", Find::by(Cond::int("medalId", id)).order("idx, id"))? {
        let only = Cond::int("id", link.int("questionId"));
        picked.extend(tx.find_one("AnswerQuestion", Find::by(only).res("id, categoryId, question"))?);
    }
    shown(args, picked)
}

/// Without the answers, and without whether it is a tick: that would be one.
fn shown(args: &Args, rows: Vec<Row>) -> Result<Answer> {
    let names = ["id", "categoryId", "question"];
    let cells = |row: Row| names.iter().map(|name| row[*name].clone()).collect();
    args.table(Grid::new(names, rows.into_iter().map(cells).collect()))
}

/// `Watch.uploadAnswer`
pub fn upload(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let items = items(args)?;
    let (start, end) = (args.moment("startTm")?, args.moment("endTm")?);
    let watch = device::reporting(tx)?;
    let imei = watch.text("imei").to_owned();
    for (question, _) in &items {
        if tx.first("AnswerQuestion", &[("id", json!(question))], "id")?.is_none() {
            return Err(Error::param(format!("param `items`: there is no question {question}")));
        }
    }
    let num = items.iter().filter(|(_, right)| *right).count() as i64;
    let rows: Vec<Value> = items.iter().enumerate().map(|(at, (question, right))| {
        json!({"idx": at + 1, "questionId": question, "result": i64::from(*right)})
    }).collect();
    let end = end.unwrap_or_else(|| tx.now());
    let id = tx.add(
        "WatchAnswer",
        json!({"imei": imei, "num": num, "startTm": start, "endTm": end, "items": rows}),
    )?;
    let score = rank::add(tx, &imei, num)?;
    tx.kv().del(&format!("watch:{imei}:answering"))?;
    let mut answer = json!({"id": id, "num": num, "score": score});
    let all_right = num == items.len() as i64;
    let asked: Vec<i64> = items.iter().map(|(question, _)| *question).collect();
    if let (true, Some(medal)) = (all_right, medal::of_questions(tx, &asked)?) {
        medal::win(tx, &watch, medal)?;
        answer["medalId"] = json!(medal);
    }
    Ok(answer.into())
}

/// `items=[{questionId,result}]`; a result is 1 when it is right.
fn items(args: &Args) -> Result<Vec<(i64, bool)>> {
    let wrong = || Error::param("param `items` is a list of {questionId, result}, 1 to 100 of them");
    let list = args.rows("items")?.ok_or_else(|| Error::missing("items"))?;
    if list.is_empty() || list.len() as i64 > MOST {
        return Err(wrong());
    }
    let item = |item: &Row| {
        let result = whole(item, "result").filter(|result| matches!(result, 0 | 1))?;
        Some((whole(item, "questionId")?, result == 1))
    };
    list.iter().map(|one| item(one).ok_or_else(wrong)).collect()
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let found = watch::named(tx, args)?;
    let only = Cond::text("imei", found.text("imei")).and(watch::since_binding(&found, "endTm"));
    tx.standard_query("WatchAnswer", args, only)
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let missing = || Error::param(format!("not found `WatchAnswer.id`=`{id}`"));
    let found = tx.first("WatchAnswer", &[("id", json!(id))], "imei, endTm")?.ok_or_else(missing)?;
    let watch = watch::of_member(tx, found.text("imei")).map_err(|_| missing())?;
    if found.text("endTm") < watch.text("bindTm") {
        return Err(missing());
    }
    tx.standard("WatchAnswer", GET, args)
}
