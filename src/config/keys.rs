//! Every configuration key of the framework, one row each. `jindou config` prints this list.

use super::key::{Key, KeyKind::*};

const DAY: u64 = 86_400;
const APP_TYPES: &[&str] = &["user", "emp"];
const MODE: super::key::KeyKind = OneOf(&["auto", "real", "mock", "off"]);

/// The command-line and start-up code, the server and the consoles read nothing that is not here or in a
/// plugin's list.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    // Where
    Key::new("P_LISTEN", "127.0.0.1:8080", Listen, "address and port to listen on", "监听的地址和端口"),
    Key::new("P_TLS_CERT", "", Path, "certificate chain (PEM), to serve HTTPS and HTTP/2 without a proxy; read again when it changes and at SIGHUP", "HTTPS 证书链 (PEM)，不经反向代理直接提供 HTTPS 和 HTTP/2；文件变化或收到 SIGHUP 时重新读取").live(),
    Key::new("P_TLS_KEY", "", Path, "private key (PEM) of P_TLS_CERT", "P_TLS_CERT 的私钥 (PEM)").live(),
    Key::new("P_DB", "data/jindou.db", Database, "the database: path of a SQLite file", "数据库：SQLite 文件路径"),
    Key::new("P_DATA", "data", Path, "folder of uploaded files, kept imports and the secret key", "上传文件、保留的导入数据和密钥所在目录"),
    Key::new("P_PLUGINS", "", List, "plugins in use; empty = all usual ones, +name adds one to these", "启用的插件；空表示全部常用插件，+名称 为在此之上增加"),
    Key::new("P_TZ", "", Zone, "time zone of stored and shown times; empty = the machine's", "时间所用时区；空表示本机时区"),
    Key::new("P_URL_PATH", "/", UrlPath, "path of the session cookies", "会话 Cookie 的路径"),
    Key::new("P_POWERED_BY", "jindou", Text, "value of the X-Powered-By header", "响应头 X-Powered-By 的值"),
    Key::new("P_SERVER_REV", "", Text, "revision of the deployment, else the first word of revision.txt; clients reload when its first 6 letters change", "部署版本，未设置时取 revision.txt；前 6 位变化时客户端自动刷新"),
    Key::new("P_INIT_CLIENT", "{}", JsonObject, "what initClient gives to the clients; [initClient] in the file", "initClient 返回给客户端的配置；文件中写作 [initClient]"),
    Key::new("P_LOG", "info", LogFilter, "which log lines are written", "日志过滤条件").live(),
    Key::new("P_LOG_FORMAT", "auto", OneOf(&["auto", "text", "json"]), "auto: text on a terminal, one JSON object per line elsewhere", "日志格式：auto 为终端输出文本，其它为每行一个 JSON"),
    Key::new("P_LOG_FILE", "", Path, "file of the program's log, opened anew at SIGUSR1; empty = standard error", "程序日志文件，收到 SIGUSR1 时重新打开；空表示标准错误").live(),

    Key::new("P_METRICS", "127.0.0.0/8,::1", Nets, "who may read /metrics; none = nobody. A proxy on this machine must be in P_TRUST_PROXY, or its clients would pass for this machine", "允许读取 /metrics 的地址；none 为不允许。本机反向代理须列入 P_TRUST_PROXY").live(),
    Key::new("P_METRICS_TOKEN", "", Text, "who sends it as a bearer token may read /metrics from anywhere", "以 Bearer 令牌发送此值者可从任何地址读取 /metrics").secret().live(),
    Key::new("P_SLOW_MS", "1000", Millis { min: 0, max: 3_600_000 }, "calls and statements that take longer stand in the program's log with their plan; 0 = none", "超过此时间的调用和语句写入程序日志（含查询计划）；0 为不记录").live(),
    Key::new("P_GRACE", "10s", Seconds { min: 0, max: 3600 }, "how long open calls may take to end when the server is told to stop", "停止时等待未完成调用的最长时间"),

    // Modes
    Key::new("P_TEST_MODE", "0", Int { min: 0, max: 2 }, "1 = test mode, 2 = regression test; never on a server that strangers reach", "1 测试模式，2 回归测试；不可用于对外服务器"),
    Key::new("P_ALLOW_REMOTE_TEST", "0", Bool, "lets test mode listen on an address other than loopback", "允许测试模式监听非本机地址"),
    Key::new("P_MOCK_MODE", "0", List, "1 = all outside services are simulated, or their names such as sms", "1 模拟全部外部服务，或列出服务名如 sms"),
    Key::new("P_DEBUG", "0", Int { min: 0, max: 9 }, "debug level of every call; answers show it in test mode only", "调试级别；仅测试模式下输出到响应"),
    Key::new("P_ESCAPE_INPUT", "0", Bool, "writes < and > of input as &lt; and &gt;, as old servers did", "将输入中的 < 和 > 转义（兼容旧客户端）"),
    Key::new("P_EXECSQL", "read", OneOf(&["read", "write"]), "what execSql may do", "execSql 的权限"),
    Key::new("P_AUTO_UPGRADE", "1", Bool, "adds missing tables, columns and indexes at start", "启动时自动增加缺少的表、字段和索引"),

    // Undo
    Key::new("P_UNDO_ROWS", "5000", Int { min: 0, max: 100_000 }, "rows that one undo may change; setIf and delIf over no more rows are recorded row by row, so that they can be undone", "一次撤销最多修改的行数；setIf、delIf 影响行数不超过此值时逐行记录，可以撤销"),
    Key::new("P_BIN_DAYS", "30", Int { min: 0, max: 36_500 }, "days that deleted rows are listed in the bin of their object", "回收站中列出多少天内删除的数据"),

    // Database and work
    Key::new("P_SYNC", "full", OneOf(&["full", "normal"]), "full: an answered change survives a power cut; normal: faster, may lose the last ones", "full 断电不丢已应答的修改；normal 更快但可能丢失最后几条"),
    Key::new("P_CACHE_MB", "2", Int { min: 1, max: 1024 }, "MiB of the database's pages that each connection keeps", "每个连接缓存数据库页的 MiB 数"),
    Key::new("P_DISK_FLOOR_MB", "64", Int { min: 0, max: 100_000_000 }, "MiB that must be free on the disks of P_DB and P_DATA, or /readyz says no and reads are no longer recorded; 0 = no bound", "P_DB 与 P_DATA 所在磁盘至少应剩余的 MiB 数，不足时 /readyz 报告不可用，查询不再记入日志；0 不限"),
    Key::new("P_READERS", "0", Int { min: 0, max: 256 }, "connections that read; 0 = by the number of processors", "读连接数；0 按处理器数"),
    Key::new("P_WORKERS", "0", Int { min: 0, max: 1024 }, "threads for network work; 0 = by the number of processors", "网络线程数；0 按处理器数"),
    Key::new("P_STORE", "", Files, "where uploaded files are kept: empty = the folder P_DATA, a path = another folder that all servers share, s3://… = a bucket", "上传文件存放处：空表示 P_DATA 目录，也可填多台服务器共享的目录，或 s3://… 对象存储"),
    Key::new("P_STORE_KEY", "", Text, "access key id for the bucket of P_STORE", "P_STORE 对象存储的访问密钥 id").secret(),
    Key::new("P_STORE_SECRET", "", Text, "secret access key for the bucket of P_STORE", "P_STORE 对象存储的访问密钥").secret(),
    Key::new("P_WAL_MAX", "1G", Size { min: 64 << 20, max: 1 << 50 }, "length of the database's write-ahead log from which on the longest reads are cut off", "数据库预写日志的最大长度，超过时中止耗时最长的查询和导出"),
    Key::new("P_KEEPALIVE", "75s", Seconds { min: 1, max: 3600 }, "how long a connection may wait for its next request; longer than the proxy in front keeps it", "连接等待下一个请求的最长时间，应长于前置代理的保持时间"),
    Key::new("P_CONN_PER_ADDR", "2000", Int { min: 0, max: 1_000_000 }, "connections of one address at once, those of P_TRUST_PROXY excepted; 0 = without bound", "每个地址的最大连接数（P_TRUST_PROXY 中的代理除外）；0 不限"),
    Key::new("P_SEND_RATE", "64K", Size { min: 0, max: 1 << 30 }, "bytes a second that a client must take of an answer that waits for it, or its connection is ended; 0 = any", "客户端接收应答的最低速率（字节/秒），过慢则断开连接；0 不限"),
    Key::new("P_SEND_WINDOW", "30s", Seconds { min: 1, max: 3600 }, "time over which P_SEND_RATE is measured", "P_SEND_RATE 的统计时间段"),
    Key::new("P_LIVE_SUBS", "128", Int { min: 1, max: 10_000 }, "subscriptions of one live connection (/ws, /sse)", "每个实时连接 (/ws, /sse) 的最大订阅数"),
    Key::new("P_LIVE_UNSENT", "1M", Size { min: 64 << 10, max: 1 << 30 }, "bytes that may wait for one live connection; beyond them it is closed as too slow", "每个实时连接待发送的最大字节数，超出则以过慢为由关闭"),
    Key::new("P_LIVE_PER_ACCOUNT", "64", Int { min: 0, max: 1_000_000 }, "live connections of one account at once; 0 = without bound", "每个帐号的最大实时连接数；0 不限"),
    Key::new("P_LIVE_PER_ADDR", "1000", Int { min: 0, max: 1_000_000 }, "live connections of one address at once; 0 = without bound", "每个地址的最大实时连接数；0 不限"),
    Key::new("P_LIVE_RECOVER", "300", Int { min: 0, max: 10_000 }, "missed messages that a client that comes again is given; one that missed more reads anew", "重连时补发的最大消息数，超出则由客户端重新读取"),
    Key::new("P_LIVE_FRAME", "64K", Size { min: 1 << 10, max: 1 << 20 }, "bytes of one message of a client over a live connection", "客户端经实时连接发送的单条消息最大字节数"),
    Key::new("P_LIVE_PING", "25s", Seconds { min: 1, max: 3600 }, "time between two pings over a live connection", "实时连接的心跳间隔"),
    Key::new("P_LIVE_LOGIN", "10s", Seconds { min: 1, max: 3600 }, "how long a live connection may take to log in", "实时连接完成登录的最长时间"),
    Key::new("P_QUERY_TIMEOUT_MS", "10000", Millis { min: 10, max: 3_600_000 }, "longest time of one query", "单个查询的最长时间"),
    Key::new("P_WRITE_WAIT_MS", "15000", Millis { min: 10, max: 3_600_000 }, "longest time a write waits for its turn before it is refused undone", "写操作排队的最长时间，超过则拒绝且不做修改"),
    Key::new("P_TEST_TWICE", "0", Bool, "in test mode, runs each write that may be run again twice, to find what then happens twice", "测试模式下每个可重做的写操作执行两次，以检查重复副作用"),
    Key::new("P_MAX_BODY", "20M", Size { min: 1 << 10, max: 4 << 30 }, "largest request body; what does not go to disk is 1M unless its action declares more", "请求体最大字节数；不存盘的请求体一般不超过 1M，除非接口另有声明"),
    Key::new("P_BODY_MEMORY", "64M", Size { min: 1 << 20, max: 64 << 30 }, "memory for the bodies of all requests at once; guests may take half of it", "全部请求体共占内存上限；未登录者最多占一半"),

    // Audit
    Key::new("P_AUDIT", "normal", OneOf(&["normal", "strict", "off"]), "normal: changes are recorded with their transaction, reads shortly after; strict: no answer before its record", "normal 修改与日志同事务，查询稍后记录；strict 记录落盘后才应答"),
    Key::new("P_AUDIT_KEEP_DAYS", "365", Int { min: 0, max: 36_500 }, "days that records of calls are kept; 0 = for ever", "调用日志保留天数；0 永久保留"),

    Key::new("P_AUDIT_KEY", "", Text, "secret that seals the audit chain, 16 letters at least, kept away from the database; empty = made from P_ENC_KEY or P_DATA/secret.key", "审计链密钥（至少 16 个字符），应与数据库分开保存；空则由 P_ENC_KEY 或 P_DATA/secret.key 生成").secret(),
    Key::new("P_AUDIT_OLD_KEYS", "", List, "earlier values of P_AUDIT_KEY (or of P_ENC_KEY, secret.key), to verify what they sealed", "以前的审计链密钥，用于校验旧记录").secret(),
    Key::new("P_AUDIT_WITNESS", "log", OneOf(&["none", "log", "store"]), "where the signed head of the audit chain goes: a line of the server's log, or a new file in P_STORE", "审计链头的见证位置：服务器日志，或 P_STORE 中的新文件"),
    Key::new("P_AUDIT_WITNESS_EVERY", "10m", Seconds { min: 1, max: DAY }, "how often it goes there, when the chain has moved", "见证间隔（审计链有变化时）"),
    Key::new("P_AUDIT_MAX_MB", "0", Int { min: 0, max: 100_000_000 }, "MiB that the tables of the audit log may take, oldest rows go first; 0 = without bound", "审计日志表最大 MiB 数，超出时先删最旧记录；0 不限"),
    Key::new("P_IMPORT_KEEP_DAYS", "90", Int { min: 0, max: 36_500 }, "days that the data of imports is kept in P_DATA/import; 0 = for ever", "导入数据在 P_DATA/import 的保留天数；0 永久保留"),
    Key::new("P_IMPORT_MAX_MB", "1024", Int { min: 0, max: 100_000_000 }, "MiB that the kept data of imports may take, oldest files go first; 0 = without bound", "导入数据最多保留的 MiB 数，超出时先删最旧文件；0 不限"),
    Key::new("P_WEBHOOK_PRIVATE", "", Nets, "addresses that are not public and to which webhooks may be sent all the same, such as 10.1.0.0/16", "允许推送（webhook）的内网地址，如 10.1.0.0/16；空表示仅允许公网地址"),
    Key::new("P_JOB_KEEP_DAYS", "7", Int { min: 1, max: 36_500 }, "days that jobs which have ended are kept in the table Job, messages that were sent among them", "已结束的后台任务（含已发送的消息）在 Job 表中的保留天数"),

    // Backups
    Key::new("P_BACKUP_DIR", "", Files, "where backups are kept: empty = P_DATA/backup, a path = another folder (best on another disk), s3://… = a bucket", "备份存放处：空表示 P_DATA/backup，也可填其它目录（最好在另一块磁盘）或 s3://… 对象存储"),
    Key::new("P_BACKUP_AT", "", Text, "times of day at which a backup is made, such as 02:30 or 02:30,14:30; empty = none is made by the clock", "每天自动备份的时刻，如 02:30 或 02:30,14:30；空表示不自动备份"),
    Key::new("P_BACKUP_KEEP", "7d,4w,6m", Text, "backups by the clock that are kept: the newest of so many days, weeks and months, or a number of the newest; 0 = all", "自动备份保留策略：按天/周/月各保留最新的若干份（如 7d,4w,6m），或保留最新的若干份；0 全部保留"),
    Key::new("P_BACKUP_CONTINUOUS", "0", Bool, "copies every change beside the backups within P_BACKUP_WINDOW, so that a restore reaches any moment", "1 持续备份：在 P_BACKUP_WINDOW 内把每个修改复制到备份处，可恢复到任意时刻"),
    Key::new("P_BACKUP_WINDOW", "10s", Seconds { min: 1, max: 3600 }, "with P_BACKUP_CONTINUOUS: at most what was changed in this time is lost with the machine", "持续备份时，机器损毁最多丢失这段时间内的修改"),
    Key::new("P_BACKUP_CHANGES_DAYS", "7", Int { min: 0, max: 3660 }, "with P_BACKUP_CONTINUOUS: for so many days before the newest backup a restore reaches any moment", "持续备份时，最近多少天内可恢复到任意时刻"),
    Key::new("P_BACKUP_S3_KEY", "", Text, "access key id for the bucket of P_BACKUP_DIR; empty = P_STORE_KEY and P_STORE_SECRET", "P_BACKUP_DIR 对象存储的访问密钥 id；空则用 P_STORE_KEY 与 P_STORE_SECRET").secret(),
    Key::new("P_BACKUP_S3_SECRET", "", Text, "secret access key for the bucket of P_BACKUP_DIR", "P_BACKUP_DIR 对象存储的访问密钥").secret(),
    Key::new("P_BACKUP_KEY", "", Text, "passphrase that encrypts backups, 16 letters at least, kept elsewhere than they are; empty = they are not encrypted", "备份加密口令（至少 16 个字符），应与备份分开保存；空则不加密").secret(),

    // Who may come in
    Key::new("P_ADMIN_CRED", "", Credential, "user:password of the super administrator; empty = there is none", "超级管理员 用户:密码；空表示不启用").secret(),
    Key::new("P_ENC_KEY", "", Text, "secret behind ids that look random; empty = made once and kept in P_DATA/secret.key", "加密 id 所用密钥；空则自动生成并保存在 P_DATA/secret.key").secret(),
    Key::new("P_AUTH_KEYS", "[]", JsonList, "keys of programs that call without a session; [[authKeys]] in the file", "程序调用所用密钥；文件中写作 [[authKeys]]").secret(),
    Key::new("P_CORS_ORIGINS", "", Origins, "foreign pages that may call with cookies", "允许跨域调用的来源").live(),
    Key::new("P_TRUST_PROXY", "0", Proxies, "proxies whose X-Forwarded-For and -Proto are believed; 1 = those on loopback and private addresses", "可信反向代理；1 表示本机和内网地址").live(),
    Key::new("P_IP_ALLOW", "", Nets, "when given, only these addresses are served", "仅允许这些地址访问（空表示不限）").live(),
    Key::new("P_IP_DENY", "", Nets, "addresses that are refused", "拒绝访问的地址").live(),
    Key::new("P_SESSION_IDLE", "30m", Seconds { min: 10, max: 366 * DAY }, "a session ends after this time without a call", "会话空闲多久后失效"),
    Key::new("P_SESSION_MAX", "24h", Seconds { min: 10, max: 366 * DAY }, "a session ends after this time in any case", "会话最长有效期"),
    Key::new("P_TOKEN_LIFE", "30d", Seconds { min: 10, max: 3660 * DAY }, "how long a login token is valid", "登录令牌有效期"),
    Key::new("P_TOKEN_ROTATE", "1", Bool, "each login by a token replaces it; 0 = it stays good for any number of logins, for clients that keep only the first", "每次令牌登录后换新令牌；0=令牌可反复使用（旧客户端）"),
    Key::new("P_MFA", "", ListOf(&["emp", "admin"]), "login types that must have a second factor (a code of an authenticator app)", "必须启用两步验证的登录类型"),
    Key::new("P_PWD_MIN", "8", Int { min: 6, max: 64 }, "characters of a new password at least", "新密码的最少字符数"),
    Key::new("P_REG", "0", Bool, "opens registration by name and password (reg)", "允许用户自行注册 (reg)"),
    Key::new("P_AUTO_REG", "user", ListOf(APP_TYPES), "login types that get an account at their first login by code", "首次用验证码登录时自动注册的登录类型"),
    Key::new("P_ONE_LOGIN", "", ListOf(&["user", "emp", "admin"]), "login types of which a new login ends the older ones", "只允许一处登录的登录类型"),

    // Throttles
    Key::new("P_GUEST_RATE", "100", Int { min: 0, max: 1_000_000 }, "calls a second of one address that nobody logged in for, on the average; 0 = without bound", "每个地址未登录调用的平均次数（次/秒）；0 不限"),
    Key::new("P_GUEST_BURST", "400", Int { min: 1, max: 10_000_000 }, "such calls of one address that may come at once", "每个地址允许同时到来的未登录调用次数"),
    Key::new("P_LOGIN_TRIES", "5", Int { min: 1, max: 1_000_000 }, "failed logins at an account from one address, or from a device it knows, within P_LOGIN_WINDOW", "P_LOGIN_WINDOW 内每个地址（或已知设备）对同一帐号允许的登录失败次数"),
    Key::new("P_LOGIN_TRIES_ADDR", "50", Int { min: 1, max: 1_000_000 }, "failed logins per address within P_LOGIN_WINDOW", "P_LOGIN_WINDOW 内每个地址允许的登录失败次数"),
    Key::new("P_LOGIN_WINDOW", "10m", Seconds { min: 1, max: DAY }, "span in which failed logins are counted", "统计登录失败次数的时间段"),
    Key::new("P_CAPTCHA_AFTER", "0", Int { min: 0, max: 1_000_000 }, "failed logins of a session or a name after which a login of a user needs `captcha`, the letters of a picture; 0 = never", "同一会话或用户帐号登录失败多少次后须输入图形验证码 captcha；0 不需要"),
    Key::new("P_LOGIN_SLOW", "4s", Seconds { min: 1, max: 60 }, "what strangers wait at a login while its account is guessed at from everywhere", "帐号遭到各处猜测时，陌生设备登录需等待的时间"),
    Key::new("P_CODE_TRIES", "5", Int { min: 1, max: 100 }, "wrong guesses that drop a code", "验证码输错几次后作废"),
    Key::new("P_CODE_GAP", "60s", Seconds { min: 0, max: DAY }, "time between two codes for one phone or session", "同一手机号或会话两次验证码的间隔"),
    Key::new("P_CODE_DAY", "10", Int { min: 1, max: 1_000_000 }, "codes per phone and day", "每个手机号每天的验证码数"),
    Key::new("P_CODE_ADDR_HOUR", "30", Int { min: 1, max: 1_000_000 }, "codes per address and hour", "每个地址每小时的验证码数"),

    // Messages to people
    Key::new("MAIL_MODE", "auto", MODE, "the mail service: real, mock or off", "邮件服务：真实、模拟或关闭"),
    Key::new("MAIL_FROM", "", Text, "sender of mails", "发件人"),
    Key::new("SUBMAIL_BASE", "", Text, "address of the mail service", "邮件服务地址"),
    Key::new("SUBMAIL_APPID", "", Text, "account at the mail service", "邮件服务帐号"),
    Key::new("SUBMAIL_APPKEY", "", Text, "key of the mail service", "邮件服务密钥").secret(),
    Key::new("SMS_MODE", "auto", MODE, "text messages of notifications: real, mock or off", "通知短信服务：真实、模拟或关闭"),
    Key::new("SMS_BASE", "", Text, "address of the service for text messages (Submail)", "短信服务地址（Submail）"),
    Key::new("SMS_APPID", "", Text, "account at the service for text messages", "短信服务帐号"),
    Key::new("SMS_APPKEY", "", Text, "key of the service for text messages", "短信服务密钥").secret(),
    Key::new("SMS_SIGN", "", Text, "put before every text message, such as 【Shop】", "短信签名，如【小店】"),
    Key::new("PUSH_MODE", "auto", MODE, "push messages: real, mock or off", "手机推送服务：真实、模拟或关闭"),
    Key::new("PUSH_BASE", "https://api.jpush.cn/v3/push", Text, "address of the push service (JPush)", "推送服务地址（极光）"),
    Key::new("PUSH_APPKEY", "", Text, "account at the push service", "推送服务帐号"),
    Key::new("PUSH_SECRET", "", Text, "key of the push service", "推送服务密钥").secret(),
    Key::new("WECHAT_MODE", "auto", MODE, "template messages of WeChat: real, mock or off", "微信模板消息：真实、模拟或关闭"),
    Key::new("WX_BASE", "https://api.weixin.qq.com", Text, "address of WeChat", "微信接口地址"),
    Key::new("WX_APPID", "", Text, "service account at WeChat", "微信服务号 appid"),
    Key::new("WX_SECRET", "", Text, "secret of the service account at WeChat", "微信服务号密钥").secret(),
    Key::new("WECOM_MODE", "auto", MODE, "the robot of a WeCom group: real, mock or off", "企业微信群机器人：真实、模拟或关闭"),
    Key::new("WECOM_ROBOT_URL", "", Text, "address of the WeCom robot, with its key", "企业微信群机器人地址（含 key）").secret(),
    Key::new("DINGTALK_MODE", "auto", MODE, "the robot of a DingTalk group: real, mock or off", "钉钉群机器人：真实、模拟或关闭"),
    Key::new("DINGTALK_ROBOT_URL", "", Text, "address of the DingTalk robot, with its token", "钉钉群机器人地址（含 token）").secret(),
    Key::new("DINGTALK_ROBOT_SECRET", "", Text, "secret by which messages to the DingTalk robot are signed", "钉钉群机器人加签密钥").secret(),
    Key::new("FEISHU_MODE", "auto", MODE, "the robot of a Feishu group: real, mock or off", "飞书群机器人：真实、模拟或关闭"),
    Key::new("FEISHU_ROBOT_URL", "", Text, "address of the Feishu robot, with its token", "飞书群机器人地址（含 token）").secret(),
    Key::new("FEISHU_ROBOT_SECRET", "", Text, "secret by which messages to the Feishu robot are signed", "飞书群机器人签名密钥").secret(),
    Key::new("WEBHOOK_MODE", "auto", MODE, "notifications to a program of yours: real, mock or off", "通知推送到自有程序：真实、模拟或关闭"),
    Key::new("WEBHOOK_URL", "", Text, "address that gets notifications as JSON", "接收通知的地址（JSON）"),
    Key::new("WEBHOOK_SECRET", "", Text, "secret by which they are signed: HMAC-SHA256 of time, a point and the body", "通知签名密钥：对“时间.正文”作 HMAC-SHA256").secret(),
    Key::new("P_NOTIFY_KEEP_DAYS", "90", Int { min: 1, max: 36_500 }, "days that the log of notifications is kept", "通知发送记录保留天数"),
];
