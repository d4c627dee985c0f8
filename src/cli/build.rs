//! Builds a server from plugins and configuration.

use super::{Failure, modes};
use crate::audit::Chain;
use crate::backup::Stream;
use crate::config::{Config, Database, Durability, Sources, secret_key};
use crate::credentials::known_devices::Devices;
use crate::db::{self, Conn, DatabaseLock, Db, DbLocation, Follower};
use crate::design::UpgradePlan;
use crate::paths::{beside, folder_of};
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::server::Server;
use crate::services::{Services, audit_keys};
use crate::{audit, builtin, integrations, jobs, log, notify, pipeline, session};
use std::path::Path;
use std::sync::Arc;

/// The framework's own tables.
const CORE: &[(&str, &str)] = &[
    ("audit", audit::DESIGN),
    ("session", session::DESIGN),
    ("pipeline", pipeline::DESIGN),
    ("outside", integrations::DESIGN),
    ("jobs", jobs::DESIGN),
    ("notify", notify::DESIGN),
];

pub struct Built {
    pub config: Config,
    pub registry: Registry,
}

/// Reads the configuration and joins the chosen plugins; every fault is named.
pub fn build(plugins: &'static [&'static Plugin], file: Option<&Path>) -> Result<Built, Failure> {
    build_with(plugins, Sources::of_process(file).map_err(lines)?)
}

/// Like `build`, with settings that win over all others.
pub fn build_over(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    overrides: Vec<(String, String)>,
) -> Result<Built, Failure> {
    let mut sources = Sources::of_process(file).map_err(lines)?;
    sources.overrides.extend(overrides);
    build_with(plugins, sources)
}

/// Builds from these settings alone, without the environment or a file: for tests and for embedding.
pub fn build_from(plugins: &'static [&'static Plugin], settings: &[(&str, &str)]) -> Result<Built, Failure> {
    let overrides = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    build_with(plugins, Sources { overrides, ..Sources::default() })
}

fn build_with(plugins: &'static [&'static Plugin], sources: Sources) -> Result<Built, Failure> {
    let config = config(plugins, sources)?;
    let registry = registry(plugins, &config)?;
    Ok(Built { config, registry })
}

/// The configuration alone, with what the chosen plugins preset.
pub fn config(plugins: &'static [&'static Plugin], mut sources: Sources) -> Result<Config, Failure> {
    let keys: Vec<_> = plugins.iter().map(|plugin| plugin.config).collect();
    let mut config = Config::load(&sources, &keys).map_err(lines)?;
    let presets = chosen(plugins, &config)?.into_iter().flat_map(|plugin| plugin.presets);
    let presets: Vec<_> = presets.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if !presets.is_empty() {
        sources.presets.extend(presets);
        config = Config::load(&sources, &keys).map_err(lines)?;
    }
    Ok(config)
}

/// How the program's own log is to be written.
pub fn log_settings(config: &Config) -> log::Settings {
    log::Settings {
        filter: config.log.clone(),
        format: config.text("P_LOG_FORMAT").to_owned(),
        target: log::Target::of(config.text("P_LOG_FILE")),
    }
}

pub fn registry(plugins: &'static [&'static Plugin], config: &Config) -> Result<Registry, Failure> {
    let mut list = vec![&builtin::PLUGIN];
    list.extend(chosen(plugins, config)?);
    let used: Vec<&str> = list.iter().map(|plugin| plugin.name).collect();
    let unused = plugins.iter().copied().filter(|plugin| !used.contains(&plugin.name)).collect();
    let mut registry = Registry::new(CORE, list).map_err(lines)?;
    registry.unused = unused;
    Ok(registry)
}

fn lines(list: Vec<String>) -> Failure {
    Failure(list.join("\n"))
}

