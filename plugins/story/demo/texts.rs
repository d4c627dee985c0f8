//! The demo's stories: words, pictures and tunes.

use super::sound::{Plays, Tune};

pub struct Text {
    pub category: &'static str,
    pub title: &'static str,
    pub brief: &'static str,
    /// How often it was sent to a watch.
    pub sent: i64,
    /// The first one is the cover.
    pub pictures: &'static [&'static [u8]],
    /// Which picture, counted from 1, and the words.
    pub lines: &'static [(i64, &'static str)],
    pub tune: Tune,
}

macro_rules! pictures {
    ($($file:literal),*) => {
        &[$(include_bytes!(concat!($file, ".webp"))),*]
    };
}

const C: [i32; 3] = [0, 4, 7];
const D_MINOR: [i32; 3] = [2, 5, 9];
const E_MINOR: [i32; 3] = [4, 7, 11];
const F: [i32; 3] = [5, 9, 12];
const G: [i32; 3] = [7, 11, 14];
const A_MINOR: [i32; 3] = [9, 12, 16];

const fn chords(beat_ms: i64, chords: &'static [[i32; 3]]) -> Tune {
    Tune { beat_ms, plays: Plays::Chords(chords) }
}

pub const STORIES: &[Text] = &[
    Text {
        category: "story",
        title: "小猫钓鱼",
        brief: "做事要一心一意",
        sent: 36,
        pictures: pictures!["cat-1", "cat-2", "cat-3"],
        lines: &[
            (1, "清早，小猫跟着妈妈到河边学钓鱼。"),
            (1, "它刚放好鱼竿，一只蜻蜓飞来了。"),
            (2, "小猫丢下鱼竿去追蜻蜓，蜻蜓飞走了。"),
            (2, "一只蝴蝶飞来，小猫又去追蝴蝶，还是没追上。"),
            (1, "妈妈说：“三心二意，鱼儿可不会等你。”"),
            (3, "小猫坐好，一动不动。太阳下山的时候，它钓到了一条大鱼！"),
        ],
        tune: chords(620, &[C, A_MINOR, F, G]),
    },
    Text {
        category: "story",
        title: "龟兔赛跑",
        brief: "坚持的人先到终点",
        sent: 28,
        pictures: pictures!["race-1", "race-2", "race-3"],
        lines: &[
            (1, "兔子笑乌龟走得慢，乌龟说：“那我们比一比。”"),
            (1, "旗子一挥，兔子像箭一样冲了出去。"),
            (2, "回头不见乌龟，兔子靠着大树打起了瞌睡。"),
            (2, "乌龟一步一步，不停地走，悄悄走过了兔子。"),
            (3, "兔子醒来拼命追，可是乌龟已经站在终点了。"),
        ],
        tune: chords(560, &[G, C, D_MINOR, G, C]),
    },
    Text {
        category: "story",
        title: "月亮船",
        brief: "睡前故事：小熊开着月亮去送灯",
        sent: 53,
        pictures: pictures!["moon-1", "moon-2", "moon-3"],
        lines: &[
            (1, "天黑了，小熊坐上弯弯的月亮船，出发去送星星灯。"),
            (1, "船儿轻轻摇，从一朵云摇到另一朵云。"),
            (2, "小兔怕黑，小熊放下一盏灯，说：“它会陪着你。”"),
            (2, "小猫也有一盏，窗前亮亮的，像一颗糖。"),
            (3, "灯送完了，小熊回到家，钻进暖暖的被窝。"),
            (3, "月亮挂在窗外，轻轻说：“晚安，做个好梦。”"),
        ],
        tune: chords(740, &[C, E_MINOR, F, C, A_MINOR, G]),
    },
    Text {
        category: "story",
        title: "小水滴旅行记",
        brief: "从大海到天上，再回到大地",
        sent: 17,
        pictures: pictures!["drop-1", "drop-2", "drop-3"],
        lines: &[
            (1, "小水滴住在大海里，天天和小鱼捉迷藏。"),
            (1, "太阳公公暖暖地一照，小水滴变得轻轻的，飞上了天。"),
            (2, "天上有好多小水滴，大家手拉手，变成一朵白云。"),
            (3, "风一吹，云变得又灰又重，小水滴变成雨落下来。"),
            (3, "它喂饱了花儿和大树，又顺着小河，回大海去啦。"),
        ],
        tune: chords(600, &[F, G, E_MINOR, A_MINOR, C]),
    },
    Text {
        category: "song",
        title: "两只老虎",
        brief: "跟着音乐一起唱",
        sent: 61,
        pictures: pictures!["tigers-1", "tigers-2"],
        lines: &[
            (1, "两只老虎，两只老虎，"),
            (1, "跑得快，跑得快！"),
            (2, "一只爱唱歌呀，一只爱跳舞，"),
            (2, "真快乐，真快乐！"),
        ],
        tune: Tune {
            beat_ms: 480,
            plays: Plays::Melody(&[
                (0, 1.0),
                (2, 1.0),
                (4, 1.0),
                (0, 1.0),
                (0, 1.0),
                (2, 1.0),
                (4, 1.0),
                (0, 1.0),
                (4, 1.0),
                (5, 1.0),
                (7, 2.0),
                (4, 1.0),
                (5, 1.0),
                (7, 2.0),
                (7, 0.5),
                (9, 0.5),
                (7, 0.5),
                (5, 0.5),
                (4, 1.0),
                (0, 1.0),
                (7, 0.5),
                (9, 0.5),
                (7, 0.5),
                (5, 0.5),
                (4, 1.0),
                (0, 1.0),
                (0, 1.0),
                (-5, 1.0),
                (0, 2.0),
                (0, 1.0),
                (-5, 1.0),
                (0, 2.0),
            ]),
        },
    },
    Text {
        category: "song",
        title: "星星眨眼睛",
        brief: "哄睡儿歌",
        sent: 44,
        pictures: pictures!["star-1", "star-2"],
        lines: &[
            (1, "天上星星眨眼睛，"),
            (1, "陪着月亮到天明。"),
            (2, "小小窗口亮着灯，"),
            (2, "妈妈唱歌我来听。"),
            (1, "星星星星晚安了，"),
            (1, "明天夜里再相见。"),
        ],
        tune: Tune {
            beat_ms: 520,
            plays: Plays::Melody(&[
                (0, 1.0),
                (0, 1.0),
                (7, 1.0),
                (7, 1.0),
                (9, 1.0),
                (9, 1.0),
                (7, 2.0),
                (5, 1.0),
                (5, 1.0),
                (4, 1.0),
                (4, 1.0),
                (2, 1.0),
                (2, 1.0),
                (0, 2.0),
                (7, 1.0),
                (7, 1.0),
                (5, 1.0),
                (5, 1.0),
                (4, 1.0),
                (4, 1.0),
                (2, 2.0),
                (7, 1.0),
                (7, 1.0),
                (5, 1.0),
                (5, 1.0),
                (4, 1.0),
                (4, 1.0),
                (2, 2.0),
                (0, 1.0),
                (0, 1.0),
                (7, 1.0),
                (7, 1.0),
                (9, 1.0),
                (9, 1.0),
                (7, 2.0),
                (5, 1.0),
                (5, 1.0),
                (4, 1.0),
                (4, 1.0),
                (2, 1.0),
                (2, 1.0),
                (0, 2.0),
            ]),
        },
    },
];
