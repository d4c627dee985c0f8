//! The list of what a bucket holds (ListObjectsV2), page by page.

use super::{Client, EMPTY, refused};
use crate::error::{Code, Error, Result};
use crate::store::Listed;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::Read;
use ureq::http::StatusCode;

/// What a signature leaves as it is.
const LETTERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A page has a thousand objects at most.
const PAGE_MAX: u64 = 16 << 20;

impl Client {
    pub(super) fn list(&self, begin: &str) -> Result<Vec<Listed>> {
        let encoded = |text: &str| utf8_percent_encode(text, LETTERS).to_string();
        let bucket = self.path.strip_suffix(&self.prefix).unwrap_or("/");
        let bucket = if bucket == "/" { bucket } else { bucket.trim_end_matches('/') };
        let wanted = format!("{}{begin}", self.prefix);
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let token = next.as_ref().map(|token| format!("continuation-token={}&", encoded(token)));
            let query = format!("{}list-type=2&prefix={}", token.unwrap_or_default(), encoded(&wanted));
            let answer = self.send("GET", begin, (bucket, &query), EMPTY, None, || Ok(()))?;
            if answer.status() != StatusCode::OK {
                return Err(refused("LIST", begin, answer));
            }
            let mut text = String::new();
            let read = answer.into_body().into_reader().take(PAGE_MAX).read_to_string(&mut text);
            read.map_err(|e| unread(&e.to_string()))?;
            let page = Page::parse(&text).ok_or_else(|| unread("this is no list"))?;
            let mine = page.found.into_iter().filter_map(|Listed { key, size }| {
                Some(Listed { key: key.strip_prefix(&self.prefix)?.to_owned(), size })
            });
            found.extend(mine);
            if page.next.is_none() {
                found.sort();
                return Ok(found);
            }
            next = page.next;
        }
    }
}

fn unread(why: &str) -> Error {
    Error::new(Code::EXT, "the file store failed")
        .say("文件存储暂不可用，请稍后再试", "the file store is out, please try again later")
        .because(format!("LIST: {why}"))
}

struct Page {
    found: Vec<Listed>,
    next: Option<String>,
}

impl Page {
    /// None = it is not the list it should be.
    fn parse(text: &str) -> Option<Page> {
        let mut reader = Reader::from_str(text);
        let (mut page, mut names) = (Page { found: Vec::new(), next: None }, Vec::<String>::new());
        let (mut key, mut size, mut whole) = (String::new(), None, false);
        loop {
            match reader.read_event().ok()? {
                Event::Start(tag) => names.push(tag.local_name().as_ref().to_owned()),
                Event::Text(text) => {
                    let text: &str = &text;
                    match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                        [_, "Contents", "Key"] => key.push_str(text),
                        [_, "Contents", "Size"] => size = text.parse().ok(),
                        [_, "NextContinuationToken"] => page.next = Some(text.to_owned()),
                        _ => {}
                    }
                }
                Event::End(tag) => {
                    names.pop();
                    if tag.local_name().as_ref() == "Contents" {
                        page.found.push(Listed { key: std::mem::take(&mut key), size: size.take()? });
                    }
                    whole = tag.local_name().as_ref() == "ListBucketResult";
                }
                Event::Eof => return whole.then_some(page),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_and_half_a_page_is_not() {
        let text = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://x/\"><Prefix>a/</Prefix>\
             <Contents><Key>a/1.txt</Key><Size>5</Size></Contents><Contents><Key>a/2</Key><Size>0</Size></Contents>\
             <NextContinuationToken>xyz=</NextContinuationToken></ListBucketResult>";
        let page = Page::parse(text).unwrap();
        assert_eq!(page.next.as_deref(), Some("xyz="));
        let listed = |key: &str, size| Listed { key: key.into(), size };
        assert_eq!(page.found, [listed("a/1.txt", 5), listed("a/2", 0)]);
        for cut in 0..text.len() {
            assert!(Page::parse(&text[..cut]).is_none(), "{cut}");
        }
        assert!(Page::parse("<html>hello</html>").is_none());
    }
}
