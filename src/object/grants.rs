//! What each role may do with an object: declared for itself, or as that of the role below and more.

use super::{Access, Object};
use crate::auth::mask::Role;

impl Object {
    const fn grant(mut self, role: Role, access: Access) -> Object {
        self.access[role as usize] = Some(access);
        self
    }

    /// What a role may do already, by its own declaration or by that of the role below it, and more.
    const fn grant_more(self, role: Role, below: Role, more: Access) -> Object {
        let granted = match (self.access[role as usize], self.access[below as usize]) {
            (Some(granted), _) | (None, Some(granted)) => granted.plus(more),
            (None, None) => more,
        };
        self.grant(role, granted)
    }

    /// What people of every kind may do: guests and users, employees and managers. `emp_also` and `mgr_also` add to it.
    pub const fn everybody(self, access: Access) -> Object {
        self.grant(Role::Guest, access).grant(Role::Emp, access)
    }

    /// Users: as guests, and more.
    pub const fn user_also(self, more: Access) -> Object {
        self.grant_more(Role::User, Role::Guest, more)
    }

    /// Employees: as `everybody`, and more.
    pub const fn emp_also(self, more: Access) -> Object {
        self.grant_more(Role::Emp, Role::Emp, more)
    }

    /// Managers: as employees, and more.
    pub const fn mgr_also(self, more: Access) -> Object {
        self.grant_more(Role::Mgr, Role::Emp, more)
    }

    /// What everybody may do, logged in as a user or not.
    pub const fn guest(self, access: Access) -> Object {
        self.grant(Role::Guest, access)
    }

    /// What users may do; without it they have what guests have.
    pub const fn user(self, access: Access) -> Object {
        self.grant(Role::User, access)
    }

    /// What employees may do.
    pub const fn emp(self, access: Access) -> Object {
        self.grant(Role::Emp, access)
    }

    /// Managers; without it they have what employees have.
    pub const fn mgr(self, access: Access) -> Object {
        self.grant(Role::Mgr, access)
    }

    /// The super administrator, who may do everything unless this says otherwise.
    pub const fn admin(self, access: Access) -> Object {
        self.grant(Role::Admin, access)
    }

    /// What watches may do.
    pub const fn watch(self, access: Access) -> Object {
        self.grant(Role::Watch, access)
    }
}
