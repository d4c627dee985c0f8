//! One request and its whole answer, for what is not load: logins, imports, exports, reports.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take to begin, or to go on.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Answer {
    pub head: String,
    pub body: String,
}

/// An answer that is small enough to be held.
pub fn ask(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut body = Vec::new();
    let head = fetch(address, request, &mut body)?;
    Ok(Answer { head, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Sends a request; the body of the answer goes into `out` as it comes. Gives the head.
pub fn fetch(address: SocketAddr, request: &[u8], out: &mut dyn Write) -> io::Result<String> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    (&stream).write_all(request)?;
    let mut reader = BufReader::with_capacity(1 << 16, &stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    match header(&head, "content-length") {
        Some(length) => {
            let length = length.parse().map_err(io::Error::other)?;
            whole(io::copy(&mut (&mut reader).take(length), out)?, length)?;
        }
        None => while chunk(&mut reader, out)? > 0 {},
    }
    Ok(head)
}

/// One chunk of a body without a length; 0 was the last.
fn chunk(reader: &mut impl BufRead, out: &mut dyn Write) -> io::Result<u64> {
    let mut size = String::new();
    reader.read_line(&mut size)?;
    let length = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
    whole(io::copy(&mut reader.take(length), out)?, length)?;
    reader.read_line(&mut size)?;
    Ok(length)
}

fn whole(read: u64, length: u64) -> io::Result<()> {
    if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
