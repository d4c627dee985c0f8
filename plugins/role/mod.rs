//! Roles of staff: names in `Employee.perms` that say which menus a client shows, and what is left of the rights of
//! those who have them. Tables and actions: DESIGN.md beside this file.

mod employee;
mod preview;
mod rules;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("role", include_str!("DESIGN.md"))
    .needs(&["account"])
    .objects(&[&ROLE])
    .extends(&[("Employee", EMPLOYEE_ACTIONS)])
    .filters(&[("Employee", "role", employee::having)])
    .client_settings(&[("enableRole", 1)])
    .roles(RoleSource { table: "Role", find: rules::of_words });

static ROLE: Object = Object::table("Role")
    .quick_search("name, perms")
    .lookup("name")
    .on_write(rules::every)
    .actions(&[read("preview", MGR | ADMIN, preview::preview)
        .doc("What a role, an employee or a matrix sees: objects, fields, actions.")])
    .mgr(can(ADD | READ | SET | DEL).required("name"));

static EMPLOYEE_ACTIONS: &[Action] =
    &[read("get", EMP | ADMIN, employee::get).doc("An employee, with the menu words of his roles.")];
