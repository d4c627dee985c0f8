//! The demo's wall: posts of its families with pictures, likes and comments, the newest of this hour.

use jindou::plugin::*;

const MINUTE: i64 = 60;

struct Post {
    /// Days ago, hour, minute.
    at: (i64, i64, i64),
    /// Which of the members.
    who: usize,
    text: &'static str,
    pictures: &'static [&'static [u8]],
    /// Longitude, latitude, address.
    place: Option<(f64, f64, &'static str)>,
    comments: &'static [(usize, &'static str)],
}

macro_rules! pictures {
    ($($file:literal),*) => {
        &[$(include_bytes!(concat!("demo/", $file, ".webp"))),*]
    };
}

const POSTS: &[Post] = &[
    Post {
        at: (12, 19, 30),
        who: 0,
        text: "大家好，我们是新来的一家！",
        pictures: &[],
        place: None,
        comments: &[(2, "欢迎欢迎！"), (4, "你好呀，我们也刚来不久。")],
    },
    Post {
        at: (9, 16, 5),
        who: 1,
        text: "周末带宝宝去了动物园，她最喜欢的是大熊猫，看了半个小时都不肯走。",
        pictures: pictures!["zoo"],
        place: Some((121.3620, 31.1930, "上海动物园")),
        comments: &[(3, "我们下周也去！"), (1, "早点去，上午人少。")],
    },
    Post {
        at: (7, 18, 40),
        who: 2,
        text: "看海，堆沙子，捡到一颗海星。",
        pictures: pictures!["sea"],
        place: Some((121.8540, 30.8590, "海边")),
        comments: &[(0, "夕阳真美。")],
    },
    Post {
        at: (5, 20, 0),
        who: 3,
        text: "小雨六岁啦！谢谢大家的祝福。",
        pictures: pictures!["cake"],
        place: None,
        comments: &[(0, "生日快乐！"), (1, "小雨生日快乐，又长高了吧"), (4, "祝小雨天天开心")],
    },
    Post {
        at: (3, 10, 20),
        who: 4,
        text: "乐乐第一次自己骑车绕湖一圈，摔了一跤也没哭。",
        pictures: pictures!["lake"],
        place: Some((121.5520, 31.2200, "世纪公园")),
        comments: &[(2, "勇敢！"), (3, "头盔记得戴好")],
    },
    Post {
        at: (2, 21, 10),
        who: 0,
        text: "推荐故事《月亮船》，宝宝听了三遍，睡得特别快。",
        pictures: &[],
        place: None,
        comments: &[(4, "马上去听")],
    },
    Post {
        at: (1, 19, 15),
        who: 1,
        text: "宝宝今天的画：我们的家。太阳画得比房子还大。",
        pictures: pictures!["crayon"],
        place: None,
        comments: &[(0, "挂起来！"), (3, "色彩真好看")],
    },
    Post {
        at: (0, 7, 30),
        who: 4,
        text: "今天的早餐自己摆盘。",
        pictures: pictures!["breakfast"],
        place: None,
        comments: &[(1, "看着就有胃口")],
    },
    Post {
        at: (0, 24, 0),
        who: 3,
        text: "天气正好，公园里野餐，有人一起吗？",
        pictures: pictures!["park", "zoo"],
        place: Some((121.4560, 31.2380, "静安雕塑公园")),
        comments: &[(1, "我们带宝宝过来")],
    },
];

pub fn wall(demo: &mut Demo<'_>) -> Result<()> {
    let members = members(demo)?;
    if !demo.is_empty("Plaza")? || members.len() < 5 {
        return Ok(());
    }
    for post in POSTS {
        let (days, hour, minute) = post.at;
        // Hour 24 of today is now: some minutes ago.
        let age = demo.age(days, hour, minute).max(25 * MINUTE);
        demo.ago(age);
        let who = members[post.who];
        let mut pictures = Vec::new();
        for bytes in post.pictures {
            let id = demo.upload(Role::User, who, "plaza", "photo.webp", bytes)?;
            pictures.push(json!({"attId": id}));
        }
        let mut fields = json!({"content": post.text, "pics": pictures});
        if let Some((lon, lat, address)) = post.place {
            fields =
                json!({"content": post.text, "pics": pictures, "lon": lon, "lat": lat, "address": address});
        }
        let id = demo.add(Role::User, who, "Plaza", fields)?;
        answered(demo, post, id, age, &members)?;
    }
    Ok(())
}

/// Everybody but the author likes it, as far as there are comments; some write.
fn answered(demo: &Demo<'_>, post: &Post, id: i64, age: i64, members: &[i64]) -> Result<()> {
    let call = |who: usize, action: &str, fields: Value| {
        demo.call(Role::User, members[who], action, json!({}), fields).map(|_| ())
    };
    let friends = (0..members.len()).filter(|who| *who != post.who).take(2 + post.comments.len());
    for (n, who) in (1..).zip(friends) {
        demo.ago(age - n * 3 * MINUTE);
        call(who, "Plaza.like", json!({"id": id}))?;
    }
    for (n, (who, text)) in (1..).zip(post.comments) {
        demo.ago(age - n * 6 * MINUTE);
        call(*who, "PlazaComment.add", json!({"plazaId": id, "content": text}))?;
    }
    Ok(())
}

/// Users with a circle, oldest first.
fn members(demo: &Demo<'_>) -> Result<Vec<i64>> {
    let get = json!({"res": "userId", "cond": {"status": 1}, "orderby": "id", "pagesz": -1});
    let found = demo.call(Role::Admin, 1, "CircleUser.query", get, json!({}))?;
    let rows = found["d"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(rows.iter().filter_map(|row| row[0].as_i64()).collect())
}
