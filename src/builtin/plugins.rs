//! `Plugin.query` and `Err.query`: what this server is made of, and the codes it answers with.

use crate::api::{Answer, Args};
use crate::auth::mask::{ADMIN, TEST_MODE};
use crate::db::Tx;
use crate::error::{self, Result};
use crate::object::{Object, STANDARD, read};
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::render::Grid;
use serde_json::{Value, json};

pub static PLUGIN: Object =
    Object::actions_only("Plugin").actions(&[read("query", ADMIN | TEST_MODE, plugins)
        .doc("The plugins of this program: tables, actions, on or off.")]);

pub static ERR: Object = Object::actions_only("Err").actions(&[read("query", TEST_MODE, codes)
    .test_only()
    .doc("Every code, with its sentence in both languages.")]);

fn plugins(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let rows = rows(&tx.env().registry);
    let cells = rows.into_iter().map(|row| COLUMNS.iter().map(|name| row[name].clone()).collect()).collect();
    args.table(Grid::new(COLUMNS.iter().copied(), cells))
}

const COLUMNS: [&str; 6] = ["name", "version", "enabled", "tables", "actions", "needs"];

/// A row for each plugin, the unused ones last. A plugin that is off has neither tables nor actions.
pub fn rows(registry: &Registry) -> Vec<Value> {
    let on = registry.plugins.iter().map(|plugin| row(registry, plugin, true));
    on.chain(registry.unused.iter().map(|plugin| row(registry, plugin, false))).collect()
}

fn row(registry: &Registry, plugin: &Plugin, enabled: bool) -> Value {
    // Tables that no plugin brings are the framework's.
    let mine =
        |source: &str| source == plugin.name || (plugin.name == "core" && !registry.has_plugin(source));
    let tables = registry.catalogue.tables().iter().filter(|table| enabled && mine(&table.source));
    let tables: Vec<&str> = tables.map(|table| table.name.as_str()).collect();
    let version = if plugin.version.is_empty() { env!("CARGO_PKG_VERSION") } else { plugin.version };
    json!({
        "name": plugin.name,
        "version": version,
        "enabled": enabled,
        "tables": tables,
        "actions": if enabled { actions(registry, plugin) } else { Vec::new() },
        "needs": plugin.needs,
    })
}

/// Functions, then the actions of objects that some login may do.
fn actions(registry: &Registry, plugin: &Plugin) -> Vec<String> {
    let mut out: Vec<String> = plugin.functions.iter().map(|action| action.name.to_owned()).collect();
    for def in registry.objects().filter(|def| def.plugin == plugin.name) {
        let open = |bit: u16| def.rights.iter().flatten().any(|rights| rights.may(bit));
        let standard =
            STANDARD.iter().filter(|(_, bit)| def.table.is_some() && open(*bit)).map(|(name, _)| *name);
        let own = registry.actions_of(def).map(|action| action.name);
        let mut names: Vec<&str> = standard.collect();
        for name in own {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        out.extend(names.iter().map(|name| format!("{}.{name}", def.name())));
    }
    out
}

fn codes(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let core = error::catalogue()
        .map(|(code, name, zh, en)| vec![json!(code.0), json!(name), json!(zh), json!(en), json!("core")]);
    let plugins = tx.env().registry.plugins.iter();
    let theirs = plugins.flat_map(|plugin| {
        plugin
            .errors
            .iter()
            .map(|(code, zh, en)| vec![json!(code), Value::Null, json!(zh), json!(en), json!(plugin.name)])
    });
    let rows = core.chain(theirs).collect();
    args.table(Grid::new(["code", "name", "zh", "en", "plugin"], rows))
}
