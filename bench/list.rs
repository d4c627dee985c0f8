//! Pages of a list whose states are unevenly spread, newest first: rare, frequent, and frequent long ago; beside
//! PocketBase. A page shall come at once wherever its rows are.

use crate::data::{self, Store};
use crate::load::Run;
use crate::plan;
use crate::report::Report;
use crate::server::jindou;
use crate::verdict::Verdicts;
use crate::{Options, peer, proc};

/// A list is looked at by one person after the other.
const CONNECTIONS: usize = 2;
const MOST_MS: f64 = 20.0;

/// What is asked, for both servers: a condition and the order.
struct Page {
    what: &'static str,
    cond: &'static str,
    peer_filter: &'static str,
    order: &'static str,
    peer_sort: &'static str,
}

const PAGES: &[Page] = &[
    Page {
        what: "rare state, newest first",
        cond: "status%3D'PA'",
        peer_filter: "status%3D'PA'",
        order: "createTm%20desc",
        peer_sort: "-createTm",
    },
    Page {
        what: "frequent state, newest first",
        cond: "status%3D'RE'",
        peer_filter: "status%3D'RE'",
        order: "createTm%20desc",
        peer_sort: "-createTm",
    },
    Page {
        what: "rare and old state, newest first",
        cond: "status%3D'CA'",
        peer_filter: "status%3D'CA'",
        order: "createTm%20desc",
        peer_sort: "-createTm",
    },
    Page {
        what: "two states, by number",
        cond: "status%20IN%20('CA','RE')",
        peer_filter: "(status%3D'CA'||status%3D'RE')",
        order: "id%20desc",
        peer_sort: "-id",
    },
    Page {
        what: "a period, by number",
        cond: "createTm%3E%3D'2020-02-01'%20AND%20createTm%3C'2020-02-08'",
        peer_filter: "createTm%3E%3D'2020-02-01'%26%26createTm%3C'2020-02-08'",
        order: "id%20desc",
        peer_sort: "-id",
    },
];

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let options = &Options { connections: CONNECTIONS, ..options.clone() };
    let rows = options.apart_rows;
    println!(
        "\n## Lists of {rows} orders, states unevenly spread · {CONNECTIONS} connections · {}\n",
        proc::machine()
    );
    let file = store.copy(options, rows, "list");
    data::skew(&file, "Ordr", rows);
    let mut server = jindou(options, "jindou", &file, "normal");
    server.log_in();
    let key = server.keys.emp.clone();
    let peer = options.peers.then(|| peer::start_skewed(store.dir(), rows));
    let run = Run { connections: CONNECTIONS, ..Run::endless(options, server.address) };
    Report::head();
    for page in PAGES {
        let Page { what, cond, order, .. } = page;
        let target = format!(
            "/api/Ordr.query?_app=emp&res=id,status,amount,createTm&cond={cond}&orderby={order}&page=1&pagesz=20&totalMax=10000"
        );
        let mut report = Report::default();
        let line = server.measure(&run, &|out, _| plan::get(out, &target, "empid", &key), true);
        let median = line.seen.percentile(50).as_secs_f64() * 1000.0;
        report.line(what, line);
        verdicts.at_most(format!("{what}: the usual page"), median, MOST_MS, " ms");
        if let Some(peer) = &peer {
            let Page { peer_filter, peer_sort, .. } = page;
            let target = format!(
                "/api/collections/ordr/records?page=1&perPage=20&fields=id,status,amount,createTm&sort={peer_sort}&filter={peer_filter}"
            );
            let run = Run { connections: CONNECTIONS, expect: b"{", ..Run::endless(options, peer.address) };
            report.line(what, peer.measure(&run, &|out, _| plan::get(out, &target, "", ""), true));
        }
    }
    drop((server, peer));
    store.forget("list");
}
