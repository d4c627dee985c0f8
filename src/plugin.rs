//! The plugin, and everything its author needs: `use jindou::plugin::*`.

#![warn(missing_docs)]

mod channels;
mod files;
mod logins;
mod perms;
mod roles;
mod work;

pub use crate::api::{
    Answer, Args, Fields, FileAnswer, FileBody, Find, Prepared, ReadableRows, Row, Stage, Upload, whole,
};
pub use crate::auth::mask::{self, ADMIN, EMP, ENROL, GUEST, KEY, LOGIN, MGR, TEST_MODE, USER, WATCH};
pub use crate::auth::{Caller, Mask, Narrowing, Role};
pub use crate::call::cond::{Compare, Cond, Literal};
pub use crate::call::params::Params;
pub use crate::config::{Key as ConfKey, KeyKind};
pub use crate::db::{Console, Tx};
pub use crate::demo::{Demo, DemoHook};
pub use crate::error::{Code, Error, Fault, Result, ensure};
pub use crate::integrations::sms::SmsService;
pub use crate::integrations::{Http, Service};
pub use crate::jobs::{CatchUp, JobRun, NewJob, Overlap};
pub use crate::notify::{Channel, Event, Receiver, event};
pub use crate::object::*;
pub use crate::plan::{FieldPolicy, FieldView, ReadPolicy, RowPolicy};
pub use crate::render::Grid;
pub use crate::services::{LogTable, Services};
pub use crate::throttle::limiter::{Key, Limit, Limiter};
pub use crate::time::trusted::Age;
pub use channels::{LiveChannel, channel};
pub use files::{FileCategory, FileOwner, FileRows, FileRules, category, file_in};
pub use logins::{ByParams, Identity, LoginType};
pub use perms::{Perm, perm};
pub use roles::{GivenRole, RoleSource};
pub use serde_json::{Map, Value, json};
pub(crate) use work::How;
pub use work::{Job, Queue, Worker, handler, queue, worker};

/// A plugin: a name, its DESIGN.md, its objects and functions. A plain constant.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// Letters and digits, one of its kind: the name in `P_PLUGINS`.
    pub name: &'static str,
    /// The text of its DESIGN.md: tables, labels, prose.
    pub design: &'static str,
    /// Empty = that of the framework, with which it is built.
    pub version: &'static str,
    /// Names of plugins that must be on as well.
    pub needs: &'static [&'static str],
    /// Objects, with the actions that belong to them.
    pub objects: &'static [&'static Object],
    /// Actions that belong to no object, such as `login`.
    pub functions: &'static [Action],
    /// Logins this plugin brings: app type, bits, how an account is identified.
    pub logins: &'static [LoginType],
    /// Permissions that its staff may be given, beside those of other plugins.
    pub perms: &'static [Perm],
    /// Positive codes of its own: code, Chinese, English.
    pub errors: &'static [(i32, &'static str, &'static str)],
    /// Configuration keys of its own.
    pub config: &'static [ConfKey],
    /// Settings that differ from the framework's defaults while this plugin is on.
    pub presets: &'static [(&'static str, &'static str)],
    /// Work done by the clock.
    pub jobs: &'static [Job],
    /// What does the jobs of this plugin, by their kinds.
    pub workers: &'static [Worker],
    /// Queues of its own.
    pub queues: &'static [Queue],
    /// Actions this plugin brings to objects of the plugins it needs: object, actions.
    pub extends: &'static [(&'static str, &'static [Action])],
    /// Parameters by which this plugin filters the queries of objects of the plugins it needs: object, parameter, the
    /// condition for its value.
    pub filters: &'static [(&'static str, &'static str, FilterHook)],
    /// Things that happen in other plugins and concern this one: event, what is done in the same transaction.
    pub listens: &'static [(&'static str, Listener)],
    /// Messages to people that it sends (`Tx::notify`).
    pub events: &'static [Event],
    /// Where people are reached that it keeps.
    pub contacts: Option<Contacts>,
    /// Outside services this plugin needs.
    pub services: &'static [&'static dyn Service],
    /// Paths beside the API that stand for an action: path, action.
    pub routes: &'static [(&'static str, &'static str)],
    /// Sends text messages for everybody.
    pub sms: Option<&'static dyn SmsService>,
    /// Finds the roles among the words of an account.
    pub roles: Option<RoleSource>,
    /// What clients are told at their start, unless the configuration says otherwise: name, number.
    pub client_settings: &'static [(&'static str, i64)],
    /// Adds data for `serve --demo`.
    pub demo: Option<DemoHook>,
    /// Columns of this plugin that hold ids of uploaded files.
    pub files: &'static [FileOwner],
    /// Kinds of uploads this plugin knows.
    pub file_categories: &'static [FileCategory],
    /// Set by the one plugin that keeps the files.
    pub file_rules: Option<FileRules>,
    /// Rows that are sent to their readers as they are written.
    pub channels: &'static [LiveChannel],
    /// Runs once in a transaction when the server starts.
    pub on_start: Option<fn(&mut Tx<'_>) -> Result<()>>,
    /// Brings its own login and must run alone, in test mode.
    pub exclusive: bool,
    /// Used only when `P_PLUGINS` names it.
    pub optional: bool,
    /// Comes along, unnamed, with the plugins that need it: accounts, files.
    pub basic: bool,
}

