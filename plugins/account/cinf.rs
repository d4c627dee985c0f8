//! Facts about the product that managers look after: named values.

use jindou::plugin::*;

pub static CINF: Object = Object::table("Cinf")
    .quick_search("name, value")
    .on_add(stamp_new)
    .on_set(stamp_change)
    .actions(&[
        read("company", GUEST, company).doc("Name and logo of the company, as every page may show them."),
        read("getValue", MGR | ADMIN, get_value).doc("The value of a name, or null."),
        write("setValue", MGR | ADMIN, set_value).doc("Gives a name its value."),
    ])
    .mgr(can(ALL).required("name"));

fn stamp_new(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("createTm", tx.now());
    Ok(())
}

fn stamp_change(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    write.stamp("upgradeTm", tx.now());
    Ok(())
}

fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<Map<String, Value>>> {
    tx.first("Cinf", &[("name", json!(name))], "id, value")
}

/// What managers have filled in; the logo is the number of a public picture.
fn company(tx: &mut Tx<'_>, _args: &Args) -> Result<Answer> {
    let name = find(tx, "company")?.map_or(Value::Null, |row| row["value"].clone());
    let logo = find(tx, "companyLogo")?.and_then(|row| row.text("value").parse::<i64>().ok());
    Ok(json!({"name": name, "logo": logo}).into())
}

fn get_value(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let name = args.need_text("name")?;
    Ok(find(tx, &name)?.map_or(Value::Null, |row| row["value"].clone()).into())
}

fn set_value(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let name = args.need_text("name")?;
    let value = args.verbatim("value").unwrap_or_default();
    let (mut get, mut post) = (Params::default(), Params::default());
    post.set("value", value);
    match find(tx, &name)? {
        Some(row) => {
            get.set("id", row["id"].clone());
            tx.call("Cinf.set", get, post)?;
        }
        None => {
            post.set("name", name);
            tx.call("Cinf.add", get, post)?;
        }
    }
    Ok(Answer::Json(Value::Null))
}
