//! What people may type into `cond`, `res`, `orderby` and `gres`, by the hundred thousand: no word of it ever
//! stands in a statement, what is accepted is a statement the database takes, what is refused is refused with
//! a code and a sentence. `TEXTS=1000000` for a long run.

use crate::app::TestApp;
use crate::lab::LAB;
use jindou::auth::{Caller, Role};
use jindou::authorize::{Granted, authorize};
use jindou::call::cond::{self, Cond};
use jindou::call::name::Action;
use jindou::call::params::Params;
use jindou::call::query::parse;
use jindou::plan::query::{Extra, query};
use jindou::plugin::Plugin;
use jindou::sql::{self, SQLITE};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::collections::HashSet;

/// Stands in every text, alias and number of the generator, and in nothing of ours.
const MARK: &str = "zq7";

const FIELDS: &[&str] = &[
    "id",
    "name",
    "phone",
    "level",
    "createTm",
    "flags",
    "props",
    "t0.name",
    "shopName",
    "fullName",
    "billCnt",
    "billTotal",
    "lastBillId",
    "y",
    "m",
    "w",
    "wd",
    "ym",
    "flag_vip",
    "prop_x",
    "bills",
    "shop",
    "levelName",
    "pwd",
    "secretWord",
    "nosuch",
    "t0.shopName",
    "编号",
    "\"q n\"",
    "`x`",
    "zq7a",
];
const WORDS: &[&str] = &[
    "AND",
    "or",
    "NOT",
    "LIKE",
    "in",
    "IN (",
    "BETWEEN",
    "IS NULL",
    "is not null",
    "(",
    ")",
    ",",
    "=",
    "<>",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
    "select",
    "union",
    "from Cust",
    "--",
    "/*",
    "*/",
    ";",
    "*",
    "t0.*",
    "asc",
    "desc",
    "distinct",
    "sleep(1)",
    "count(",
    "COUNT(*) zq7c",
    "sum(",
    "max(",
    "countif(",
    "sumif(",
    "as",
    "=A:zq7;B:c",
    "={",
    "}",
    "@bills",
    "%shop",
    "...shop",
    "null zq7n",
    "@@version",
    "#",
    "\\",
    "+",
    "-",
    "/",
    "0x41",
    "''",
    "' or ''='",
    "%00",
];

struct Generator(SmallRng);

impl Generator {
    fn one_of(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(&mut self.0).unwrap()
    }

    fn often(&mut self, odds: f64) -> bool {
        self.0.random_bool(odds)
    }

    fn field(&mut self) -> &'static str {
        // Mostly fields that exist, so that most of a text is understood.
        if self.often(0.8) { self.one_of(&FIELDS[..19]) } else { self.one_of(FIELDS) }
    }

    fn literal(&mut self) -> String {
        match self.0.random_range(0..6) {
            0 => "'zq7'".to_owned(),
            1 => "'zq7''; drop table Cust --'".to_owned(),
            2 => "'2024-01-01zq7'".to_owned(),
            3 => format!("{}", 770_000_000 + self.0.random_range(0..9)),
            4 => "7700.07700".to_owned(),
            _ => "'zq7%\\'".to_owned(),
        }
    }

    fn test(&mut self) -> String {
        let field = self.field();
        let (a, b) = (self.literal(), self.literal());
        match self.0.random_range(0..6) {
            0 => format!("{field} LIKE {a}"),
            1 => format!("{field} not in ({a},{b})"),
            2 => format!("{field} between {a} and {b}"),
            3 => format!("{field} is null"),
            4 => format!("not {field}<>{a}"),
            _ => format!("{field}{}{a}", self.one_of(&["=", ">", ">=", "<", "<=", "<>"])),
        }
    }

    fn cond(&mut self, depth: usize) -> String {
        if self.often(0.03) {
            return self.noise();
        }
        match self.0.random_range(0..4) {
            0 if depth < 4 => format!("({} OR {})", self.cond(depth + 1), self.cond(depth + 1)),
            1 if depth < 4 => format!("{} and {}", self.cond(depth + 1), self.cond(depth + 1)),
            2 if depth < 4 => format!("NOT ({})", self.cond(depth + 1)),
            _ => self.test(),
        }
    }

    fn noise(&mut self) -> String {
        let count = self.0.random_range(1..5);
        let mut text = String::new();
        for _ in 0..count {
            let from = if self.often(0.6) { WORDS } else { FIELDS };
            text.push_str(self.one_of(from));
            text.push(' ');
        }
        text
    }

    fn item(&mut self) -> String {
        let field = self.field();
        match self.0.random_range(0..12) {
            0 => format!("{field} zq7x"),
            1 => format!("{field} \"zq7 y\""),
            2 => format!("{field} 名zq7(元)"),
            3 => format!("{field} =zq7:a;b:zq7"),
            4 => format!(
                "{}({field}) zq7f",
                self.one_of(&["sum", "COUNT", "max", "avg", "min", "count(distinct "])
            ),
            5 => format!("countif({}) zq7g", self.cond(3)),
            6 => format!("sumif({}, {field}*{}+1) zq7h", self.cond(3), self.literal()),
            7 => self.noise(),
            8 => self
                .one_of(&["*", "t0.*", "count(*) zq7k", "null zq7n", "@bills zq7b={id}", "%shop={name}"])
                .to_owned(),
            _ => field.to_owned(),
        }
    }

    fn list(&mut self, one: fn(&mut Generator) -> String) -> String {
        let count = self.0.random_range(1..4);
        (0..count).map(|_| one(self)).collect::<Vec<_>>().join(",")
    }

    fn order(&mut self) -> String {
        let field = if self.often(0.1) { "zq7x" } else { self.field() };
        let way = self.one_of(&["", " desc", " asc", " DESC", " zq7"]);
        if self.often(0.05) { self.noise() } else { format!("{field}{way}") }
    }

    fn group(&mut self) -> String {
        let field = self.field();
        if self.often(0.3) { format!("{field} zq7g") } else { field.to_owned() }
    }

    fn request(&mut self) -> Params {
        let mut params = Params::default();
        if self.often(0.7) {
            params.set("cond", self.cond(0));
        }
        if self.often(0.6) {
            params.set("res", self.list(Generator::item));
        }
        if self.often(0.4) {
            params.set("orderby", self.list(Generator::order));
        }
        if self.often(0.3) {
            params.set("gres", self.list(Generator::group));
            params.set("gcond", self.cond(2));
        }
        for (name, odds, text) in [
            ("distinct", 0.1, "1"),
            ("tmField", 0.05, "createTm"),
            ("q", 0.1, "zq7 zq7*"),
            ("pagekey", 0.1, "770000001"),
            ("pagesz", 0.3, "7"),
        ] {
            if self.often(odds) {
                params.set(name, text);
            }
        }
        if self.often(0.1) {
            params.set("qsearch", format!("{},{}*:zq7 zq'7", self.field(), self.field()));
        }
        if self.often(0.1) {
            params.set("statRes", self.list(Generator::item));
        }
        params
    }
}

