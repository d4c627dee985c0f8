//! Declarations of messages to people: plain data.

/// A way by which messages reach people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The list behind the bell.
    App,
    /// Text message.
    Sms,
    /// Mail.
    Mail,
    /// Push message on phones.
    Push,
    /// Template message of a WeChat service account.
    Wechat,
    /// Robot in a WeCom group.
    Wecom,
    /// Robot in a DingTalk group.
    Dingtalk,
    /// Robot in a Feishu group.
    Feishu,
    /// A program of the operator's own.
    Webhook,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 9] = [
        Channel::App,
        Channel::Sms,
        Channel::Mail,
        Channel::Push,
        Channel::Wechat,
        Channel::Wecom,
        Channel::Dingtalk,
        Channel::Feishu,
        Channel::Webhook,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Channel::App => "app",
            Channel::Sms => "sms",
            Channel::Mail => "mail",
            Channel::Push => "push",
            Channel::Wechat => "wechat",
            Channel::Wecom => "wecom",
            Channel::Dingtalk => "dingtalk",
            Channel::Feishu => "feishu",
            Channel::Webhook => "webhook",
        }
    }

    /// The channel of a name.
    pub fn of(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Speaks to a group, not to a person: nobody's preferences count.
    pub fn is_group(self) -> bool {
        matches!(self, Channel::Wecom | Channel::Dingtalk | Channel::Feishu | Channel::Webhook)
    }
}

/// For whom a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Receiver {
    /// A user.
    User(i64),
    /// An employee.
    Employee(i64),
    /// A watch.
    Watch(i64),
    /// Nobody in particular: the channels that speak to groups.
    Group,
}

impl Receiver {
    /// The login type and the id of the account.
    pub fn account(self) -> (&'static str, i64) {
        match self {
            Receiver::User(id) => ("user", id),
            Receiver::Employee(id) => ("emp", id),
            Receiver::Watch(id) => ("watch", id),
            Receiver::Group => ("", 0),
        }
    }
}

/// A message to people: what happened, in which words, by which channels. A plain constant.
#[derive(Clone, Copy)]
pub struct Event {
    /// `trade.quote`.
    pub name: &'static str,
    /// Column `type` of the notification.
    pub kind: i64,
    /// What preferences call it, in Chinese and English.
    pub label: (&'static str, &'static str),
    /// The title, with placeholders.
    pub title: (&'static str, &'static str),
    /// The text, with placeholders.
    pub text: (&'static str, &'static str),
    /// The field of the data whose value is the content of the notification; empty = the text.
    pub refers: &'static str,
    /// One message per receiver and value of this; empty = each time one.
    pub key: &'static str,
    /// Outside messages with the same value of this within so many seconds become one; empty = none do.
    pub digest: (&'static str, u32),
    /// Where it goes unless the person says otherwise.
    pub channels: &'static [Channel],
    /// Passes quiet hours.
    pub urgent: bool,
    /// Fields of the data that no log shows.
    pub secrets: &'static [&'static str],
    /// Configuration key of the template at WeChat.
    pub wechat_template: &'static str,
    /// Configuration key of another wording for text messages.
    pub sms_template: &'static str,
}

/// An event with its name and what preferences call it, in Chinese and English.
pub const fn event(name: &'static str, zh: &'static str, en: &'static str) -> Event {
    Event {
        name,
        kind: 4,
        label: (zh, en),
        title: (zh, en),
        text: ("", ""),
        refers: "",
        key: "",
        digest: ("", 0),
        channels: &[Channel::App],
        urgent: false,
        secrets: &[],
        wechat_template: "",
        sms_template: "",
    }
}

impl Event {
    /// The column `type` of its notifications.
    pub const fn kind(mut self, kind: i64) -> Event {
        self.kind = kind;
        self
    }

    /// Another title than its name, with placeholders such as `{name}`.
    pub const fn title(mut self, zh: &'static str, en: &'static str) -> Event {
        self.title = (zh, en);
        self
    }

    /// Its text, with placeholders.
    pub const fn text(mut self, zh: &'static str, en: &'static str) -> Event {
        self.text = (zh, en);
        self
    }

    /// The content of the notification is this field of the data: the id of what it is about.
    pub const fn refers(mut self, field: &'static str) -> Event {
        self.refers = field;
        self
    }

    /// One message for each receiver and each value of this, such as `"{quoteId}"`.
    pub const fn once_by(mut self, key: &'static str) -> Event {
        self.key = key;
        self
    }

    /// What goes outside waits so many seconds and becomes one message with others of the same value.
    pub const fn digest(mut self, key: &'static str, seconds: u32) -> Event {
        self.digest = (key, seconds);
        self
    }

    /// Where it goes unless the person says otherwise.
    pub const fn channels(mut self, channels: &'static [Channel]) -> Event {
        self.channels = channels;
        self
    }

    /// Passes quiet hours.
    pub const fn urgent(mut self) -> Event {
        self.urgent = true;
        self
    }

    /// Fields of the data that are in the message alone and in no log.
    pub const fn secrets(mut self, fields: &'static [&'static str]) -> Event {
        self.secrets = fields;
        self
    }

    /// The configuration key that holds the id of its template at WeChat.
    pub const fn wechat_template(mut self, key: &'static str) -> Event {
        self.wechat_template = key;
        self
    }

    /// The configuration key that holds its wording for text messages, where one is set.
    pub const fn sms_template(mut self, key: &'static str) -> Event {
        self.sms_template = key;
        self
    }
}
