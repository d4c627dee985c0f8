//! Medals: for stories read and questions answered.

use super::codes;
use crate::plugins::watch::watch;
use jindou::plugin::*;

pub static MEDAL: Object = Object::table("Medal")
    .default_sort("sort, id")
    .lookup("code")
    .subs(&[
        list("stories", "MedalStory", "medalId={id}").res("id,storyId,idx").order("idx"),
        list("questions", "MedalQuestion", "medalId={id}").res("id,questionId,idx").order("idx"),
    ])
    .get_res("*, stories, questions")
    .on_write(on_write)
    .guest(can(READ))
    .emp(can(ALL).required("code, name"));

pub static MEDAL_STORY: Object = Object::table("MedalStory")
    .points_to(&[("storyId", "Story", codes::STORY_UNKNOWN)])
    .guest(can(READ))
    .emp(can(ALL));
pub static MEDAL_QUESTION: Object = Object::table("MedalQuestion")
    .points_to(&[("questionId", "AnswerQuestion", codes::QUESTION_UNKNOWN)])
    .guest(can(READ))
    .emp(can(ALL));

fn on_write(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.deleting() {
        write.after(|tx, id| {
            for table in ["MedalStory", "MedalQuestion", "WatchMedal"] {
                tx.del_all(table, Cond::int("medalId", id))?;
            }
            Ok(())
        });
    }
    Ok(())
}

/// The medal whose questions these are, all of them.
pub fn of_questions(tx: &mut Tx<'_>, asked: &[i64]) -> Result<Option<i64>> {
    let Some(first) = asked.first() else { return Ok(None) };
    let link = tx.first("MedalQuestion", &[("questionId", json!(first))], "medalId")?;
    let Some(medal) = link.map(|link| link.int("medalId")) else { return Ok(None) };
    let all = tx.list("MedalQuestion", &[("medalId", json!(medal))], "questionId", 1000)?;
    let all: Vec<i64> = all.iter().map(|row| row.int("questionId")).collect();
    let same = all.iter().all(|id| asked.contains(id)) && asked.iter().all(|id| all.contains(id));
    Ok(same.then_some(medal))
}

/// Once won, a medal is won.
pub fn win(tx: &mut Tx<'_>, watch: i64, medal: i64) -> Result<()> {
    let by = [("watchId", json!(watch)), ("medalId", json!(medal))];
    if tx.first("WatchMedal", &by, "id")?.is_none() {
        tx.add("WatchMedal", json!({"watchId": watch, "medalId": medal, "createTm": tx.now()}))?;
    }
    Ok(())
}

/// `Watch.medalWall`
pub fn wall(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = watch::named(tx, args)?.int("id");
    let mine = |tx: &mut Tx<'_>, table: &str, column: &str| -> Result<Vec<i64>> {
        let rows = tx.list(table, &[("watchId", json!(id))], column, 10_000)?;
        Ok(rows.iter().map(|row| row.int(column)).collect())
    };
    let won = mine(tx, "WatchMedal", "medalId")?;
    let read = mine(tx, "WatchStory", "storyId")?;
    let medals =
        tx.find("Medal", Find::by(Cond::none()).res("id, name, picId, stories").order("sort, id"))?;
    let wall = medals.into_iter().map(|medal| {
        let stories = medal["stories"].as_array().cloned().unwrap_or_default();
        let goals: Vec<Value> = stories
            .iter()
            .map(|story| {
                let done = story["storyId"].as_i64().is_some_and(|story| read.contains(&story));
                json!({"storyId": story["storyId"], "status": i64::from(done)})
            })
            .collect();
        json!({"medalId": medal["id"], "name": medal["name"], "picId": medal["picId"],
            "status": i64::from(won.contains(&medal.int("id"))), "goals": goals})
    });
    Ok(Value::Array(wall.collect()).into())
}
