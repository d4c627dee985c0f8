//! Signatures of requests to an object store (AWS Signature Version 4, header form). It knows text and digests,
//! no network and no clock.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Who asks.
#[derive(Clone)]
pub struct Credentials {
    pub key: String,
    pub secret: String,
}

/// What is signed. Header names are in small letters and in order; path and query are encoded as they are sent.
pub struct Signed<'r> {
    pub method: &'r str,
    pub path: &'r str,
    pub query: &'r str,
    pub headers: &'r [(&'r str, &'r str)],
    /// Digest of the body, in hex.
    pub payload: &'r str,
    /// `20130524T000000Z`.
    pub time: &'r str,
    pub region: &'r str,
}

/// The value of the header `Authorization`.
pub fn authorization(credentials: &Credentials, request: &Signed<'_>) -> String {
    let Signed { method, path, query, headers, payload, time, region } = request;
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut canonical = format!("{method}\n{path}\n{query}\n");
    for (name, value) in *headers {
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let _ = write!(canonical, "\n{names}\n{payload}");
    let day = time.get(..8).unwrap_or(time);
    let scope = format!("{day}/{region}/s3/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mut key = keyed(format!("AWS4{}", credentials.secret).as_bytes(), day.as_bytes());
    for part in [*region, "s3", "aws4_request"] {
        key = keyed(&key, part.as_bytes());
    }
    let signature = hex(&keyed(&key, text.as_bytes()));
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        credentials.key
    )
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key longer than a block is its digest, by the definition of HMAC.
    let mut block = [0; 64];
    match key.len() <= block.len() {
        true => block[..key.len()].copy_from_slice(key),
        false => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const HOST: (&str, &str) = ("host", "examplebucket.s3.amazonaws.com");
    const DATE: (&str, &str) = ("x-amz-date", "20130524T000000Z");

    /// The examples that the documentation of the signature gives.
    #[test]
    fn the_published_examples() {
        let credentials = Credentials {
            key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        };
        let body = hex(&Sha256::digest("Welcome to Amazon S3."));
        assert_eq!(body, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
        let get = [HOST, ("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY), DATE];
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            HOST,
            ("x-amz-content-sha256", body.as_str()),
            DATE,
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        let bare = [HOST, ("x-amz-content-sha256", EMPTY), DATE];
        for (method, path, query, headers, payload, signature) in [
            (
                "GET",
                "/test.txt",
                "",
                &get[..],
                EMPTY,
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test%24file.text",
                "",
                &put[..],
                body.as_str(),
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                "lifecycle=",
                &bare[..],
                EMPTY,
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "GET",
                "/",
                "max-keys=2&prefix=J",
                &bare[..],
                EMPTY,
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            let request = Signed { method, path, query, headers, payload, time: DATE.1, region: "us-east-1" };
            let value = authorization(&credentials, &request);
            assert!(value.ends_with(&format!(",Signature={signature}")), "{method} {path}{query}: {value}");
            let start = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=";
            assert!(value.starts_with(start), "{value}");
        }
    }

    #[test]
    fn long_keys_are_digested() {
        // RFC 4231, test case 6.
        let mac = keyed(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&mac), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
