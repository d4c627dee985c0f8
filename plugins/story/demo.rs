//! The demo's shelf: six stories with covers, pictures and sound, a medal, and the questions it is won with. Texts,
//! pictures and sounds are the project's own; the two old melodies belong to nobody.

mod sound;
mod texts;

use jindou::plugin::*;
use texts::{STORIES, Text};

const DAY: i64 = 86_400;
const QUESTIONS: &[(&str, &str, i64)] = &[
    ("小猫钓到鱼是因为一心一意", "是的，它不再去追蝴蝶", 1),
    ("龟兔赛跑是兔子赢了", "乌龟先到终点", 2),
    ("小水滴变成云以后就再也没有回来", "它变成雨，又落回了大地", 2),
    ("月亮船把星星灯送给了怕黑的小伙伴", "大家都睡得很香", 1),
];

pub fn shelf(demo: &mut Demo<'_>) -> Result<()> {
    let Some(staff) = demo.ids("Employee", "id>0")?.first().copied() else { return Ok(()) };
    if !demo.is_empty("Story")? {
        return Ok(());
    }
    demo.ago(28 * DAY);
    let add = |object: &str, fields: Value| demo.add(Role::Admin, 1, object, fields);
    let picture = |bytes: &[u8]| demo.upload(Role::Emp, staff, "content", "picture.webp", bytes);
    let note = picture(include_bytes!("demo/note.webp"))?;
    add("AppCategory", json!({"code": "song", "name": "儿歌", "sort": 2, "picId": note}))?;
    for id in demo.ids("AppCategory", "code='story'")? {
        let book = picture(include_bytes!("demo/book.webp"))?;
        demo.call(Role::Admin, 1, "AppCategory.set", json!({"id": id}), json!({"picId": book}))?;
    }
    let mut stories = Vec::new();
    for (n, text) in (0..).zip(STORIES) {
        demo.ago((27 - n * 4) * DAY);
        stories.push(story(demo, staff, text)?);
    }
    for (story, banner) in [
        (2, include_bytes!("demo/banner-moon-1.webp").as_slice()),
        (0, include_bytes!("demo/banner-cat-1.webp")),
    ] {
        let fields = json!({"storyId": stories[story], "picId": picture(banner)?, "sort": 1});
        add("Banner", fields)?;
    }
    let animals = add("AnswerCategory", json!({"code": "animals", "name": "动物", "sort": 1}))?;
    let mut questions = Vec::new();
    for (idx, (question, answer, opt)) in (1..).zip(QUESTIONS) {
        let fields = json!({"categoryId": animals, "question": question, "answer": answer, "opt": opt});
        questions.push(json!({"questionId": add("AnswerQuestion", fields)?, "idx": idx}));
    }
    let read: Vec<Value> =
        (1..).zip(&stories[..4]).map(|(idx, id)| json!({"storyId": id, "idx": idx})).collect();
    let medal = picture(include_bytes!("demo/medal.webp"))?;
    let medal = json!({"code": "reader", "name": "小小读者", "sort": 1, "picId": medal, "stories": read,
        "questions": questions});
    add("Medal", medal)?;
    played(demo, &stories, &questions)
}

fn story(demo: &Demo<'_>, staff: i64, text: &Text) -> Result<i64> {
    let mut pictures = Vec::new();
    for bytes in text.pictures {
        pictures.push(demo.upload(Role::Emp, staff, "content", "picture.webp", bytes)?);
    }
    let sound = sound::wav(&text.tune, text.lines.len());
    let audio = demo.upload(Role::Emp, staff, "storyAudio", "sound.wav", &sound)?;
    let line_ms = text.tune.line_ms();
    let slices: Vec<Value> = (0..)
        .zip(text.lines)
        .map(|(at, (picture, txt))| json!({"idx": at + 1, "txt": txt, "picIdx": picture, "ms": at * line_ms}))
        .collect();
    let pics: Vec<Value> = (1..).zip(&pictures).map(|(idx, id)| json!({"attId": id, "idx": idx})).collect();
    let category = demo.ids("AppCategory", &format!("code='{}'", text.category))?.first().copied();
    let fields = json!({"categoryId": category, "title": text.title, "brief": text.brief, "picId": pictures[0],
        "audioId": audio, "audioType": "wav", "pics": pics, "slices": slices});
    let id = demo.add(Role::Emp, staff, "Story", fields)?;
    demo.call(Role::Admin, 1, "Story.set", json!({"id": id}), json!({"sendCnt": text.sent}))?;
    Ok(id)
}

/// Some watches have read and answered already.
fn played(demo: &Demo<'_>, stories: &[i64], questions: &[Value]) -> Result<()> {
    for (n, watch) in (0..).zip(demo.ids("Watch", "circleId>0")?) {
        for (at, story) in (0..).zip(&stories[..4 - n.min(3)]) {
            demo.ago(demo.age(5 - at as i64, 19, 40));
            demo.call(Role::Watch, watch, "Watch.storyFinished", json!({}), json!({"storyId": story}))?;
        }
        let answers: Vec<Value> = (0..)
            .zip(questions)
            .map(|(at, one)| json!({"questionId": one["questionId"], "result": i64::from(at >= n)}))
            .collect();
        demo.ago(demo.age(1, 20, 5));
        demo.call(Role::Watch, watch, "Watch.uploadAnswer", json!({}), json!({"items": answers}))?;
    }
    Ok(())
}