/// The plugins of `P_PLUGINS`; without it all but those that are optional or must run alone. `+name` adds one
/// to these.
fn chosen(plugins: &'static [&'static Plugin], config: &Config) -> Result<Vec<&'static Plugin>, Failure> {
    let names = &config.plugins;
    let adds = names.iter().filter(|name| name.starts_with('+')).count();
    if adds > 0 && adds < names.len() {
        return Err(Failure("P_PLUGINS: either all names have a + in front or none".into()));
    }
    let mut out = Vec::new();
    if adds == names.len() {
        out.extend(plugins.iter().copied().filter(|plugin| !plugin.exclusive && !plugin.optional));
    }
    for name in names {
        let plugin = named(plugins, name.trim_start_matches('+'))?;
        if plugin.exclusive && config.test_mode == 0 {
            return Err(Failure(format!(
                "P_PLUGINS: plugin {} runs in test mode only (P_TEST_MODE=1)",
                plugin.name
            )));
        }
        // One that is there anyway may be added once more.
        if adds == 0 || !out.iter().any(|p: &&Plugin| p.name == plugin.name) {
            out.push(plugin);
        }
    }
    with_basics(plugins, &mut out);
    Ok(out)
}

/// What the chosen ones are built upon comes before them, named or not.
fn with_basics(plugins: &'static [&'static Plugin], chosen: &mut Vec<&'static Plugin>) {
    let mut at = 0;
    while at < chosen.len() {
        let missing = chosen[at].needs.iter().filter_map(|need| {
            let found = plugins.iter().copied().find(|plugin| plugin.name == *need && plugin.basic);
            found.filter(|plugin| !chosen.iter().any(|one| one.name == plugin.name))
        });
        match missing.collect::<Vec<_>>().first() {
            Some(plugin) => chosen.insert(0, plugin),
            None => at += 1,
        }
    }
}

fn named(plugins: &'static [&'static Plugin], name: &str) -> Result<&'static Plugin, Failure> {
    plugins.iter().copied().find(|plugin| plugin.name == name).ok_or_else(|| {
        let near = crate::error::nearest(name, plugins.iter().map(|plugin| plugin.name));
        let hint = near.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
        Failure(format!("P_PLUGINS: there is no plugin {name}{hint}"))
    })
}

/// Opens the database, brings it up to date where that is allowed, and makes the server.
pub fn open(built: Built) -> Result<Arc<Server>, Failure> {
    let Built { config, registry } = built;
    let path = sqlite(&config)?;
    prepare_folder(&path)?;
    let database_lock = DatabaseLock::if_possible(&path).map_err(|e| unopened(&path, &e))?;
    if database_lock.is_some() {
        survey(&path);
    }
    recognise(&path, &registry)?;
    modes::mend(&path, &config.data);
    let twice = config.test_twice && config.test_mode > 0;
    let place = DbLocation {
        cache: config.cache_mb,
        wal_max: config.int("P_WAL_MAX").unsigned_abs(),
        twice,
        ..DbLocation::new(&path, config.durability == Durability::Full)
    };
    upgrade(&config, &registry, &place)?;
    let key = secret_key(config.text("P_ENC_KEY"), &config.data).map_err(Failure)?;
    let readers = if config.readers == 0 { 16 } else { config.readers };
    let keys = audit_keys(&config, Some(&key)).map_err(Failure)?;
    let chain = Arc::new(Chain::new(keys.clone()));
    let long_reads = Server::long_reads_max(&config);
    let zone = config.zone;
    let mut env = Services::new(registry, config, zone, &key, keys)?;
    env.devices = Devices::new(&key);
    let faults = integrations::faults(&env);
    if !faults.is_empty() {
        return Err(lines(faults));
    }
    let stream = Stream::of(&env.config, &path, &env.clock, &env.file_notes);
    let follower = stream.clone().map(|stream| stream as Arc<dyn Follower>);
    let db = Db::open(place, database_lock, (readers, long_reads), chain.clone(), follower);
    let server = Server::open(env, db, chain, stream)?;
    match server.begin() {
        Err(error) if db::disk_failed(&error) => {
            tracing::error!(%error, "the disk cannot be written: until it can, this server only reads");
        }
        begun => begun?,
    }
    Ok(server)
}

