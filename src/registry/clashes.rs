//! Names and numbers that must be one plugin's alone: codes, logins, jobs, services, paths; and paths that lead
//! nowhere. What tables and objects clash over is found where they are made.

use super::Registry;
use crate::call::name::Action as Name;
use crate::error;
use crate::object;
use crate::plugin::Plugin;
use crate::time::Zone;
use std::collections::HashMap;

/// Every clash, one line each.
pub fn all(plugins: &[&'static Plugin], faults: &mut Vec<String>) {
    codes(plugins, faults);
    let of = |names: fn(&'static Plugin) -> Vec<&'static str>| {
        plugins.iter().flat_map(move |plugin| names(plugin).into_iter().map(move |name| (name, plugin.name)))
    };
    once("login type", of(|plugin| plugin.logins.iter().map(|login| login.app_type).collect()), faults);
    once("job", of(|plugin| plugin.jobs.iter().map(|job| job.name).collect()), faults);
    once("worker", of(|plugin| plugin.workers.iter().map(|worker| worker.kind).collect()), faults);
    once("queue", of(|plugin| plugin.queues.iter().map(|queue| queue.name).collect()), faults);
    once("outside service", of(|plugin| plugin.services.iter().map(|svc| svc.name()).collect()), faults);
    once("event", of(|plugin| plugin.events.iter().map(|event| event.name).collect()), faults);
    once("permission", of(|plugin| plugin.perms.iter().map(|perm| perm.word).collect()), faults);
    once("path", of(|plugin| plugin.routes.iter().map(|(path, _)| *path).collect()), faults);
    once(
        "kind of uploads",
        of(|plugin| plugin.file_categories.iter().map(|kind| kind.name).collect()),
        faults,
    );
    once("keeper of roles", of(|plugin| plugin.roles.iter().map(|_| "roles").collect()), faults);
    once("keeper of files", of(|plugin| plugin.file_rules.iter().map(|_| "files").collect()), faults);
}

/// Paths beside the API lead to actions that exist.
pub fn routes(registry: &Registry, faults: &mut Vec<String>) {
    for plugin in &registry.plugins {
        for (path, action) in plugin.routes {
            if !path.starts_with('/') || path.starts_with("/api/") {
                faults.push(format!(
                    "plugin {}: path {path} must begin with / and lie beside /api",
                    plugin.name
                ));
            }
            let name = Name::parse(action);
            let standard = || {
                let object = name.object.as_deref().and_then(|object| registry.object(object));
                object.is_some_and(|def| def.table.is_some()) && object::standard(&name.name).is_some()
            };
            if registry.own_action(&name).is_none() && !standard() {
                faults.push(format!("plugin {}: path {path} leads to unknown action {action}", plugin.name));
            }
        }
    }
}

/// Every worker has a queue, and the work of a queue is of one sort; names fit their columns.
pub fn queues(registry: &Registry, faults: &mut Vec<String>) {
    for worker in registry.workers() {
        let first = registry.workers().find(|other| other.queue == worker.queue);
        if registry.queue(worker.queue).is_none() {
            faults.push(format!("worker {}: there is no queue {}", worker.kind, worker.queue));
        } else if first.is_some_and(|first| first.is_staged() != worker.is_staged()) {
            faults.push(format!(
                "worker {}: queue {} has work in the database or on threads, not both",
                worker.kind, worker.queue
            ));
        }
        if worker.kind.is_empty() || worker.kind.len() > 64 {
            faults.push(format!("worker `{}`: a kind has 1 to 64 letters", worker.kind));
        }
    }
    for job in registry.plugins.iter().flat_map(|plugin| plugin.jobs) {
        if let Err(what) = job.schedule(Zone::default()) {
            faults.push(format!("job {}: {what}", job.name));
        }
        if job.name.is_empty() || job.name.len() > 50 || (job.cron.is_empty() && job.every_sec == 0) {
            faults.push(format!("job `{}`: a name of 1 to 50 letters, and a time", job.name));
        }
    }
    for queue in registry.queues() {
        if queue.name.is_empty() || queue.name.len() > 32 || queue.width == 0 {
            faults.push(format!("queue `{}`: 1 to 32 letters, and a width", queue.name));
        }
    }
}

fn codes(plugins: &[&'static Plugin], faults: &mut Vec<String>) {
    let mut taken: HashMap<i32, &str> = error::catalogue().map(|(code, ..)| (code.0, "core")).collect();
    for plugin in plugins {
        for (code, zh, en) in plugin.errors {
            if *code <= 0 {
                faults.push(format!("plugin {}: code {code} must be greater than 0", plugin.name));
            }
            if zh.is_empty() || en.is_empty() {
                faults.push(format!("plugin {}: code {code} has no sentence in both languages", plugin.name));
            }
            if let Some(other) = taken.insert(*code, plugin.name) {
                faults.push(format!("code {code} is declared by {other} and {}", plugin.name));
            }
        }
    }
}

fn once(what: &str, names: impl Iterator<Item = (&'static str, &'static str)>, faults: &mut Vec<String>) {
    let mut taken: HashMap<&str, &str> = HashMap::new();
    for (name, plugin) in names {
        if let Some(other) = taken.insert(name, plugin) {
            faults.push(format!("{what} {name} is declared by {other} and {plugin}"));
        }
    }
}
