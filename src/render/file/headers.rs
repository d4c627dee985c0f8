//! Content type and disposition of each kind of download.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::render::FileKind;

/// What RFC 5987 lets stand in an extended value.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Long enough for any title, short enough for any file system.
const MAX_NAME: usize = 80;

/// A table to look at: nothing in it runs or loads.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

pub fn headers(kind: FileKind, fname: &str) -> Vec<(&'static str, String)> {
    let (content_type, lead, extension) = match kind {
        FileKind::Csv => ("application/csv; charset=UTF-8", "attachment;", "csv"),
        FileKind::ExcelCsv => ("application/csv; charset=gb18030", "attachment;", "csv"),
        FileKind::Txt => ("text/plain; charset=UTF-8", "attachment;", "txt"),
        FileKind::Excel => {
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment; ", "xlsx")
        }
        FileKind::Html => ("text/html; charset=UTF-8", "", "html"),
    };
    let name = safe_name(fname);
    let plain: String = name.chars().map(|c| if is_token(c) { c } else { '_' }).collect();
    let mut disposition = format!("{lead}filename={plain}.{extension}");
    if plain != name {
        let encoded = utf8_percent_encode(&name, ATTR_CHAR);
        disposition.push_str(&format!("; filename*=UTF-8''{encoded}.{extension}"));
    }
    let mut headers = vec![("Content-Type", content_type.to_owned()), ("Content-Disposition", disposition)];
    if kind == FileKind::Html {
        headers.push(("Content-Security-Policy", PAGE_POLICY.to_owned()));
    }
    headers
}

/// The `filename` parts of a Content-Disposition for a name with its extension: a plain one for old programs,
/// the true one as RFC 5987 has it.
pub fn file_name(name: &str) -> String {
    let name = safe_name(name);
    let plain: String = name.chars().map(|c| if is_token(c) || c == ' ' { c } else { '_' }).collect();
    match plain == name {
        true => format!("filename=\"{plain}\""),
        false => format!("filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, ATTR_CHAR)),
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// A file name without anything a file system or a header would stumble over.
fn safe_name(fname: &str) -> String {
    let fix = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let name: String = fname.trim().trim_start_matches('.').chars().take(MAX_NAME).map(fix).collect();
    if name.is_empty() { "export".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(kind: FileKind, fname: &str, expected: Expect) {
        let lines: Vec<String> =
            headers(kind, fname).into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn every_kind() {
        check(
            FileKind::Csv,
            "Ordr",
            expect![[r#"
            Content-Type: application/csv; charset=UTF-8
            Content-Disposition: attachment;filename=Ordr.csv
        "#]],
        );
        check(
            FileKind::ExcelCsv,
            "Ordr",
            expect![[r#"
            Content-Type: application/csv; charset=gb18030
            Content-Disposition: attachment;filename=Ordr.csv
        "#]],
        );
        check(
            FileKind::Txt,
            "Ordr",
            expect![[r#"
            Content-Type: text/plain; charset=UTF-8
            Content-Disposition: attachment;filename=Ordr.txt
        "#]],
        );
        check(
            FileKind::Excel,
            "订单 管理",
            expect![[r#"
            Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
            Content-Disposition: attachment; filename=_____.xlsx; filename*=UTF-8''%E8%AE%A2%E5%8D%95%20%E7%AE%A1%E7%90%86.xlsx
        "#]],
        );
        check(
            FileKind::Html,
            "Ordr",
            expect![[r#"
            Content-Type: text/html; charset=UTF-8
            Content-Disposition: filename=Ordr.html
            Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'
        "#]],
        );
    }

    #[test]
    fn a_name_cannot_break_the_header_or_leave_the_folder() {
        check(
            FileKind::Csv,
            "../a\r\nSet-Cookie: x;\"",
            expect![[r#"
            Content-Type: application/csv; charset=UTF-8
            Content-Disposition: attachment;filename=_a__Set-Cookie__x__.csv; filename*=UTF-8''_a__Set-Cookie_%20x%3B_.csv
        "#]],
        );
        check(
            FileKind::Csv,
            " ",
            expect![[r#"
            Content-Type: application/csv; charset=UTF-8
            Content-Disposition: attachment;filename=export.csv
        "#]],
        );
    }
}
