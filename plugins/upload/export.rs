//! `export`: a text of the client's comes back as a file, in the encoding it asks for.

use jindou::plugin::*;
use jindou::render::file::file_name;

/// What a text can be called; nothing that a system would run.
const EXTENSIONS: [&str; 8] = ["csv", "txt", "tsv", "tab", "json", "md", "log", "xml"];
/// Numbers of so many digits lose their end in Excel.
const DIGITS: usize = 11;

pub fn export(_tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let name = as_sent(args, "fname").ok_or_else(|| Error::missing("fname"))?;
    harmless(&name)?;
    let text = as_sent(args, "str").ok_or_else(|| Error::missing("str"))?;
    let label = args.text("enc")?.unwrap_or_else(|| "utf-8".to_owned());
    let encoding = encoding_rs::Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
        Error::param(format!("param `enc`: unknown encoding `{label}`"))
            .say(format!("不支持的编码`{label}`"), format!("there is no encoding `{label}`"))
    })?;
    let for_excel = args.get("forexcel/b")?.and_then(|v| v.as_bool()).unwrap_or(true);
    let is_csv = name.to_lowercase().ends_with(".csv");
    let text = if is_csv && for_excel { guarded(&text) } else { text };
    // What the encoding cannot write becomes a question mark, not an entity of some other language.
    let (bytes, used, _) = encoding.output_encoding().encode(&text);
    let kind = if is_csv { "text/csv" } else { "text/plain" };
    let headers = vec![
        ("content-type", format!("{kind}; charset={}", used.name())),
        ("content-disposition", format!("attachment; {}", file_name(&name))),
        ("content-security-policy", "default-src 'none'; sandbox".to_owned()),
    ];
    Ok(Answer::File(FileAnswer { status: 200, headers, body: FileBody::Bytes(bytes.into_owned()) }))
}

/// A name ends as texts do, or has no ending.
fn harmless(name: &str) -> Result<()> {
    let ending =
        name.trim().trim_end_matches('.').rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending {
        Some(ending) if !EXTENSIONS.contains(&ending.as_str()) => {
            let known = EXTENSIONS.join(", ");
            Err(Error::param(format!(
                "param `fname`: `.{ending}` is no ending of a text, use one of {known}"
            ))
            .say(format!("fname: 扩展名只能是 {known}"), format!("fname: the extension is one of {known}")))
        }
        _ => Ok(()),
    }
}

/// Not escaped: it goes back to whom it came from.
fn as_sent(args: &Args, name: &str) -> Option<String> {
    let text = args.get.text(name).filter(|text| !text.is_empty()).or_else(|| args.post.text(name));
    text.map(|text| text.into_owned()).filter(|text| !text.is_empty())
}

/// `="13800000000"` for every run of digits that stands alone between separators.
fn guarded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut cell = String::new();
    for c in text.chars() {
        match c {
            ',' | '\t' | '\r' | '\n' | '"' => {
                let quoted = c == '"' || out.ends_with('"');
                push_cell(&mut out, &mut cell, quoted);
                out.push(c);
            }
            c => cell.push(c),
        }
    }
    let quoted = out.ends_with('"');
    push_cell(&mut out, &mut cell, quoted);
    out
}

/// A cell in quotes is left as it is: it was written with care.
fn push_cell(out: &mut String, cell: &mut String, quoted: bool) {
    let number = cell.len() >= DIGITS && cell.bytes().all(|b| b.is_ascii_digit());
    match number && !quoted {
        true => {
            out.push_str("=\"");
            out.push_str(cell);
            out.push('"');
        }
        false => out.push_str(cell),
    }
    cell.clear();
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn names_end_as_texts_do() {
        for name in ["a.csv", "报表.TXT", "a", "a.bat.txt", " a.json ", "a.csv."] {
            assert!(super::harmless(name).is_ok(), "{name}");
        }
        for name in
            ["a.bat", "a.csv.cmd", "a.HTML", "a.svg ", "x.exe.", "a.txt.hta", "a.txt:b.js", "a.csv .ps1"]
        {
            assert!(super::harmless(name).is_err(), "{name}");
        }
    }

    #[test]
    fn long_numbers_survive_excel() {
        assert_eq!(guarded("phone,n\n13800000000,5\n"), "phone,n\n=\"13800000000\",5\n");
        assert_eq!(guarded("a\t12345678901\tb"), "a\t=\"12345678901\"\tb");
        assert_eq!(guarded("12345678901"), "=\"12345678901\"");
        assert_eq!(
            guarded("\"12345678901\",x12345678901,1234567890"),
            "\"12345678901\",x12345678901,1234567890"
        );
    }
}
