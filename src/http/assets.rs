//! The front ends inside the binary.

#[derive(Debug)]
pub struct Asset {
    pub path: &'static str,
    pub mime: &'static str,
    pub etag: &'static str,
    pub immutable: bool,
    pub identity: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
}

pub fn find(_path: &str) -> Option<&'static Asset> {
    None
}
