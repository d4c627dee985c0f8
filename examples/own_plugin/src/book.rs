//! Books. Everybody sees them; staff keeps them.

use jindou::plugin::*;

pub static BOOK: Object = Object::table("Book")
    .vcols(&[count("loanCnt", "Loan", "bookId={id}")])
    .quick_search("title, author")
    .lookup("title")
    .everybody(can(READ))
    .emp_also(can(ADD | SET).required("title, copies"))
    .mgr_also(can(ALL));
