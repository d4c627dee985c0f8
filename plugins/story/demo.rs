//! The demo's shelf: stories in two categories, a medal, and the questions it is won with.

use jindou::plugin::*;

/// Category, title, brief, slices.
const STORIES: &[(&str, &str, &str, &[&str])] = &[
    (
        "story",
        "小猫钓鱼",
        "做事要一心一意",
        &[
            "猫妈妈带着小猫去河边钓鱼。",
            "一只蜻蜓飞来，小猫放下鱼竿去捉蜻蜓。",
            "一只蝴蝶飞来，小猫又去捉蝴蝶。",
            "妈妈说：一心一意才能钓到鱼。小猫坐下来，果然钓到了一条大鱼。",
        ],
    ),
    (
        "story",
        "龟兔赛跑",
        "坚持的人先到终点",
        &[
            "兔子和乌龟比赛跑步，兔子跑得飞快。",
            "兔子回头不见乌龟，就在树下睡着了。",
            "乌龟一步一步，不停地走，先到了终点。",
        ],
    ),
    ("song", "两只老虎", "儿歌", &["两只老虎，两只老虎，跑得快，跑得快。"]),
];
const QUESTIONS: &[(&str, &str, i64)] =
    &[("小猫钓到鱼是因为一心一意", "是的，它不再去捉蝴蝶", 1), ("龟兔赛跑是兔子赢了", "乌龟先到终点", 2)];

pub fn shelf(demo: &mut Demo<'_>) -> Result<()> {
    let known = demo.call(Role::Admin, 1, "Story.query", json!({"res": "count(*) cnt"}), json!({}))?;
    if known["d"][0][0].as_i64().unwrap_or_default() > 0 {
        return Ok(());
    }
    demo.turn_back(28.0);
    let add = |object: &str, fields: Value| -> Result<i64> {
        let made = demo.call(Role::Admin, 1, &format!("{object}.add"), json!({}), fields)?;
        made.as_i64().ok_or_else(|| Error::server(format!("demo data: {object}.add gave {made}")))
    };
    add("AppCategory", json!({"code": "song", "name": "儿歌", "sort": 2}))?;
    let categories = json!({"res": "code,id", "fmt": "array"});
    let categories = demo.call(Role::Admin, 1, "AppCategory.query", categories, json!({}))?;
    let mut ids = Vec::new();
    for (category, title, brief, text) in STORIES {
        let of = categories.as_array().and_then(|list| list.iter().find(|row| row["code"] == *category));
        let slices: Vec<Value> = (1..)
            .zip(*text)
            .map(|(idx, txt)| json!({"idx": idx, "txt": txt, "picIdx": 0, "ms": (idx - 1) * 6000}))
            .collect();
        let category = of.map(|row| row["id"].clone());
        ids.push(add(
            "Story",
            json!({"categoryId": category, "title": title, "brief": brief, "slices": slices}),
        )?);
    }
    add("Banner", json!({"storyId": ids[0], "sort": 1}))?;
    let animals = add("AnswerCategory", json!({"code": "animals", "name": "动物", "sort": 1}))?;
    let mut questions = Vec::new();
    for (idx, (question, answer, opt)) in (1..).zip(QUESTIONS) {
        let fields = json!({"categoryId": animals, "question": question, "answer": answer, "opt": opt});
        questions.push(json!({"questionId": add("AnswerQuestion", fields)?, "idx": idx}));
    }
    let stories = [json!({"storyId": ids[0], "idx": 1}), json!({"storyId": ids[1], "idx": 2})];
    let medal =
        json!({"code": "reader", "name": "小小读者", "sort": 1, "stories": stories, "questions": questions});
    add("Medal", medal).map(|_| ())
}
