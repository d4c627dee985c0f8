//! Filter, sort and total over a table without an index that helps, beside PocketBase.

use crate::data::Store;
use crate::load::Run;
use crate::plan::{self, Workload};
use crate::report::Report;
use crate::server::jindou;
use crate::verdict::Verdicts;
use crate::{Options, peer, proc};

const ROWS: u64 = 50_000;
/// Each call is long; a few at a time keep all cores busy.
const CONNECTIONS: usize = 4;
const WHAT: &str = "filter, sort and total without an index";

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let options = &Options { connections: CONNECTIONS, ..options.clone() };
    println!("\n## 50,000 orders, no index · {} · {CONNECTIONS} connections\n", proc::machine());
    Report::head();
    let mut server = jindou(options, "jindou", &store.copy(options, ROWS, "scan"), "normal");
    server.log_in();
    let run = Run { connections: CONNECTIONS, ..Run::endless(options, server.address) };
    let key = server.keys.emp.clone();
    let mut report = Report::default();
    report.line(WHAT, server.measure(&run, &|out, n| plan::get(out, &target(n), "empid", &key), true));
    let what = "filter, sort, total over 50,000 rows: rate ÷ that of PocketBase";
    if options.peers {
        let peer = peer::start(store.dir(), ROWS);
        let workload = Workload { name: "scan", what: WHAT, target: None, consumes: false };
        if let Some(line) = peer::measure(&peer, options, &workload, ROWS) {
            report.line(WHAT, line);
        }
        let ratio = report.rate("jindou") / report.rate("pocketbase").max(0.001);
        verdicts.at_least(what, ratio, 2.0, " x");
    } else {
        verdicts.open(what, "with --peers", "≥ 2.00 x");
    }
    drop(server);
    store.forget("scan");
}

fn target(n: u64) -> String {
    let least = 20 + n % 100;
    format!(
        "/api/Ordr.query?_app=emp&res=id,status,amount,dscr&cond=amount%3E{least}+and+dscr+like+'%25apples%25'&orderby=amount+desc&page=1&pagesz=20"
    )
}
