//! The plugins in force, joined with their tables: what exists, found by name. A wrong declaration stops
//! the start, and all of them are listed at once.

mod ceilings;
mod channels;
mod clashes;
mod classes;
mod roles;
mod targets;

pub use classes::column_key;
pub use targets::label_field;

use crate::auth::mask::Mask;
use crate::authorize::Declarations;
use crate::call::name::Action as Name;
use crate::design::{self, Catalogue};
use crate::integrations::Service;
use crate::notify::Event;
use crate::object::{self, Action, Object, ObjectDef};
use crate::plugin::{FileCategory, FileOwner, FileRules, LoginType, Perm, Plugin, Queue, Worker};
use crate::redact::Beside;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

pub struct Registry {
    pub catalogue: Catalogue,
    pub plugins: Vec<&'static Plugin>,
    /// Plugins that this program has and this server does not use: names for people, nothing more.
    pub unused: Vec<&'static Plugin>,
    objects: HashMap<&'static str, ObjectDef>,
    /// In the order of declaration, for lists that people read.
    order: Vec<&'static str>,
    functions: HashMap<&'static str, (&'static Action, &'static str)>,
    /// What roles leave of rights, by what it was made from.
    narrowings: roles::Narrowings,
    /// Columns of class secret, as `table.column` in small letters.
    pub(crate) secrets: Arc<HashSet<String>>,
    /// Names that are secret in records of batches: those of the secret columns of all objects.
    pub(crate) secret_names: Beside,
}

impl Declarations for Registry {
    fn object(&self, name: &str) -> Option<&ObjectDef> {
        Registry::object(self, name)
    }

    fn function(&self, name: &str) -> Option<&'static Action> {
        Registry::function(self, name)
    }

    fn action(&self, def: &ObjectDef, name: &str) -> Option<&'static Action> {
        Registry::action(self, def, name)
    }
}

impl Registry {
    /// `core` are the texts of the framework's own tables, which are not reachable as objects unless a plugin
    /// declares them.
    pub fn new(
        core: &[(&'static str, &'static str)],
        plugins: Vec<&'static Plugin>,
    ) -> Result<Registry, Vec<String>> {
        let mut faults = Vec::new();
        dependencies(&plugins, &mut faults);
        // What a missing plugin leaves undeclared would only hide the reason.
        if !faults.is_empty() {
            return Err(faults);
        }
        clashes::all(&plugins, &mut faults);
        let mut texts: Vec<(&str, &str)> = core.to_vec();
        texts.extend(plugins.iter().map(|plugin| (plugin.name, plugin.design)));
        let catalogue = match design::parse(&texts) {
            Ok(catalogue) => catalogue,
            // Objects over tables that cannot be read would each be a fault more, and none of them new.
            Err(list) => {
                faults.extend(list.into_iter().map(|f| format!("{}: {}", f.place, f.what)));
                return Err(faults);
            }
        };
        let mut registry = Registry {
            catalogue,
            plugins,
            unused: Vec::new(),
            objects: HashMap::default(),
            order: Vec::new(),
            functions: HashMap::default(),
            narrowings: roles::Narrowings::default(),
            secrets: Arc::default(),
            secret_names: Beside::default(),
        };
        for plugin in registry.plugins.clone() {
            registry.take(plugin, &mut faults);
        }
        registry.adopt_orphans(core, &mut faults);
        registry.add_filters(&mut faults);
        registry.check_links(&mut faults);
        registry.set_ceilings(&mut faults);
        registry.check_classes(&mut faults);
        registry.secrets = Arc::new(registry.secret_columns());
        registry.set_secret_names();
        registry.check_extensions(&mut faults);
        registry.check_files(&mut faults);
        registry.check_channels(&mut faults);
        clashes::routes(&registry, &mut faults);
        clashes::queues(&registry, &mut faults);
        if faults.is_empty() { Ok(registry) } else { Err(faults) }
    }

    fn take(&mut self, plugin: &'static Plugin, faults: &mut Vec<String>) {
        for object in plugin.objects {
            self.add_object(object, plugin.name, faults);
        }
        for action in plugin.functions {
            if let Some((_, other)) = self.functions.insert(action.name, (action, plugin.name)) {
                faults.push(format!("function {} is declared by {other} and {}", action.name, plugin.name));
            }
        }
    }

    fn add_object(&mut self, object: &'static Object, plugin: &'static str, faults: &mut Vec<String>) {
        let def = object::compile(object, plugin, &self.catalogue, faults);
        if let Some(other) = self.objects.insert(object.name, def) {
            faults.push(format!("object {} is declared by {} and {plugin}", object.name, other.plugin));
        }
        self.order.push(object.name);
    }

