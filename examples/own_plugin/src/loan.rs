//! Loans. Staff lends a copy and takes it back; users see their own loans and renew them.

use super::errors;
use jindou::plugin::*;

pub static LOAN: Object = Object::table("Loan")
    .vcols(&[
        join("Book", "bookId").cols("title").by_default(),
        join("User", "userId").cols("name userName").by_default(),
    ])
    .time_columns("lentTm")
    .quick_search("title, userName")
    .references(&[("bookId", "Book"), ("userId", "User")])
    .points_to(&[("bookId", "Book", errors::NO_BOOK), ("userId", "User", errors::NO_USER)])
    .states(&STATUS)
    .actions(
        &[write("renew", USER, renew).doc("The caller keeps a book for longer; not when it is overdue.")],
    )
    .on_add(lend)
    .on_set(take_back)
    .user(can(READ).own("userId"))
    .emp(
        can(ADD | READ | SET)
            .required("bookId, userId")
            .stamped("lentTm, dueTm, backTm")
            .readonly_on_set("bookId, userId"),
    );

static STATUS: States = States::of("status").start("OU").step("OU", "BA", EMP).called("归还|Take back");

/// Runs for every new loan, in the transaction of the write: a copy must be left.
fn lend(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let out = open().and(Cond::equals("bookId", write.final_int("bookId")));
    let out = tx.count_of("Loan", out)?;
    let book = tx.first("Book", &[("id", write.final_value("bookId").clone())], "copies")?;
    // Whether there is such a book is asked by `points_to`, after the rules.
    ensure(book.is_none_or(|book| out < book.int("copies")), errors::NO_COPY)?;
    write.stamp("lentTm", tx.now());
    write.stamp("dueTm", due(tx));
    Ok(())
}

/// Runs for every change of a loan.
fn take_back(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    if write.changed("status").is_some_and(|status| status == "BA") {
        write.stamp("backTm", tx.now());
    }
    Ok(())
}

/// `Loan.renew(id)`
fn renew(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let mine = open().and(Cond::equals("id", id)).and(Cond::equals("userId", tx.caller().id));
    // Loans of others are as unknown as loans that do not exist.
    let loan = tx.find_one("Loan", Find::by(mine).res("dueTm"))?;
    let loan = loan.ok_or_else(|| Error::param(format!("not found `Loan.id`=`{id}`")))?;
    ensure(loan.text("dueTm") >= tx.now().as_str(), errors::LATE)?;
    let due = due(tx);
    tx.set("Loan", id, json!({"dueTm": due}))?;
    Ok(json!({"dueTm": due}).into())
}

fn open() -> Cond {
    Cond::equals("status", "OU")
}

/// When a book that is lent now has to be back.
fn due(tx: &Tx<'_>) -> String {
    tx.in_days(tx.config().int("LOAN_DAYS"))
}
