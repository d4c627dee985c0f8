//! Meeting rooms: the plugin to copy. Tables, labels and examples of calls are in DESIGN.md beside this file; each object has a
//! file of its own, with the rules that are more than a declaration.

mod booking;
mod errors;
mod room;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("example", include_str!("DESIGN.md"))
    .needs(&["account"])
    .optional()
    .objects(&[&room::ROOM, &booking::BOOKING, &booking::BOOKING_ITEM])
    .errors(errors::ALL);