    /// A plugin's table that no object names is open to the administrator alone. It lives as long as the
    /// program, as declared objects do.
    fn adopt_orphans(&mut self, core: &[(&'static str, &'static str)], faults: &mut Vec<String>) {
        let claimed: Vec<&str> = self.objects.values().map(|def| def.decl.table).collect();
        let orphans: Vec<(&'static str, &'static str)> = self
            .catalogue
            .tables()
            .iter()
            .filter(|table| !core.iter().any(|(place, _)| *place == table.source))
            .filter(|table| !claimed.contains(&table.name.as_str()))
            .map(|table| {
                let plugin = self.plugins.iter().find(|p| p.name == table.source).map_or("core", |p| p.name);
                (&*Box::leak(table.name.as_str().to_owned().into_boxed_str()), plugin)
            })
            .collect();
        for (name, plugin) in orphans {
            self.add_object(Box::leak(Box::new(Object::table(name))), plugin, faults);
        }
    }

    fn add_filters(&mut self, faults: &mut Vec<String>) {
        for plugin in self.plugins.clone() {
            for (object, param, hook) in plugin.filters {
                match self.objects.get_mut(object) {
                    Some(def) => def.filters.push((*param, *hook)),
                    None => faults.push(format!("plugin {} filters unknown object {object}", plugin.name)),
                }
            }
        }
    }

    fn check_extensions(&self, faults: &mut Vec<String>) {
        for plugin in &self.plugins {
            for (object, _) in plugin.extends {
                if !self.objects.contains_key(object) {
                    faults.push(format!("plugin {} extends unknown object {object}", plugin.name));
                }
            }
        }
        for def in self.objects() {
            let names: Vec<&str> = self.actions_of(def).map(|action| action.name).collect();
            let again = names.iter().enumerate().filter(|(at, name)| names[..*at].contains(name));
            faults.extend(again.map(|(_, name)| format!("action {}.{name} is declared twice", def.name())));
        }
    }

    fn check_links(&self, faults: &mut Vec<String>) {
        for def in self.objects.values() {
            for link in &def.links {
                match self.objects.get(link.sub.obj) {
                    None => faults.push(format!(
                        "object {}: sub-object `{}` names unknown object `{}`",
                        def.name(),
                        link.sub.name,
                        link.sub.obj
                    )),
                    Some(child) if !child.fields.contains_key(link.child) => faults.push(format!(
                        "object {}: sub-object `{}` links by unknown field `{}.{}`",
                        def.name(),
                        link.sub.name,
                        link.sub.obj,
                        link.child
                    )),
                    Some(_) => {}
                }
            }
        }
    }

