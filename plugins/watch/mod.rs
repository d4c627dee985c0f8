//! The cloud of children's watches: families' circles, the watches in them, their messages and positions. See
//! DESIGN.md beside this file.

mod account;
mod alarm;
mod bind;
mod circle;
pub mod codes;
mod conf;
mod demo;
pub mod device;
mod gps_log;
mod job;
mod join;
mod locate;
mod mail;
mod map;
mod member;
pub mod message;
mod names;
mod places;
mod presence;
mod report;
mod retention;
mod session;
mod shown;
mod track;
mod version;
#[expect(clippy::module_inception, reason = "the plugin is named after its main object")]
pub mod watch;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("watch", include_str!("DESIGN.md"))
    .needs(&["account", "upload"])
    .objects(&[
        &account::WATCH_USER,
        &account::USER_FACE,
        &account::DEVICE_TOKEN,
        &watch::WATCH,
        &watch::WATCH_MEDAL,
        &watch::WATCH_STORY,
        &job::WATCH_JOB,
        &watch::WATCH_LOG,
        &gps_log::WATCH_GPS_LOG,
        &alarm::WATCH_ALARM,
        &circle::CIRCLE,
        &member::CIRCLE_USER,
        &bind::CIRCLE_WATCH,
        &member::CIRCLE_CONTACT,
        &message::CIRCLE_MSG,
        &places::WATCH_LOCATE,
        &places::WATCH_LOCUS,
        &places::USER_LOCATE,
        &places::USER_LOCUS,
        &version::APP_VERSION,
        &version::BLUETOOTH,
        &mail::SUBMAIL,
    ])
    .functions(&[
        write("newUser", GUEST, account::new_user).doc("An account without a password, logged in."),
        write("renewSession", USER, account::renew).doc("Another token; the old ones end."),
        write("resumeUser", GUEST, account::resume)
            .doc("The account of a lost phone, by a code on the watch."),
        write("bindDeviceToken", USER, account::bind_token).doc("Where notifications for the caller go."),
        write("unbindDeviceToken", USER, account::unbind_token).doc("No more notifications there."),
        write("appFocus", USER, account::focus).doc("Whether the app is on the screen."),
        write("circleStart", GUEST, circle::start).doc("User, circle and watch in one go."),
        write("circleJoin", USER, join::join).doc("Joins a circle by PIN or invitation."),
        staged("userUploadLocate", USER, locate::upload_user).doc("Where the caller's phone is."),
        read("getTime", GUEST, report::time).doc("The server's time."),
        write("submailNotify", GUEST, mail::notify).doc("Events of the mail service."),
    ])
    .routes(&[("/webhook/submail", "submailNotify")])
    .logins(&[LoginType::new("watch", "", device::identify).by_params(device::by_params)])
    .services(&[&map::MAP])
    .files(&[
        file_in("WatchUser", "picId"),
        file_in("Watch", "picId").of("Circle", "circleId"),
        file_in("Circle", "picId"),
        file_in("CircleUser", "picId").of("Circle", "circleId"),
        file_in("CircleWatch", "picId").of("Circle", "circleId"),
        file_in("CircleContact", "picId").of("Circle", "circleId"),
        file_in("CircleMsg", "attId").of("Circle", "circleId"),
        file_in("AppVersion", "attId"),
        file_in("BluetoothVer", "attId"),
    ])
    .channels(&[channel("circle", "circleId", "CircleMsg").talks()])
    .perms(&[perm(
        "family",
        mask::PRIVATE,
        "家庭数据|Families' data",
        "可查看家庭的成员、位置与消息，每次查看都会记录|Members, positions and messages of families; each look is recorded",
    )])
    .file_categories(&[
        picture("watchImg", USER),
        picture("userImg", USER),
        picture("circleImg", USER),
        picture("msgImg", USER | mask::WATCH),
        category("msgAudio").private().who(USER | mask::WATCH).extensions("amr mp3"),
        category("app").who(MGR).public(),
        category("firmware").who(MGR).public(),
    ])
    .config(conf::KEYS)
    .errors(codes::ALL)
    .demo(demo::families)
    .jobs(&[Job::destroying("watch.retention", 86_400, retention::forget)]);

/// Thumbnails of these appear on the small screen of a watch, behind a slow line.
const fn picture(name: &'static str, who: Mask) -> FileCategory {
    category(name).private().who(who).extensions(FileCategory::PICTURES).thumb(240).thumb_max(20 << 10)
}