#[test]
fn no_word_of_a_request_stands_in_a_statement() {
    static PLUGINS: &[&Plugin] = &[&LAB];
    let app = TestApp::with_plugins(PLUGINS, &[]);
    let total: u64 = std::env::var("TEXTS").ok().and_then(|n| n.parse().ok()).unwrap_or(60_000);
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let app = &app;
            scope.spawn(move || run(app, thread, total / 2));
        }
    });
}

fn run(app: &TestApp, seed: u64, count: u64) {
    let env = &app.server.env;
    let caller = Caller::of_role(Role::Emp, 1);
    let Granted::Table(granted) = authorize(&env.registry, &caller, &Action::parse("Cust.query")).unwrap()
    else {
        panic!("a standard action");
    };
    let db = rusqlite::Connection::open(app.dir.path().join("test.db")).unwrap();
    let mut generator = Generator(SmallRng::seed_from_u64(seed));
    let (mut seen, mut accepted) = (HashSet::new(), 0u64);
    for _ in 0..count {
        let params = generator.request();
        let planned = parse(&params, &Params::default()).and_then(|req| {
            env.reading(|reading| query(&granted, &req, &Extra::default(), &Cond::none(), reading))
        });
        let plan = match planned {
            Ok(plan) => plan,
            Err(error) => {
                assert!(matches!(error.code.0, 1 | 3 | 5), "{params:?}: {error}");
                assert!(
                    !error.text.zh.is_empty() && error.detail.is_some_and(|detail| !detail.is_empty()),
                    "{params:?}"
                );
                continue;
            }
        };
        accepted += 1;
        let stat = plan.stat.as_ref().map(|(select, _)| sql::select(select, &SQLITE));
        for statement in
            [Some(sql::select(&plan.select, &SQLITE)), Some(sql::count(&plan.select, &SQLITE)), stat]
                .into_iter()
                .flatten()
        {
            let text = &statement.text;
            assert!(!text.contains(MARK) && !text.contains("7700"), "{params:?} became {text}");
            assert!(!text.contains("pwd") && !text.contains("secretWord"), "{params:?} became {text}");
            assert_eq!(text.matches('?').count(), statement.binds.len(), "{text}");
            if seen.insert(text.clone())
                && let Err(error) = db.prepare(text)
            {
                panic!("{params:?} became {text}, which is refused: {error}");
            }
        }
        stable(&params);
    }
    assert!(accepted > count / 10, "only {accepted} of {count} were accepted: the generator tests nothing");
}

/// A condition that was understood says the same when it is printed and read again.
fn stable(params: &Params) {
    let Some(text) = params.text("cond") else { return };
    let printed = cond::parse(&text, "cond").unwrap().to_string();
    let again = cond::parse(&printed, "cond").unwrap_or_else(|e| panic!("{text} prints {printed}: {e}"));
    assert_eq!(again.to_string(), printed, "{text}");
}
