//! Execution: the stages of a call met inside one transaction. Generic actions, an author's own actions and
//! calls inside calls all pass through here.

mod add;
mod answer;
mod args;
mod bulk;
mod call;
mod changes;
mod children;
mod data;
mod del;
mod direct;
mod dup;
pub mod export;
mod fields;
mod files;
mod get;
mod house_rules;
pub mod import;
mod kept;
mod known;
mod me;
pub mod passwords;
mod points;
mod query;
mod readings;
mod ready;
mod row;
mod set;
mod stage;
mod subs;
mod unikey;
mod validate;

pub use answer::{Answer, FileAnswer, FileBody, Producer};
pub use args::{Args, Body, Upload};
pub use call::{authorized, run};
pub use fields::{Fields, Row};
pub use files::settle as settle_files;
pub use house_rules::Find;
pub use kept::Kept;
pub(crate) use known::Known;
pub use readings::whole;
pub use ready::Ready;
pub use stage::{Prepared, Rest, Stage, Standing};