    fn check_files(&self, faults: &mut Vec<String>) {
        for plugin in &self.plugins {
            for owner in plugin.files {
                let column = |name| {
                    self.catalogue.table(owner.table).is_some_and(|table| table.column(name).is_some())
                };
                if !column(owner.column) || !column(owner.link) {
                    let FileOwner { table, column, link, .. } = owner;
                    faults.push(format!(
                        "plugin {}: files in unknown column {table}.{column} or {table}.{link}",
                        plugin.name
                    ));
                }
                if !self.objects.contains_key(owner.object) {
                    faults.push(format!("plugin {}: files of unknown object {}", plugin.name, owner.object));
                }
            }
            for category in plugin.file_categories {
                let name = category.name;
                if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    faults.push(format!("plugin {}: `{name}` is no name for a kind of uploads", plugin.name));
                }
            }
        }
    }

    pub fn object(&self, name: &str) -> Option<&ObjectDef> {
        self.objects.get(name)
    }

    /// Every object, in the order of declaration.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectDef> {
        self.order.iter().filter_map(|name| self.objects.get(name))
    }

    pub fn function(&self, name: &str) -> Option<&'static Action> {
        self.functions.get(name).map(|(action, _)| *action)
    }

    /// Every function with the plugin that brings it, by name.
    pub fn functions(&self) -> Vec<(&'static Action, &'static str)> {
        let mut list: Vec<_> = self.functions.values().copied().collect();
        list.sort_by_key(|(action, _)| action.name);
        list
    }

    /// Every action there is: its object (empty for a function) and its name.
    pub fn action_names(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of_objects = self.objects().flat_map(|def| {
            let standard = object::STANDARD.iter().map(|(name, _)| *name);
            let names = standard.chain(self.actions_of(def).map(|action| action.name));
            names.map(|name| (def.decl.name, name))
        });
        of_objects.chain(self.functions().into_iter().map(|(function, _)| ("", function.name)))
    }

    /// Every column that names rows of a table: the object over it, and the column.
    pub fn references_to(&self, table: &str) -> Vec<(&ObjectDef, &'static str)> {
        let all =
            self.objects().flat_map(|def| def.decl.references.iter().map(move |reference| (def, reference)));
        all.filter(|(_, (_, target))| *target == table).map(|(def, (column, _))| (def, *column)).collect()
    }

    /// An object's action of its own.
    pub fn action(&self, def: &ObjectDef, name: &str) -> Option<&'static Action> {
        self.actions_of(def).find(|action| action.name == name)
    }

    /// Every action of an object beside the standard ones, those that other plugins bring included.
    pub fn actions_of(&self, def: &ObjectDef) -> impl Iterator<Item = &'static Action> {
        let object = def.decl.name;
        let brought = self.plugins.iter().flat_map(|plugin| plugin.extends);
        let brought =
            brought.filter(move |(name, _)| *name == object).flat_map(|(_, actions)| actions.iter());
        def.decl.actions.iter().chain(brought)
    }

    /// The action a name stands for, when it is an author's own.
    pub fn own_action(&self, name: &Name) -> Option<&'static Action> {
        match &name.object {
            None => self.function(&name.name),
            Some(object) => self.object(object).and_then(|def| self.action(def, &name.name)),
        }
    }

    /// The bits that an author's own action asks for; none for the standard ones.
    pub fn names_who(&self, name: &Name) -> Mask {
        self.own_action(name).map_or(0, |action| action.who)
    }

    /// Every column that holds ids of uploaded files.
    pub fn file_owners(&self) -> impl Iterator<Item = &'static FileOwner> {
        self.plugins.iter().flat_map(|plugin| plugin.files)
    }

    pub fn file_category(&self, name: &str) -> Option<&'static FileCategory> {
        self.plugins.iter().flat_map(|plugin| plugin.file_categories).find(|category| category.name == name)
    }

    pub fn file_categories(&self) -> impl Iterator<Item = &'static FileCategory> {
        self.plugins.iter().flat_map(|plugin| plugin.file_categories)
    }

    /// Of the plugin that keeps files, if it is on.
    pub fn file_rules(&self) -> Option<FileRules> {
        self.plugins.iter().find_map(|plugin| plugin.file_rules)
    }

    pub fn login(&self, app_type: &str) -> Option<&'static LoginType> {
        self.plugins.iter().flat_map(|plugin| plugin.logins).find(|login| login.app_type == app_type)
    }

    /// Every permission that staff may be given.
    pub fn perms(&self) -> impl Iterator<Item = &'static Perm> {
        self.plugins.iter().flat_map(|plugin| plugin.perms)
    }

    /// What does the jobs of a kind.
    pub fn worker(&self, kind: &str) -> Option<&'static Worker> {
        self.workers().find(|worker| worker.kind == kind)
    }

    pub fn workers(&self) -> impl Iterator<Item = &'static Worker> {
        self.plugins.iter().flat_map(|plugin| plugin.workers)
    }

    pub fn queue(&self, name: &str) -> Option<&'static Queue> {
        self.queues().find(|queue| queue.name == name)
    }

    pub fn queues(&self) -> impl Iterator<Item = &'static Queue> {
        self.plugins.iter().flat_map(|plugin| plugin.queues)
    }

    /// Every outside service of the plugins in force.
    pub fn services(&self) -> impl Iterator<Item = &'static dyn Service> {
        self.plugins.iter().flat_map(|plugin| plugin.services).copied()
    }

    /// A message to people, by the name of its event.
    pub fn event(&self, name: &str) -> Option<&'static Event> {
        self.events().find(|event| event.name == name)
    }

    /// Every message to people.
    pub fn events(&self) -> impl Iterator<Item = &'static Event> {
        self.plugins.iter().flat_map(|plugin| plugin.events)
    }

    /// The action a path beside the API stands for.
    pub fn route(&self, path: &str) -> Option<&'static str> {
        let all = self.plugins.iter().flat_map(|plugin| plugin.routes);
        all.clone().find(|(from, _)| *from == path).map(|(_, action)| *action)
    }

    pub fn logins(&self) -> impl Iterator<Item = &'static LoginType> {
        self.plugins.iter().flat_map(|plugin| plugin.logins)
    }

    pub fn has_plugin(&self, name: &str) -> bool {
        self.plugins.iter().any(|plugin| plugin.name == name)
    }
}

fn dependencies(plugins: &[&'static Plugin], faults: &mut Vec<String>) {
    for (at, plugin) in plugins.iter().enumerate() {
        if plugins[..at].iter().any(|p| p.name == plugin.name) {
            faults.push(format!("plugin {} is listed twice", plugin.name));
        }
        for need in plugin.needs {
            if !plugins.iter().any(|p| p.name == *need) {
                faults.push(format!("plugin {} needs plugin {need}, which is off", plugin.name));
            }
        }
        // The framework's own plugin is always there.
        if plugin.exclusive && plugins.len() > 2 {
            faults.push(format!("plugin {} must run alone: set P_PLUGINS={}", plugin.name, plugin.name));
        }
    }
}
