//! The targets, and whether each is met.

use crate::table::{self, Column, Side};

#[derive(Default)]
pub struct Verdicts(Vec<Verdict>);

struct Verdict {
    what: String,
    figure: String,
    target: String,
    said: &'static str,
}

const COLUMNS: &[Column] = &[
    Column("target", 76, Side::Left),
    Column("figure", 34, Side::Left),
    Column("wanted", 18, Side::Left),
    Column("", 12, Side::Left),
];

impl Verdicts {
    pub fn at_least(&mut self, what: impl Into<String>, figure: f64, least: f64, unit: &str) {
        let target = format!("≥ {}{unit}", short(least));
        self.add(what, format!("{}{unit}", short(figure)), target, figure >= least);
    }

    pub fn at_most(&mut self, what: impl Into<String>, figure: f64, most: f64, unit: &str) {
        let target = format!("≤ {}{unit}", short(most));
        self.add(what, format!("{}{unit}", short(figure)), target, figure <= most);
    }

    pub fn add(
        &mut self,
        what: impl Into<String>,
        figure: impl Into<String>,
        target: impl Into<String>,
        met: bool,
    ) {
        let said = if met { "met" } else { "NOT MET" };
        self.0.push(Verdict { what: what.into(), figure: figure.into(), target: target.into(), said });
    }

    /// A target this run did not look at, and why.
    pub fn open(&mut self, what: &str, why: &str, target: &str) {
        let (what, figure, target) = (what.to_owned(), why.to_owned(), target.to_owned());
        self.0.push(Verdict { what, figure, target, said: "not measured" });
    }

    pub fn print(&self) {
        println!("\n## Targets\n");
        table::head(COLUMNS);
        for verdict in &self.0 {
            let cells = [&verdict.what, &verdict.figure, &verdict.target, &verdict.said.to_owned()];
            table::row(COLUMNS, &cells.map(String::clone));
        }
        let count = |said: &str| self.0.iter().filter(|verdict| verdict.said == said).count();
        println!(
            "\n{} met, {} not met, {} not measured",
            count("met"),
            count("NOT MET"),
            count("not measured")
        );
    }
}

/// Three digits or so: `0.71`, `24.5`, `103`, `123,456`.
pub fn short(figure: f64) -> String {
    match figure.abs() {
        x if x < 10.0 => format!("{figure:.2}"),
        x if x < 100.0 => format!("{figure:.1}"),
        _ => grouped(figure.round() as u64),
    }
}

/// `1,234,567`
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
