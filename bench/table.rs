//! Tables that are readable both as text and as Markdown.

/// A column's title and width; texts stand left, figures right.
pub struct Column(pub &'static str, pub usize, pub Side);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

pub fn head(columns: &[Column]) {
    row(columns, &columns.iter().map(|column| column.0.to_owned()).collect::<Vec<_>>());
    let rule = |column: &Column| match column.2 {
        Side::Left => "-".repeat(column.1 + 2),
        Side::Right => format!("{}:", "-".repeat(column.1 + 1)),
    };
    println!("|{}|", columns.iter().map(rule).collect::<Vec<_>>().join("|"));
}

pub fn row(columns: &[Column], cells: &[String]) {
    let mut line = String::from("|");
    for (column, cell) in columns.iter().zip(cells) {
        let blank = " ".repeat(column.1.saturating_sub(cell.chars().count()));
        let (before, after) = if column.2 == Side::Left { ("", &*blank) } else { (&*blank, "") };
        line.extend([" ", before, cell, after, " |"]);
    }
    println!("{line}");
}
