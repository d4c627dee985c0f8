//! `pic`: a page that shows pictures by their ids.

use super::download::one_of;
use jindou::plugin::*;
use std::fmt::Write as _;

const POLICY: &str =
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// Pictures on one page at most.
const MOST: usize = 200;

pub fn pic(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let env = tx.env();
    let list = |name: &str| -> Result<Option<Vec<i64>>> {
        let ids = args.get(&format!("{name}/i+"))?;
        Ok(ids
            .as_ref()
            .and_then(Value::as_array)
            .map(|ids| ids.iter().filter_map(Value::as_i64).take(MOST).collect()))
    };
    let small = args.flag("thumb")?;
    // What is shown of each id, and where it leads.
    let (ids, shown, target) = match (list("id")?, list("thumbId")?, list("smallId")?) {
        (Some(ids), ..) if small => (ids, Link::Thumb, Some(Link::Itself)),
        (Some(ids), ..) => (ids, Link::Itself, None),
        (_, Some(ids), _) => (ids, Link::Original, None),
        (.., Some(ids)) => (ids, Link::Itself, Some(Link::Original)),
        _ => return Err(one_of("id or thumbId or smallId")),
    };
    let keys = args.text("k")?.unwrap_or_default();
    let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
    let base = format!("{}/api/att", env.url_path().trim_end_matches('/'));
    let app = tx.caller().app.to_string();
    let mut page = String::from(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>图片 Pictures</title><style>body{margin:0;background:#f4f4f4}img{display:block;max-width:100%;margin:8px auto}\
         </style></head><body>\n",
    );
    for (at, id) in ids.iter().enumerate() {
        let key = keys.get(at).or(keys.first().filter(|_| keys.len() == 1)).copied().unwrap_or_default();
        let address = |link: Link| escape(&link.address(&base, *id, key, &app));
        let image = format!("<img src=\"{}\" alt=\"{id}\">", address(shown));
        let _ = match target {
            Some(target) => writeln!(page, "<a href=\"{}\">{image}</a>", address(target)),
            None => writeln!(page, "{image}"),
        };
    }
    page.push_str("</body></html>\n");
    let headers = vec![
        ("content-type", "text/html; charset=UTF-8".to_owned()),
        ("content-security-policy", POLICY.to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
    ];
    Ok(Answer::File(FileAnswer { status: 200, headers, body: FileBody::Bytes(page.into_bytes()) }))
}

#[derive(Clone, Copy)]
enum Link {
    Itself,
    Thumb,
    /// Of a thumbnail.
    Original,
}

impl Link {
    fn address(self, base: &str, id: i64, key: &str, app: &str) -> String {
        let mut address = match self {
            Link::Itself => format!("{base}?id={id}"),
            Link::Thumb => format!("{base}?id={id}&thumb=1"),
            Link::Original => format!("{base}?thumbId={id}"),
        };
        for (name, value) in [("k", key), ("_app", app)] {
            if !value.is_empty() {
                let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
                let _ = write!(address, "&{name}={value}");
            }
        }
        address
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