/// Hears of an event, with what its teller says of it.
pub type Listener = fn(&mut Tx<'_>, &Value) -> Result<()>;

/// Finds where a person is reached by a channel; `None` when this plugin does not know.
pub type Contacts = fn(&mut Tx<'_>, Receiver, Channel) -> Result<Option<String>>;

impl Plugin {
    /// A plugin with its page, `include_str!("DESIGN.md")`, and nothing else yet.
    pub const fn new(name: &'static str, design: &'static str) -> Plugin {
        Plugin {
            name,
            design,
            version: "",
            needs: &[],
            objects: &[],
            functions: &[],
            logins: &[],
            perms: &[],
            errors: &[],
            config: &[],
            presets: &[],
            jobs: &[],
            workers: &[],
            queues: &[],
            extends: &[],
            filters: &[],
            listens: &[],
            events: &[],
            contacts: None,
            services: &[],
            routes: &[],
            sms: None,
            roles: None,
            client_settings: &[],
            demo: None,
            files: &[],
            file_categories: &[],
            file_rules: None,
            channels: &[],
            on_start: None,
            exclusive: false,
            optional: false,
            basic: false,
        }
    }

    /// A version of its own, shown by `initClient`.
    pub const fn version(mut self, version: &'static str) -> Plugin {
        self.version = version;
        self
    }

    /// Plugins that must be on as well; the start says which are missing.
    pub const fn needs(mut self, plugins: &'static [&'static str]) -> Plugin {
        self.needs = plugins;
        self
    }

    /// The objects it brings.
    pub const fn objects(mut self, objects: &'static [&'static Object]) -> Plugin {
        self.objects = objects;
        self
    }

    /// Actions that belong to no object.
    pub const fn functions(mut self, functions: &'static [Action]) -> Plugin {
        self.functions = functions;
        self
    }

    /// App types whose accounts it keeps.
    pub const fn logins(mut self, logins: &'static [LoginType]) -> Plugin {
        self.logins = logins;
        self
    }

    /// Permissions that its staff may be given.
    pub const fn perms(mut self, perms: &'static [Perm]) -> Plugin {
        self.perms = perms;
        self
    }

    /// Its errors: positive codes, each with its text in Chinese and English.
    pub const fn errors(mut self, errors: &'static [(i32, &'static str, &'static str)]) -> Plugin {
        self.errors = errors;
        self
    }

    /// Configuration keys of its own, read by `tx.env().config`.
    pub const fn config(mut self, keys: &'static [ConfKey]) -> Plugin {
        self.config = keys;
        self
    }

    /// Other defaults of the framework's keys: key, value.
    pub const fn presets(mut self, settings: &'static [(&'static str, &'static str)]) -> Plugin {
        self.presets = settings;
        self
    }

    /// What does its jobs (`Tx::enqueue`): `handler` in the database, `worker` outside.
    pub const fn workers(mut self, workers: &'static [Worker]) -> Plugin {
        self.workers = workers;
        self
    }

    /// Queues of its own, beside `default`, `work` and `out`.
    pub const fn queues(mut self, queues: &'static [Queue]) -> Plugin {
        self.queues = queues;
        self
    }

    /// Work done by the clock.
    pub const fn jobs(mut self, jobs: &'static [Job]) -> Plugin {
        self.jobs = jobs;
        self
    }

    /// Actions for objects of plugins that it needs: object, actions.
    pub const fn extends(mut self, objects: &'static [(&'static str, &'static [Action])]) -> Plugin {
        self.extends = objects;
        self
    }

    /// Parameters that filter queries of other plugins' objects.
    pub const fn filters(mut self, filters: &'static [(&'static str, &'static str, FilterHook)]) -> Plugin {
        self.filters = filters;
        self
    }

    /// Events of other plugins (`Tx::tell`), and what is done about them in the same transaction.
    pub const fn listens(mut self, events: &'static [(&'static str, Listener)]) -> Plugin {
        self.listens = events;
        self
    }

    /// Messages to people that it sends (`Tx::notify`).
    pub const fn events(mut self, events: &'static [Event]) -> Plugin {
        self.events = events;
        self
    }

    /// Finds the address of a person for a channel: the phone, the mail address, the open id at WeChat.
    pub const fn contacts(mut self, find: Contacts) -> Plugin {
        self.contacts = Some(find);
        self
    }

    /// Outside services that it calls.
    pub const fn services(mut self, services: &'static [&'static dyn Service]) -> Plugin {
        self.services = services;
        self
    }

    /// Paths beside `/api/` that stand for an action: path, action.
    pub const fn routes(mut self, routes: &'static [(&'static str, &'static str)]) -> Plugin {
        self.routes = routes;
        self
    }

    /// Sends the text messages of all plugins.
    pub const fn sms(mut self, service: &'static dyn SmsService) -> Plugin {
        self.sms = Some(service);
        self
    }

    /// Where this plugin keeps roles of staff.
    pub const fn roles(mut self, find: RoleSource) -> Plugin {
        self.roles = Some(find);
        self
    }

    /// Numbers that `initClient` tells clients.
    pub const fn client_settings(mut self, settings: &'static [(&'static str, i64)]) -> Plugin {
        self.client_settings = settings;
        self
    }

    /// Adds data for `serve --demo`.
    pub const fn demo(mut self, make: DemoHook) -> Plugin {
        self.demo = Some(make);
        self
    }

    /// Its columns that hold ids of uploaded files.
    pub const fn files(mut self, owners: &'static [FileOwner]) -> Plugin {
        self.files = owners;
        self
    }

    /// Kinds of uploads that it knows.
    pub const fn file_categories(mut self, categories: &'static [FileCategory]) -> Plugin {
        self.file_categories = categories;
        self
    }

    /// Makes it the plugin that keeps the files.
    pub const fn file_rules(mut self, rules: FileRules) -> Plugin {
        self.file_rules = Some(rules);
        self
    }

    /// Channels: rows that are sent to their readers as they are written.
    pub const fn channels(mut self, channels: &'static [LiveChannel]) -> Plugin {
        self.channels = channels;
        self
    }

    /// Runs once at every start, in a transaction of its own.
    pub const fn on_start(mut self, run: fn(&mut Tx<'_>) -> Result<()>) -> Plugin {
        self.on_start = Some(run);
        self
    }

    /// Comes along with the plugins that need it, although `P_PLUGINS` does not name it.
    pub const fn basic(mut self) -> Plugin {
        self.basic = true;
        self
    }

    /// Used only when `P_PLUGINS` names it.
    pub const fn optional(mut self) -> Plugin {
        self.optional = true;
        self
    }

    /// Runs alone and in test mode only.
    pub const fn exclusive(mut self) -> Plugin {
        self.exclusive = true;
        self
    }
}
