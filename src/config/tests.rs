//! Reading configuration from made-up sources; the process's environment is never touched.

use super::*;
use expect_test::expect;

fn env(values: &[(&str, &str)]) -> Sources {
    let env = values.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Sources { env, ..Sources::default() }
}

fn file(text: &str) -> Sources {
    Sources { file: Some(("jindou.toml".into(), text.into())), ..Sources::default() }
}

fn load(sources: &Sources) -> Config {
    Config::load(sources, &[]).unwrap()
}

fn faults(sources: &Sources) -> String {
    Config::load(sources, &[]).unwrap_err().join("\n")
}

/// Of the framework's keys, and of the services that messages to people go through.
const BEGINNINGS: &[&str] = &[
    "P_",
    "SMS_",
    "MAIL_",
    "SUBMAIL_",
    "PUSH_",
    "WECHAT_",
    "WX_",
    "WECOM_",
    "DINGTALK_",
    "FEISHU_",
    "WEBHOOK_",
];

#[test]
fn every_key_is_well_declared_and_its_default_is_valid() {
    for key in KEYS {
        assert!(BEGINNINGS.iter().any(|beginning| key.name.starts_with(beginning)), "{}", key.name);
        assert!(Value::read(key, "").is_some(), "{}: its own default is refused", key.name);
        assert!(!key.en.is_empty() && !key.zh.is_empty() && !key.kind.expects().is_empty(), "{}", key.name);
        assert!(!key.secret || key.default.len() < 3, "{}: no secret is built in", key.name);
    }
    let config = load(&Sources::default());
    assert_eq!(config.table().len(), KEYS.len());
    assert!(config.warnings.is_empty());
}

#[test]
fn the_defaults_are_the_safe_ones() {
    let config = load(&Sources::default());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.db, Database::Sqlite("data/jindou.db".into()));
    assert!(config.admin.is_none() && config.test_mode == 0 && config.mock == Mock::Nothing);
    assert!(!config.exec_sql_writes && !config.manual_reg && !config.escape_input && config.auto_upgrade);
    assert!(config.trust_proxy.is_empty() && config.cors_origins.is_empty() && config.auth_keys.is_empty());
    assert_eq!((config.durability, config.audit), (Durability::Full, AuditLevel::Normal));
    assert_eq!((config.max_body, config.query_timeout.as_millis()), (20 << 20, 10_000));
    assert_eq!((config.throttle.login_per_account, config.throttle.login_window_sec), (5, 600));
}

#[test]
fn later_sources_win_and_are_named() {
    let mut sources = file("listen = '127.0.0.1:1'\nP_DEBUG = 1\nworkers = 1\naudit = 'strict'");
    sources.presets = vec![("P_LISTEN".into(), "127.0.0.1:9".into()), ("P_READERS".into(), "9".into())];
    sources.env = env(&[("P_DEBUG", "2"), ("P_WORKERS", "2"), ("P_AUDIT", " ")]).env;
    sources.overrides = vec![("workers".into(), "3".into())];
    let config = load(&sources);
    assert_eq!((config.listen.port(), config.debug, config.workers, config.readers), (1, 2, 3, 9));
    assert_eq!(config.audit, AuditLevel::Strict, "an empty variable is none");
    let from = |name: &str| config.table().into_iter().find(|row| row.key == name).unwrap().from;
    let names = ["P_READERS", "P_LISTEN", "P_DEBUG", "P_WORKERS", "P_SYNC"].map(from);
    assert_eq!(names, ["preset", "jindou.toml", "environment", "command line", "default"]);
    assert!(config.is_set("P_DEBUG") && !config.is_set("P_SYNC"));
}

#[test]
fn names_in_the_file_are_taken_in_any_case() {
    let config = load(&file(
        "Audit_Keep_Days = 9\nmockMode = ['sms', 'wx']\nlisten = 9000\nautoReg = []\nescape_input = true\n\
         plugins = ['order', 'upload']\nip_deny = '10.1.2.3, 192.0.2.0/24'\nmaxBody = '1M'\n\
         [initClient]\nenableRole = 1\n[initClient.theme]\nblue = true\n\
         [[authKeys]]\nauthType = 'simple'\nkey = 'k-2938-aGh-2'\nallowedAc = ['*.query']\napp = 'emp'\nid = 3",
    ));
    assert_eq!((config.audit_keep_days, config.listen.port(), config.max_body), (9, 9000, 1 << 20));
    assert!(config.mock.covers("sms") && !config.mock.covers("push"));
    assert_eq!(config.plugins, ["order", "upload"]);
    assert!(config.escape_input);
    assert_eq!(
        config.ip_deny.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.1.2.3/32", "192.0.2.0/24"]
    );
    assert_eq!(
        serde_json::Value::from(config.init_client).to_string(),
        r#"{"enableRole":1,"theme":{"blue":true}}"#
    );
    assert_eq!((config.auth_keys[0].app, config.auth_keys[0].id), (Some(AuthApp::Emp), 3));
    assert!(config.auth_keys[0].allows("Ordr.query") && !config.auth_keys[0].allows("Ordr.set"));
    assert_eq!(config.auto_reg, ["user"], "an empty list is the default");
    assert_eq!(load(&file("autoReg = 'none'")).auto_reg.len(), 0);
}

