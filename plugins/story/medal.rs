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
    .on_del(goes_with_its_parts)
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

fn goes_with_its_parts(_tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.after(|tx, id| {
        for table in ["MedalStory", "MedalQuestion", "WatchMedal"] {
            tx.del_all(table, Cond::int("medalId", id))?;
        }
        Ok(())
    });
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

/// Once won, a medal is won; by another family with the same watch, it was not.
pub fn win(tx: &mut Tx<'_>, watch: &Row, medal: i64) -> Result<()> {
    reached(tx, watch, ("WatchMedal", "medalId", "createTm"), medal)
}

/// The first time that a family reached something with a watch: table, the column that says what, and that of the time.
pub fn reached(
    tx: &mut Tx<'_>,
    watch: &Row,
    (table, column, time): (&str, &str, &str),
    what: i64,
) -> Result<()> {
    let by = [("watchId", json!(watch.int("id"))), (column, json!(what))];
    match tx.first(table, &by, &format!("id, {time}"))? {
        None => tx.add(table, json!({"watchId": watch.int("id"), column: what, time: tx.now()})).map(|_| ()),
        Some(row) if row.text(time) < watch.text("bindTm") => {
            tx.set(table, row.int("id"), json!({time: tx.now()})).map(|_| ())
        }
        Some(_) => Ok(()),
    }
}

/// `Watch.medalWall`
pub fn wall(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let watch = watch::named(tx, args)?;
    let mine = |tx: &mut Tx<'_>, table: &str, column: &'static str, time: &str| -> Result<Vec<i64>> {
        let only = Cond::int("watchId", watch.int("id")).and(watch::since_binding(&watch, time));
        Ok(tx.find(table, Find::by(only).res(column))?.iter().map(|row| row.int(column)).collect())
    };
    let won = mine(tx, "WatchMedal", "medalId", "createTm")?;
    let read = mine(tx, "WatchStory", "storyId", "finishTm")?;
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
