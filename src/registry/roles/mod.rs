//! Roles joined with the declarations: what is left of the rights of staff who have them. The result holds only what
//! the plugins' declarations allow the base of the roles; a word that no longer fits allows nothing of what it is about.

mod check;
mod fields;
mod kept;
mod within;

pub(super) use kept::Narrowings;

use super::Registry;
use crate::auth::Role;
use crate::auth::mask::Mask;
use crate::object::{
    ALL, GET, LeftRights, Matrix, Narrowed, ObjectDef, Own, QUERY, Rights, is_for_all, standard,
};
use crate::plugin::RoleSource;
use fields::Hidden;
use foldhash::HashMap;
use std::collections::BTreeMap;

/// What one role gives of one object.
struct Grant {
    /// Standard actions, on the rows themselves and as sub-objects of others.
    direct: u16,
    below: u16,
    own_rows: bool,
    hidden: Vec<String>,
    /// Not to be written: what is read-only and what is hidden.
    closed: Vec<String>,
    own_actions: Vec<&'static str>,
}

impl Registry {
    /// Of the plugin that keeps roles, if it is on.
    pub fn roles(&self) -> Option<RoleSource> {
        self.plugins.iter().find_map(|plugin| plugin.roles)
    }

    /// Whether roles are kept in a table.
    pub fn keeps_roles(&self, table: &str) -> bool {
        self.roles().is_some_and(|roles| roles.table == table)
    }

    /// Whether a word is a permission, of a plugin that is on or off.
    pub fn is_permission(&self, word: &str) -> bool {
        self.plugins.iter().chain(&self.unused).flat_map(|plugin| plugin.perms).any(|perm| perm.word == word)
    }

    /// What the roles of an account leave of the rights of their base, for a caller with these bits. Several roles add up,
    /// cell by cell: each action shows the rows and fields that one of the roles allowing it shows.
    pub fn narrow(&self, base: Role, bits: Mask, roles: &[Matrix]) -> Narrowed {
        let staff = Staff { base, bits };
        let hidden: Vec<Hidden> = roles.iter().map(|role| Hidden::of(self, role)).collect();
        let mut left = Narrowed::default();
        for def in self.objects().filter(|def| !def.decl.test_only) {
            let given = roles.iter().zip(&hidden);
            let grants: Vec<Grant> =
                given.filter_map(|(role, hidden)| self.grant(def, staff, role, hidden)).collect();
            if !grants.is_empty() {
                left.objects.insert(def.name(), self.left(def, staff, &grants));
            }
            if grants.iter().all(|grant| grant.direct == 0)
                && let Some(behind) = self.behind(def, staff, roles, &hidden)
            {
                left.objects.entry(def.name()).or_default().behind.push(behind);
            }
        }
        for role in roles {
            let named = role.functions.iter().filter_map(|name| self.function(name));
            left.functions.extend(named.filter(|action| action.who & bits != 0).map(|action| action.name));
        }
        self.keep_account(&mut left);
        left
    }

    /// The standard actions that a role leaves of an object: on the rows themselves, and as sub-objects of others. None
    /// where it allows nothing.
    fn actions(&self, def: &ObjectDef, declared: Option<&Rights>, role: &Matrix) -> Option<(u16, u16)> {
        let declared_bits = declared.map_or(0, |rights| rights.access.actions);
        // What the base may not do by itself is done on the parent's word.
        let on_word = ALL & !declared_bits;
        let Some(entry) = role.objects.get(def.name()) else {
            return (declared_bits == 0).then_some((0, on_word));
        };
        let fits = |name: &String| def.fields.contains_key(name.as_str());
        if !entry.hidden.iter().chain(&entry.readonly).all(fits) {
            return None;
        }
        if entry.own && declared.is_none_or(|rights| self.own_rows(def, rights).is_none()) {
            return None;
        }
        let named = entry.actions.iter().filter_map(|name| standard(name)).fold(0, |all, bit| all | bit);
        let direct = if def.table.is_some() { named & declared_bits } else { 0 };
        Some((direct, direct | on_word))
    }

    fn grant(&self, def: &ObjectDef, staff: Staff, role: &Matrix, hidden: &Hidden) -> Option<Grant> {
        let declared = def.declared_for(staff.base, staff.bits);
        let (direct, below) = self.actions(def, declared, role)?;
        let entry = role.objects.get(def.name());
        let hidden = hidden.of_object(def, entry, &self.closed_subs(def, staff, role));
        let own_actions = self.actions_of(def).filter(|action| action.who & staff.bits != 0);
        let named = |name: &&str| entry.is_some_and(|entry| entry.actions.iter().any(|named| named == name));
        Some(Grant {
            direct,
            below,
            own_rows: entry.is_some_and(|entry| entry.own),
            closed: entry.iter().flat_map(|entry| &entry.readonly).chain(&hidden).cloned().collect(),
            hidden,
            own_actions: own_actions.map(|action| action.name).filter(named).collect(),
        })
    }

    /// What is left behind actions that everybody may call and that stand for standard ones: the declared rights without
    /// what each of the roles hides.
    fn behind(&self, def: &ObjectDef, staff: Staff, roles: &[Matrix], hidden: &[Hidden]) -> Option<Rights> {
        let kept = self.actions_of(def).filter(|action| action.personal || is_for_all(action));
        let bits = kept.filter_map(|action| standard(action.name)).fold(0, |all, bit| all | bit);
        let declared = def.declared_for(staff.base, staff.bits).filter(|rights| rights.may(bits))?;
        let of = |(role, hidden): (&Matrix, &Hidden)| {
            hidden.of_object(def, role.objects.get(def.name()), &self.closed_subs(def, staff, role))
        };
        let mut each = roles.iter().zip(hidden).map(of);
        let nothing = Matrix::default();
        let first = each.next().unwrap_or_else(|| of((&nothing, &Hidden::of(self, &nothing))));
        let closed = each.fold(first, |all, one| all.into_iter().filter(|name| one.contains(name)).collect());
        Some(declared.narrowed(bits, declared.access.own, &closed, &closed))
    }

