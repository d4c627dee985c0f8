//! Books. Everybody sees them; staff keeps them.

use jindou::plugin::*;

pub static BOOK: Object = Object::table("Book")
    .vcols(&[count("loanCnt", "Loan", "bookId={id}")])
    .quick_search("title, author")
    .lookup("title")
    .guest(can(READ))
    .emp(can(ADD | READ | SET).required("title, copies"))
    .mgr(can(ALL).required("title, copies"));
