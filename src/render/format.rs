//! The `fmt` parameter: which shape a query's answer takes. Only the names; `shape` and `file` do the work.

pub use super::shape::shape;
use crate::error::{Code, Error, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `{h, d}`, the default.
    Table,
    /// `{list: [{…}]}`.
    List,
    /// `[{…}]`.
    Array,
    /// The first row; none is an error.
    One,
    /// The first row, its only cell, or `false`.
    OneOpt,
    /// An object keyed by a column.
    Hash { key: Option<String>, value: Option<String>, multi: bool },
    /// Rows nested under their parents.
    Tree { id: String, father: String, children: String },
    /// A download.
    File(FileKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Csv,
    Txt,
    Excel,
    ExcelCsv,
    Html,
}

impl Format {
    /// An unknown name means the default table, as it always did.
    pub fn parse(fmt: &str, tree_fields: Option<&str>) -> Result<Format> {
        Ok(match fmt {
            "list" => Format::List,
            "array" => Format::Array,
            "one" => Format::One,
            "one?" => Format::OneOpt,
            "tree" => tree(tree_fields.unwrap_or_default()),
            "csv" => Format::File(FileKind::Csv),
            "txt" => Format::File(FileKind::Txt),
            "excel" => Format::File(FileKind::Excel),
            "excelcsv" => Format::File(FileKind::ExcelCsv),
            "html" => Format::File(FileKind::Html),
            "outfile" => {
                return Err(Error::new(Code::SERVER, "fmt=outfile is not supported")
                    .say("导出目录未配置", "no export folder is configured"));
            }
            other => hash(other).unwrap_or(Format::Table),
        })
    }

    pub fn is_file(fmt: &str) -> bool {
        matches!(Format::parse(fmt, None), Ok(Format::File(_)))
    }

    /// Whether every row is wanted at once when the caller names no page size.
    pub fn wants_all(&self) -> bool {
        matches!(self, Format::Array | Format::Tree { .. } | Format::Hash { .. })
    }

    /// Whether one row is enough.
    pub fn wants_one(&self) -> bool {
        matches!(self, Format::One | Format::OneOpt)
    }
}

fn hash(fmt: &str) -> Option<Format> {
    let (multi, rest) = match (fmt.strip_prefix("multihash"), fmt.strip_prefix("hash")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    if !rest.is_empty() && !rest.starts_with(':') {
        return None;
    }
    let mut names = names(rest.trim_start_matches(':'));
    Some(Format::Hash { key: names.next().flatten(), value: names.next().flatten(), multi })
}

fn tree(fields: &str) -> Format {
    let mut names = names(fields);
    let mut next = |default: &str| names.next().flatten().unwrap_or_else(|| default.to_owned());
    Format::Tree { id: next("id"), father: next("fatherId"), children: next("children") }
}

/// The comma-separated names; an empty place is none.
fn names(list: &str) -> impl Iterator<Item = Option<String>> {
    list.split(',').map(|name| Some(name.trim().to_owned()).filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(key: Option<&str>, value: Option<&str>, multi: bool) -> Format {
        Format::Hash { key: key.map(Into::into), value: value.map(Into::into), multi }
    }

    #[test]
    fn names_become_formats() {
        for (fmt, expected) in [
            ("", Format::Table),
            ("nosuch", Format::Table),
            ("hashes", Format::Table),
            ("list", Format::List),
            ("one?", Format::OneOpt),
            ("hash", hash(None, None, false)),
            ("hash:id", hash(Some("id"), None, false)),
            ("multihash:id, name", hash(Some("id"), Some("name"), true)),
            ("excelcsv", Format::File(FileKind::ExcelCsv)),
        ] {
            assert_eq!(Format::parse(fmt, None).unwrap(), expected, "{fmt}");
        }
    }

    #[test]
    fn tree_fields_have_defaults() {
        let tree = |id: &str, father: &str, children: &str| Format::Tree {
            id: id.into(),
            father: father.into(),
            children: children.into(),
        };
        assert_eq!(Format::parse("tree", None).unwrap(), tree("id", "fatherId", "children"));
        assert_eq!(Format::parse("tree", Some("code,pid")).unwrap(), tree("code", "pid", "children"));
        assert_eq!(Format::parse("tree", Some("a,b,c")).unwrap(), tree("a", "b", "c"));
    }

    #[test]
    fn outfile_is_refused() {
        assert_eq!(Format::parse("outfile", None).unwrap_err().code, Code::SERVER);
    }
}