    /// Sub-objects whose rows the role does not show.
    fn closed_subs(&self, def: &ObjectDef, staff: Staff, role: &Matrix) -> Vec<String> {
        let open = |link: &&crate::object::Link| {
            let Some(child) = self.object(link.sub.obj) else { return false };
            let left = self.actions(child, child.declared_for(staff.base, staff.bits), role);
            left.is_some_and(|(direct, below)| QUERY & if link.sub.by_role { direct } else { below } != 0)
        };
        def.links.iter().filter(|link| !open(link)).map(|link| link.sub.name.to_owned()).collect()
    }

    fn left(&self, def: &ObjectDef, staff: Staff, grants: &[Grant]) -> LeftRights {
        let declared = def.declared_for(staff.base, staff.bits);
        let own = declared.and_then(|rights| self.own_rows(def, rights));
        let narrowed = |base: Option<&Rights>, actions: fn(&Grant) -> u16| -> Vec<Rights> {
            let Some(base) = base else { return Vec::new() };
            let of = |(part, actions): (Part, u16)| {
                let rows = if part.own_rows { own.unwrap_or(base.access.own) } else { base.access.own };
                base.narrowed(actions, rows, &part.hidden(grants), &part.closed(grants))
            };
            parts(grants, actions).into_iter().map(of).collect()
        };
        let direct = narrowed(declared, |grant| grant.direct);
        let may = |name: &str| standard(name).is_none_or(|bit| direct.iter().any(|rights| rights.may(bit)));
        // Where an author's own action stands in the place of a standard one that the base has, it is open with it.
        let has = |name: &str| standard(name).is_some_and(|bit| declared.is_some_and(|all| all.may(bit)));
        let own_actions = grants.iter().flat_map(|grant| &grant.own_actions).copied();
        let own_actions = own_actions.filter(|name| !has(name) || may(name)).collect();
        let below = narrowed(def.rights(Role::Admin), |grant| grant.below);
        LeftRights { direct, below, behind: Vec::new(), own_actions }
    }

    /// Which rows are the employee's own: as declared, or by the column that names an employee. None where there is
    /// no such column.
    pub fn own_rows(&self, def: &ObjectDef, rights: &Rights) -> Option<Own> {
        if rights.access.own != Own::All {
            return Some(rights.access.own);
        }
        let table = def.table.as_ref()?;
        let accounts = self.login("emp").map_or("", |login| login.table);
        if def.decl.table == accounts {
            return Some(Own::Field("id"));
        }
        let declared =
            def.decl.references.iter().find(|(_, target)| *target == accounts && !accounts.is_empty());
        let field = declared.map_or("empId", |(column, _)| *column);
        table.column(field).map(|_| Own::Field(field))
    }

    /// Whatever the roles say, staff see their own account: a login ends with it.
    fn keep_account(&self, left: &mut Narrowed) {
        let accounts = self.login("emp").map_or("", |login| login.table);
        let Some(def) = self.object(accounts) else { return };
        let Some(own) = def.rights(Role::Emp).filter(|rights| rights.access.own != Own::All) else { return };
        let kept = left.objects.entry(def.name()).or_default();
        if !kept.direct.iter().any(|rights| rights.may(GET)) {
            kept.direct.push(own.narrowed(GET, own.access.own, &[], &[]));
            kept.own_actions.insert("get");
        }
    }
}

/// Whose rights are narrowed.
#[derive(Clone, Copy)]
struct Staff {
    base: Role,
    bits: Mask,
}

/// The roles that decide an action together: all of them give the same rows.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    own_rows: bool,
    grants: Vec<usize>,
}

impl Part {
    /// A field is hidden if each of the roles hides it.
    fn hidden(&self, all: &[Grant]) -> Vec<String> {
        self.each(all, |grant| &grant.hidden)
    }

    fn closed(&self, all: &[Grant]) -> Vec<String> {
        self.each(all, |grant| &grant.closed)
    }

    fn each(&self, all: &[Grant], names: fn(&Grant) -> &Vec<String>) -> Vec<String> {
        let Some((first, rest)) = self.grants.split_first() else { return Vec::new() };
        let by_all = |name: &&String| rest.iter().all(|at| names(&all[*at]).contains(name));
        names(&all[*first]).iter().filter(by_all).cloned().collect()
    }
}

/// Which roles decide which actions. Where one gives all rows of an object, its fields count, and a role with more fields
/// of fewer rows adds none: a field of a row is shown only if one role shows both.
fn parts(grants: &[Grant], actions: fn(&Grant) -> u16) -> BTreeMap<Part, u16> {
    let mut parts = BTreeMap::new();
    for bit in (0..u16::BITS).map(|at| 1 << at).filter(|bit| ALL & bit != 0) {
        let gives = |at: &usize| actions(&grants[*at]) & bit != 0;
        let of = |own: bool| -> Vec<usize> {
            (0..grants.len()).filter(gives).filter(|at| grants[*at].own_rows == own).collect()
        };
        let (all, own) = (of(false), of(true));
        let part = match all.is_empty() {
            false => Part { own_rows: false, grants: all },
            true => Part { own_rows: true, grants: own },
        };
        if !part.grants.is_empty() {
            *parts.entry(part).or_insert(0) |= bit;
        }
    }
    parts
}

/// Names by the table and column they hide.
type Columns = HashMap<String, Vec<String>>;
