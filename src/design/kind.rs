//! Types of columns, and the rules that tell a type from the field's mark or, without one, from its name.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The table's key: 64 bits, given by the database.
    Id,
    /// 64 bits, whatever the dialect calls it.
    Int,
    /// 0 or 1, never null.
    Flag,
    Real,
    /// Money and quantities: digits after the point are fixed.
    Decimal {
        scale: u8,
    },
    /// A short text; `max` counts characters.
    Str {
        max: u32,
    },
    /// A long text; `max` counts characters.
    Text {
        max: u32,
    },
    DateTime,
    Date,
}

const DECIMAL: Kind = Kind::Decimal { scale: 2 };
const PLAIN: Kind = Kind::Str { max: 50 };
/// MySQL stores no longer VARCHAR in utf8mb4.
const LONGEST_STR: u32 = 16_383;

/// Name endings, in the order in which they are tried.
const ENDINGS: &[(&[&str], Kind)] = &[
    (&["Price", "Qty", "Total", "Amount"], DECIMAL),
    (&["Id", "Cnt", "编号"], Kind::Int),
    (&["Tm", "时间"], Kind::DateTime),
    (&["Dt", "日期"], Kind::Date),
    (&["Flag"], Kind::Flag),
];

impl Kind {
    /// The mark behind a field's name wins over the name.
    pub(in crate::design) fn of(name: &str, mark: &str) -> Result<Kind, String> {
        if name == "id" {
            return match mark {
                "" => Ok(Kind::Id),
                _ => Err(format!("`id` is the table's key and takes no `{mark}`")),
            };
        }
        if mark.is_empty() { Ok(Kind::by_name(name)) } else { Kind::by_mark(name, mark) }
    }

    fn by_mark(name: &str, mark: &str) -> Result<Kind, String> {
        Ok(match mark {
            "@" | "(n)" => DECIMAL,
            "&" | "(i)" => Kind::Int,
            "#" | "!" => Kind::Real,
            "(s)" => Kind::Str { max: 20 },
            "(m)" => PLAIN,
            "(l)" => Kind::Str { max: 255 },
            "(t)" => Kind::Text { max: 65_535 },
            "(tt)" => Kind::Text { max: 16_777_215 },
            "(tm)" => Kind::DateTime,
            "(date)" => Kind::Date,
            "(flag)" => Kind::Flag,
            _ => return Kind::by_length(name, mark),
        })
    }

    fn by_length(name: &str, mark: &str) -> Result<Kind, String> {
        let digits = mark.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("field `{name}`: unknown suffix `{mark}`"));
        }
        match digits.parse() {
            Ok(max @ 1..=LONGEST_STR) => Ok(Kind::Str { max }),
            _ => Err(format!(
                "field `{name}`: a length is 1 to {LONGEST_STR}, not {digits}; (t) holds longer texts"
            )),
        }
    }

    fn by_name(name: &str) -> Kind {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let stem = capitalised(stem);
        for (endings, kind) in ENDINGS {
            if endings.iter().any(|ending| stem.ends_with(ending)) {
                return *kind;
            }
        }
        if name.starts_with("是否") { Kind::Flag } else { PLAIN }
    }

    /// Columns that may not be null: the key, and flags, which start as 0.
    pub fn required(self) -> bool {
        matches!(self, Kind::Id | Kind::Flag)
    }

    pub fn is_text(self) -> bool {
        matches!(self, Kind::Str { .. } | Kind::Text { .. })
    }

    pub fn is_number(self) -> bool {
        matches!(self, Kind::Id | Kind::Int | Kind::Flag | Kind::Real | Kind::Decimal { .. })
    }

    pub fn is_time(self) -> bool {
        matches!(self, Kind::DateTime | Kind::Date)
    }
}

/// `tm`, `cnt` and `price` alone follow the rules of `createTm`, `userCnt` and `unitPrice`.
fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
