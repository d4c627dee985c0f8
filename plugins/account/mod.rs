//! Accounts: users, employees and the super administrator; how they log in and what they may do with their
//! own data. See DESIGN.md beside this file.

mod admin;
mod captcha;
mod chpwd;
mod cinf;
mod code;
mod contacts;
mod demo;
mod entrance;
mod guard;
mod kind;
mod login;
mod message;
mod mfa;
mod password;
mod register;
mod rules;
mod sessions;
mod standing;
mod token;

pub use kind::words_of;
pub use standing::of_perms;

use jindou::plugin::mask;
use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("account", include_str!("DESIGN.md"))
    .basic()
    .objects(&[&USERS, &EMPLOYEES, &cinf::CINF])
    .files(&[file_in("User", "picId")])
    .functions(&[
        write("sendSms", mask::EMP | mask::ADMIN, message::send).doc("Staff sends a text message."),
        staged("captcha", GUEST, captcha::picture)
            .gives_file()
            .doc("Letters in a picture, good for one login."),
        write("genCode", GUEST, code::gen_code).doc("Sends a code to a phone."),
        staged("login", GUEST, login::login).doc("By password, code or token."),
        write("logout", GUEST, entrance::logout).doc("Ends the session and its token."),
        read("mfaStatus", mask::EMP | ADMIN | ENROL, mfa::status).doc("The caller's second factor."),
        staged("mfaBegin", mask::EMP | ADMIN | ENROL, mfa::begin).doc("A key for an authenticator app."),
        write("mfaConfirm", mask::EMP | ADMIN | ENROL, mfa::confirm).doc("Turns the second factor on."),
        write("mfaRecovery", mask::EMP | ADMIN, mfa::recovery).personal().doc("Other recovery codes."),
        write("mfaEnd", mask::EMP | ADMIN, mfa::end).personal().doc("Turns the second factor off."),
        write("mfaReset", mask::MGR | ADMIN, mfa::reset).doc("Takes a lost second factor off an account."),
        read("mySessions", LOGIN, sessions::list).doc("Where the caller is logged in."),
        write("endSession", LOGIN, sessions::end).doc("Ends one of the caller's own logins."),
        write("endOtherSessions", LOGIN, sessions::end_others).doc("Ends all of them but this one."),
        read("whoami", GUEST, entrance::whoami).doc("Who is logged in."),
        staged("chpwd", GUEST, chpwd::chpwd).doc("Another password, by the old one or a code."),
        staged("reg", GUEST, register::reg).doc("Registration by name and password, if P_REG is on."),
    ])
    .perms(&[
        perm("emp", EMP, "员工|Staff", "处理订单等日常业务|Everyday work, e.g. orders"),
        perm(
            "mgr",
            EMP | MGR,
            "经理|Manager",
            "管理员工，查看报表与审计|Employees, reports and the audit log",
        ),
    ])
    .errors(&[mfa::NEEDED, captcha::WRONG])
    .contacts(contacts::find)
    .logins(&[
        LoginType::new("user", "User", kind::identify_user),
        LoginType::new("emp", "Employee", kind::identify_employee),
        LoginType::new("admin", "", admin::identify),
    ])
    .demo(demo::people)
    .on_start(password::seed);

static USERS: Object = Object::table("User")
    .live()
    .passwords("pwd")
    .time_columns("createTm")
    .quick_search("name, uname, phone")
    .lookup("name, uname, phone")
    .actions(&[write("bindPhone", mask::USER, code::bind_phone).doc("Another phone, by a code sent to it.")])
    .on_add(rules::begin_user)
    .on_write(rules::user)
    .user(can(GET | SET).me(Me::Always).readonly("uname, phone, pwd, createTm"))
    .emp(can(READ))
    .mgr(can(READ | SET).readonly("uname, phone, pwd, picId, createTm"));

static EMPLOYEES: Object = Object::table("Employee")
    .live()
    .perms("perms")
    .passwords("pwd")
    .quick_search("name, uname, phone")
    .lookup("name, uname, phone")
    .on_add(rules::begin_employee)
    .on_write(rules::employee)
    .actions(&[write("bindPhone", mask::EMP, code::bind_phone)
        .personal()
        .doc("Another phone, by a code sent to it.")])
    .emp(can(READ | SET).own("id").me(Me::Only).readonly("uname, phone, pwd, perms"))
    .mgr(
        can(ADD | READ | SET | DEL | BATCH_ADD | BATCH_SET | BATCH_DEL)
            .me(Me::Default)
            .required("phone|uname")
            .on_write(rules::of_others),
    );
