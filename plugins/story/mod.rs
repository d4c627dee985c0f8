//! Stories, medals and the answer game. See DESIGN.md beside this file.

mod catalogue;
mod codes;
mod demo;
mod game;
mod import;
mod medal;
mod rank;
#[expect(clippy::module_inception, reason = "the plugin is named after its main object")]
mod story;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("story", include_str!("DESIGN.md"))
    .needs(&["watch", "upload"])
    .objects(&[
        &catalogue::BANNER,
        &catalogue::APP_CATEGORY,
        &story::STORY,
        &story::STORY_PIC,
        &story::STORY_SLICE,
        &game::ANSWER_CATEGORY,
        &game::ANSWER_QUESTION,
        &game::WATCH_ANSWER,
        &game::WATCH_ANSWER_ITEM,
        &rank::ANSWER_SCORE,
        &medal::MEDAL,
        &medal::MEDAL_STORY,
        &medal::MEDAL_QUESTION,
    ])
    .functions(&[
        read("appIndex", GUEST, catalogue::index).doc("What the app shows first."),
        read("answerRank", USER, rank::page).doc("The best of the answer game."),
        read("answerRankOf", USER, rank::of).doc("The places of some watches."),
    ])
    .extends(&[(
        "Watch",
        &[
            write("storyReceived", mask::WATCH, story::received).doc("A story has arrived."),
            write("storyFinished", mask::WATCH, story::finished).doc("A story was read to its end."),
            write("uploadAnswer", mask::WATCH, game::upload).doc("The results of a game."),
            read("medalWall", USER, medal::wall).doc("The medals of a watch and the way to the others."),
        ],
    )])
    .listens(&[("watchReleased", rank::forget)])
    .files(&[
        file_in("Banner", "picId"),
        file_in("AppCategory", "picId"),
        file_in("AppCategory", "picId2"),
        file_in("Story", "picId"),
        file_in("Story", "audioId"),
        file_in("Story", "contentId"),
        file_in("StoryPic", "attId").of("Story", "storyId"),
        file_in("AnswerCategory", "picId"),
        file_in("Medal", "picId"),
    ])
    .file_categories(&[
        category("content").who(EMP).extensions(FileCategory::PICTURES).public().thumb(240),
        category("storyAudio").who(EMP).extensions("mp3 amr wav").public(),
        category("storyContent").who(EMP).extensions("zip tar").public(),
    ])
    .errors(codes::ALL)
    .demo(demo::shelf)
    .on_start(catalogue::seed);