#[test]
fn unknown_names_are_reported_with_the_nearest_known_one() {
    let mut sources = file("lisen = 1\nfrobnicate = 2");
    sources.env = env(&[("P_TESTMODE", "1"), ("PATH", "/bin"), ("p_debug", "1")]).env;
    expect![[r#"
        unknown configuration key lisen (jindou.toml); did you mean P_LISTEN?
        unknown configuration key frobnicate (jindou.toml); `jindou config` lists the known ones
        unknown configuration key P_TESTMODE (environment); did you mean P_TEST_MODE?"#]]
    .assert_eq(&load(&sources).warnings.join("\n"));
}

#[test]
fn bad_values_are_listed_with_what_is_expected() {
    let bad = env(&[
        ("P_LISTEN", "example.test:80"),
        ("P_TEST_MODE", "3"),
        ("P_SYNC", "fast"),
        ("P_TZ", "Mars/Olympus"),
        ("P_MAX_BODY", "1X"),
        ("P_QUERY_TIMEOUT_MS", "1ms"),
        ("P_SESSION_IDLE", "soon"),
        ("P_CORS_ORIGINS", "https://a.example.test, *"),
        ("P_TRUST_PROXY", "10.0.0.0/33"),
        ("P_ADMIN_CRED", "root-without-a-password"),
        ("P_AUTO_REG", "user,admin"),
        ("P_ESCAPE_INPUT", "maybe"),
        ("P_URL_PATH", "shop; Domain=x"),
        ("P_DB", "oracle://u:p@host/x"),
        ("P_INIT_CLIENT", "[1]"),
        ("P_LOG", "jindou=loud"),
    ]);
    expect![[r#"
        P_LISTEN: bad value `example.test:80` (environment): expected address:port such as 127.0.0.1:8080 or [::1]:8080
        P_DB: bad value `oracle://u:****@host/x` (environment): expected the path of a file, or postgres://… or mysql://…
        P_TZ: bad value `Mars/Olympus` (environment): expected a time zone such as Asia/Shanghai or +08:00
        P_URL_PATH: bad value `shop; Domain=x` (environment): expected a path beginning with /, without spaces and semicolons
        P_INIT_CLIENT: bad value `[1]` (environment): expected a table, or a JSON object in one line
        P_LOG: bad value `jindou=loud` (environment): expected a filter such as info or jindou=debug,warn
        P_TEST_MODE: bad value `3` (environment): expected a whole number from 0 to 2
        P_ESCAPE_INPUT: bad value `maybe` (environment): expected 0 or 1
        P_SYNC: bad value `fast` (environment): expected one of full, normal
        P_QUERY_TIMEOUT_MS: bad value `1ms` (environment): expected milliseconds, or a time such as 10s, from 10ms to 1h
        P_MAX_BODY: bad value `1X` (environment): expected a size such as 20M, from 1K to 4G
        P_ADMIN_CRED: bad value **** (environment): expected user:password
        P_CORS_ORIGINS: bad value `https://a.example.test, *` (environment): expected origins such as https://app.example.test, with commas between them
        P_TRUST_PROXY: bad value `10.0.0.0/33` (environment): expected 0, 1 (loopback and private networks), or the proxies' addresses or networks such as 10.0.0.0/8
        P_SESSION_IDLE: bad value `soon` (environment): expected seconds, or a time such as 30m, 12h, 7d, from 10s to 366d
        P_AUTO_REG: bad value `user,admin` (environment): expected a list of user, emp, or none"#]]
    .assert_eq(&faults(&bad));
}

#[test]
fn a_broken_file_is_named_with_line_and_column() {
    let told = faults(&file("listen = 80\n\naudit = = 'strict'\n"));
    assert!(told.starts_with("jindou.toml:3:9: "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!(faults(&file("listen = 1\nP_LISTEN = 2")), "jindou.toml: P_LISTEN is written twice");
}

#[test]
fn addresses_to_listen_on() {
    for (text, address) in [
        ("localhost:80", "127.0.0.1:80"),
        ("9000", "127.0.0.1:9000"),
        ("[::1]:80", "[::1]:80"),
        ("127.0.0.1:0", "127.0.0.1:0"),
    ] {
        assert_eq!(load(&env(&[("P_LISTEN", text)])).listen.to_string(), address);
    }
    for text in [":8080", "*:8080", "0.0.0.0:8080"] {
        assert_eq!(load(&env(&[("P_LISTEN", text)])).listen.to_string(), "0.0.0.0:8080");
    }
}

#[test]
fn test_mode_stays_on_loopback_unless_told() {
    let open = [("P_TEST_MODE", "1"), ("P_LISTEN", ":8080")];
    let told = faults(&env(&open));
    assert!(told.contains("P_ALLOW_REMOTE_TEST=1") && told.contains("0.0.0.0:8080"), "{told}");
    let config = load(&env(&[open[0], open[1], ("P_ALLOW_REMOTE_TEST", "1")]));
    assert_eq!(config.warnings.len(), 1);
}

#[test]
fn weak_secrets_are_refused_outside_test_mode() {
    for weak in ["root:12345678", "root:changeme", "root:Password"] {
        let told = faults(&env(&[("P_ADMIN_CRED", weak)]));
        assert!(told.starts_with("P_ADMIN_CRED: ") && !told.contains("12345678"), "{told}");
        assert!(load(&env(&[("P_ADMIN_CRED", weak), ("P_TEST_MODE", "1")])).admin.is_some());
    }
    assert!(faults(&env(&[("P_ENC_KEY", "changeme")])).starts_with("P_ENC_KEY: "));
    for weak in ["admin:admin", "admin:a", "root:1234567", "root-the-first:Root-The-First"] {
        let told = faults(&env(&[("P_ADMIN_CRED", weak)]));
        assert!(told.lines().count() <= 2 && told.starts_with("P_ADMIN_CRED: "), "{told}");
        assert!(load(&env(&[("P_ADMIN_CRED", weak), ("P_TEST_MODE", "1")])).admin.is_some());
    }
    let admin = load(&env(&[("P_ADMIN_CRED", "root:with:colons-77")])).admin.unwrap();
    assert_eq!((admin.user.as_str(), admin.password.as_str()), ("root", "with:colons-77"));
}

#[test]
fn secrets_are_shown_nowhere() {
    let config = load(&env(&[
        ("P_ADMIN_CRED", "root:hush-hush-77"),
        ("P_ENC_KEY", "hush-hush-78"),
        ("P_AUTH_KEYS", r#"[{"authType":"simple","key":"hush-hush-79"}]"#),
        ("P_DB", "postgres://jd:hush-hush-80@db.example.test/jd"),
    ]));
    let shown = format!("{config:?} {} {:?}", serde_json::to_string(&config.table()).unwrap(), config.admin);
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("postgres://jd:****@db.example.test/jd"));
    assert_eq!(config.text("P_ENC_KEY"), "hush-hush-78");
}

#[test]
fn keys_of_plugins_join_the_list() {
    static FAX: &[Key] = &[
        Key::new("FAX_MODE", "mock", KeyKind::OneOf(&["real", "mock", "off"]), "facsimiles", "传真"),
        Key::new("FAX_SECRET", "", KeyKind::Text, "its key", "传真密钥").secret(),
        Key::new("P_FAX_RETRY", "3", KeyKind::Int { min: 0, max: 9 }, "attempts", "重试次数"),
    ];
    let mut sources = file("faxRetry = 4");
    sources.env = env(&[("FAX_MODE", "off"), ("FAX_SECRET", "hush")]).env;
    let config = Config::load(&sources, &[FAX]).unwrap();
    assert_eq!((config.text("FAX_MODE"), config.int("P_FAX_RETRY")), ("off", 4));
    assert!(config.warnings.is_empty() && !format!("{config:?}").contains("hush"));
    assert!(config.get("FAX_TYPO").is_none() && config.list("FAX_MODE").is_empty());
    assert_eq!(
        Config::load(&sources, &[FAX, FAX]).unwrap_err()[0],
        "configuration key FAX_MODE is declared twice"
    );
}

#[test]
fn proxies_are_nets_or_near_ones() {
    let near = load(&env(&[("P_TRUST_PROXY", "1")])).trust_proxy;
    let inside = |text: &str| near.iter().any(|net| net.contains(&text.parse::<std::net::IpAddr>().unwrap()));
    assert!(inside("127.0.0.1") && inside("::1") && inside("172.20.0.3") && !inside("203.0.113.9"));
    assert!(load(&env(&[("P_TRUST_PROXY", "off")])).trust_proxy.is_empty());
}

#[test]
fn the_general_log_filter_is_a_second_choice() {
    assert_eq!(load(&env(&[("RUST_LOG", "debug")])).log, "debug");
    assert_eq!(load(&env(&[("RUST_LOG", "debug"), ("P_LOG", "warn")])).log, "warn");
}

#[test]
fn a_missing_named_file_is_one_clear_line() {
    let told = Sources::of_process(Some(std::path::Path::new("/nonexistent/j.toml"))).unwrap_err();
    assert!(told.len() == 1 && told[0].contains("/nonexistent/j.toml"), "{told:?}");
}
