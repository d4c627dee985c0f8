//! The parts of a write in the language of queries: the condition on its rows, and the fields to show of a new one. Parsed
//! before the write waits for the lane, so that nothing ill-formed waits there.

use crate::api::Args;
use crate::call::cond::Cond;
use crate::call::params::Params;
use crate::call::query::{self as request, QueryReq, both};
use crate::error::Result;
use crate::object::{ADD, BATCH_DEL, BATCH_SET, DEL, DEL_IF, SET, SET_IF};

#[derive(Debug, Clone)]
pub struct WriteWords {
    pub cond: Cond,
    /// What `add` is to answer beside the id.
    pub answer: Option<Box<QueryReq>>,
}

impl WriteWords {
    /// The words of a standard action.
    pub fn parse(action: u16, args: &Args) -> Result<WriteWords> {
        let nothing = Params::default();
        let cond = match action {
            SET | DEL | BATCH_SET | BATCH_DEL => both(&args.get, &nothing, "cond")?,
            SET_IF | DEL_IF => both(&args.get, &args.post, "cond")?,
            _ => Cond::none(),
        };
        // Mostly nothing is asked of a new row but its id.
        let answer = match action == ADD && !args.get.is_empty() {
            true => Some(request::parse(&args.get, &nothing)?).filter(|req| req.res.is_some()).map(Box::new),
            false => None,
        };
        Ok(WriteWords { cond, answer })
    }
}
