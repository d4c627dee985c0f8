//! The demo's wall: a few posts of the demo's family, with likes and comments.

use jindou::plugin::*;

/// Longitude, latitude, address.
type Spot = (f64, f64, &'static str);

/// Days ago, which of the family, text, place.
const POSTS: &[(f64, usize, &str, Option<Spot>)] = &[
    (12.0, 0, "大家好，我们是新来的一家！", None),
    (6.0, 1, "周末带宝宝去了动物园，最喜欢的是大熊猫。", Some((121.3620, 31.1930, "动物园"))),
    (1.5, 0, "推荐故事《小猫钓鱼》，宝宝听了三遍。", None),
];

pub fn wall(demo: &mut Demo<'_>) -> Result<()> {
    let count = demo.call(Role::Admin, 1, "Plaza.query", json!({"res": "count(*) cnt"}), json!({}))?;
    let family = json!({"res": "userId", "cond": {"status": 1}, "orderby": "id", "pagesz": 2});
    let family = demo.call(Role::Admin, 1, "CircleUser.query", family, json!({}))?;
    let family: Vec<i64> = (0..2).filter_map(|at| family["d"][at][0].as_i64()).collect();
    if count["d"][0][0].as_i64().unwrap_or_default() > 0 || family.len() < 2 {
        return Ok(());
    }
    let call =
        |who: usize, action: &str, post: Value| demo.call(Role::User, family[who], action, json!({}), post);
    for (days, who, content, place) in POSTS {
        demo.turn_back(*days);
        let mut post = json!({"content": content});
        if let Some((lon, lat, address)) = place {
            post = json!({"content": content, "lon": lon, "lat": lat, "address": address});
        }
        let id = call(*who, "Plaza.add", post)?;
        demo.turn_back(days - 0.2);
        call(1 - who, "Plaza.like", json!({"id": id}))?;
        call(1 - who, "PlazaComment.add", json!({"plazaId": id, "content": "真好！"}))?;
    }
    Ok(())
}
