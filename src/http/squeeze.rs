//! Long answers of the API, compressed for clients that read gzip: the description of all objects, long lists.
//! Short ones are sent as they are, since they fit into a packet or two anyway.

use crate::call::headers::Headers;
use crate::pipeline::{Body, Outgoing};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::ACCEPT_ENCODING;
use std::io::Write;

/// What is shorter saves no round trip.
const LONG: usize = 8 << 10;
/// What is longer would hold up the other requests of its thread.
const HEAVY: usize = 256 << 10;

/// Whether it is worth it, and the client reads gzip.
pub fn worth(outgoing: &Outgoing, headers: &Headers) -> bool {
    let Body::Bytes(bytes) = &outgoing.body else { return false };
    bytes.len() >= LONG && super::static_pages::accepts(&headers.lossy(ACCEPT_ENCODING), "gzip")
}

/// Compresses an answer with gzip.
pub async fn squeeze(mut outgoing: Outgoing) -> Outgoing {
    let Body::Bytes(bytes) = &mut outgoing.body else { return outgoing };
    let plain = std::mem::take(bytes);
    let (body, squeezed) = match plain.len() > HEAVY {
        // The pool loses work only when the program ends, and with it the answer's reader.
        true => tokio::task::spawn_blocking(move || gzip(plain)).await.unwrap_or_default(),
        false => gzip(plain),
    };
    outgoing.body = Body::Bytes(body);
    outgoing.headers.push(("vary", "accept-encoding".into()));
    if squeezed {
        outgoing.headers.push(("content-encoding", "gzip".into()));
    }
    outgoing
}

/// The bytes, and whether they were compressed: writing to memory does not fail, but its type says that it may.
fn gzip(plain: Vec<u8>) -> (Vec<u8>, bool) {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    match encoder.write_all(&plain).and_then(|()| encoder.finish()) {
        Ok(done) => (done, true),
        Err(_) => (plain, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn outgoing(length: usize) -> Outgoing {
        let body = Body::Bytes(b"[0,{\"h\":[\"id\"]}]".iter().copied().cycle().take(length).collect());
        Outgoing { body, content_type: "text/plain", log_id: 0, cookie: None, headers: Vec::new() }
    }

    async fn sent(length: usize, accepts: &str) -> (Vec<u8>, bool) {
        let headers = [("accept-encoding", accepts.to_owned())].into_iter().collect();
        let mut got = outgoing(length);
        if worth(&got, &headers) {
            got = squeeze(got).await;
        }
        let Body::Bytes(bytes) = got.body else { panic!("not bytes") };
        (bytes, got.headers.contains(&("content-encoding", "gzip".into())))
    }

    #[tokio::test]
    async fn long_answers_shrink_for_those_who_read_gzip() {
        for (length, accepts, shrinks) in [
            (LONG - 1, "gzip", false),
            (LONG, "gzip, deflate, br", true),
            (HEAVY + 1, "br, gzip;q=0.5", true),
            (LONG, "br", false),
            (LONG, "gzip;q=0", false),
            (LONG, "", false),
        ] {
            let (bytes, gzipped) = sent(length, accepts).await;
            assert_eq!((gzipped, bytes.len() < length), (shrinks, shrinks), "{length} {accepts}");
            if shrinks {
                let mut back = Vec::new();
                flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut back).unwrap();
                assert_eq!(back.len(), length);
            }
        }
    }
}
