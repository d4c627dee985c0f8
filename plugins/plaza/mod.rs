//! The plaza: a public wall for users of circles. See DESIGN.md beside this file.

mod codes;
mod comment;
mod demo;
mod like;
mod post;

use jindou::plugin::*;

pub static PLUGIN: Plugin = Plugin::new("plaza", include_str!("DESIGN.md"))
    .needs(&["watch", "upload"])
    .objects(&[&post::PLAZA, &post::PLAZA_PIC, &like::PLAZA_LIKE, &comment::PLAZA_COMMENT])
    .files(&[file_in("PlazaPic", "attId").of("Plaza", "plazaId")])
    .file_categories(&[category("plaza").who(USER).extensions(FileCategory::PICTURES).public().thumb(360)])
    .demo(demo::wall)
    .errors(codes::ALL);

/// Who is in no circle reads only.
fn in_a_circle(tx: &mut Tx<'_>) -> Result<i64> {
    let me = tx.caller().id;
    match tx.first("CircleUser", &[("userId", json!(me)), ("status", json!(1))], "id")? {
        Some(_) => Ok(me),
        None => Err(Error::known(codes::CIRCLE_NEEDED)),
    }
}
