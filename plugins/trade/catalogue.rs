//! Varieties and areas, which employees keep; and the figures of the market.

use jindou::plugin::*;

pub static VARIETY: Object = Object::table("Variety")
    .quick_search("name")
    .lookup("name")
    .default_sort("name")
    .actions(&[read("query", GUEST, varieties).doc("Varieties; `q` is the beginning of a name.")])
    .guest(can(READ))
    .emp(can(ALL).required("name"));

pub static AREA: Object = Object::table("Area")
    .quick_search("name")
    .lookup("name")
    .actions(&[read("query", GUEST, areas).doc("Areas; those below `fatherId`.")])
    .guest(can(READ))
    .emp(can(ALL).required("name"));

/// Letters by which a variety is looked up.
const PREFIX_MAX: usize = 50;

fn varieties(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let caller = tx.caller();
    // Staff searches as in every other list.
    let q = if caller.has(EMP | ADMIN) { None } else { args.given("q")? };
    match q {
        None => tx.standard("Variety", QUERY, args),
        Some(q) => {
            let from: String = q.chars().take(PREFIX_MAX).collect();
            // Everything that begins so sorts between it and it with the last letter there is.
            let until = format!("{from}\u{10ffff}");
            let mut rest = args.clone();
            rest.get.remove("q");
            rest.post.remove("q");
            tx.standard_query("Variety", &rest, Cond::at_least("name", from).and(Cond::less("name", until)))
        }
    }
}

fn areas(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    match args.int("fatherId")? {
        None => tx.standard("Area", QUERY, args),
        Some(0) => tx.standard_query("Area", args, Cond::equals("fatherId", 0).or(no_father())),
        Some(father) => tx.standard_query("Area", args, Cond::equals("fatherId", father)),
    }
}

/// Of the top: the field is empty, so no comparison holds.
fn no_father() -> Cond {
    !Cond::at_least("id", 0).and(Cond::at_least("fatherId", 1).or(Cond::less("fatherId", 1)))
}

pub fn stat(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let mut number = |table: &str, by: &[(&str, Value)]| tx.number_of(table, by);
    Ok(json!({
        "purchases": number("Purchase", &[])?,
        "open": number("Purchase", &[("status", json!(1))])?,
        "quotes": number("Quote", &[])?,
        "deals": number("Purchase", &[("status", json!(3))])?,
        "orders": number("PurchaseOrder", &[])?,
    })
    .into())
}