/// Tells what the last server left in the write-ahead log, if it did not close the database. SQLite passes over a log that is
/// broken in its middle without a word.
fn survey(path: &Path) {
    match db::survey(&beside(path, "-wal")) {
        Ok(Some(db::Survey { committed, dropped: 0 })) if committed > 0 => {
            tracing::info!(
                pages = committed,
                "the database was not closed: its write-ahead log is taken over"
            );
        }
        Ok(Some(db::Survey { committed, dropped })) if dropped > 0 => tracing::error!(
            taken = committed,
            dropped,
            "the write-ahead log is broken in its middle, and what stands behind is lost. After a power cut that may be \
             changes nobody was told of; otherwise the disk has damaged it: compare with a backup, and with the \
             witness of the audit chain (jindou audit verify --anchor)"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be looked at"),
    }
}

/// Brings the database up to date where that is allowed. On a disk that cannot be written one that is up to date is good
/// enough.
fn upgrade(config: &Config, registry: &Registry, place: &DbLocation) -> Result<(), Failure> {
    let refused = |e: &crate::error::Error| unopened(&place.path, e);
    let plan = match upgraded(config, registry, place) {
        Ok(plan) => plan?,
        Err(error) if db::disk_failed(&error) => {
            let look = Conn::open_look(&place.path).map_err(|e| refused(&e))?;
            let plan = db::upgrade_plan(&look, &registry.catalogue)?;
            if !plan.steps.is_empty() {
                return Err(refused(&error));
            }
            plan
        }
        Err(error) => return Err(refused(&error)),
    };
    for note in &plan.notes {
        tracing::warn!(%note, "the database differs");
    }
    Ok(())
}

/// The outer error is the database's.
fn upgraded(
    config: &Config,
    registry: &Registry,
    place: &DbLocation,
) -> crate::error::Result<Result<UpgradePlan, Failure>> {
    let writer = Conn::open_writer(&place.path, place.sync)?;
    let plan = db::upgrade_plan(&writer, &registry.catalogue)?;
    if !plan.steps.is_empty() && !config.auto_upgrade {
        return Ok(Err(Failure(format!(
            "the database lacks {} things the plugins need; see `jindou upgrade`, or set P_AUTO_UPGRADE=1",
            plan.steps.len()
        ))));
    }
    db::apply(&writer, &plan)?;
    for step in &plan.steps {
        tracing::debug!(what = %step.what, "upgraded");
    }
    Ok(Ok(plan))
}

pub fn sqlite(config: &Config) -> Result<std::path::PathBuf, Failure> {
    match &config.db {
        Database::Sqlite(path) => Ok(path.clone()),
        Database::Postgres(_) | Database::MySql(_) => {
            Err(Failure("P_DB: this build serves SQLite databases; give the path of a file".into()))
        }
    }
}

/// Refuses a database that is not ours, or of a later version, before anything of it is changed.
pub fn recognise(path: &Path, registry: &Registry) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure(format!(
            "P_DB: the database {} cannot be opened: it is a folder",
            path.display()
        )));
    }
    match db::refusal(path, &registry.catalogue).map_err(|e| unopened(path, &e))? {
        Some(why) => Err(Failure(format!("P_DB: the database {} is refused: {why}", path.display()))),
        None => Ok(()),
    }
}

pub fn prepare_folder(path: &Path) -> Result<(), Failure> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure(format!("P_DB: the folder {} cannot be made: {e}", folder.display())))
}

pub fn unopened(path: &Path, error: &crate::error::Error) -> Failure {
    let why = error.source.as_deref().unwrap_or("unknown reason");
    // The statement at its end tells an administrator nothing.
    let why = why.rsplit_once(" in ").map_or(why, |(reason, _)| reason);
    Failure(format!("P_DB: the database {} cannot be opened: {why}", path.display()))
}
