//! Bodies that are made while they are sent, so that their size does not matter.

use super::reply::ReplyBody;
use crate::api::{Outlet, Producer};
use crate::cut::Cut;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use std::io::{self, SeekFrom, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::mpsc;

const CHUNK: usize = 64 * 1024;
/// How long a client may take nothing.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
/// Chunks waiting for a slow client at most.
const AHEAD: usize = 4;

type Chunk = io::Result<Frame<Bytes>>;

/// Runs `write` on a thread of its own; it waits when the client is slow and fails when the client is gone.
pub fn of(write: Producer) -> ReplyBody {
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut pipe = Pipe { send, buffer: Vec::with_capacity(CHUNK), cut: None };
        let result = write(&mut pipe).and_then(|()| pipe.flush());
        if let Err(error) = result {
            // The client sees a body cut short, not one that looks whole.
            let _ = pipe.send.blocking_send(Err(error));
        }
    });
    StreamBody::new(Chunks(receive)).boxed()
}

/// A part of a file.
pub fn of_disk(path: PathBuf, from: u64, length: u64) -> ReplyBody {
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        if let Err(error) = read_into(&send, path, from, length).await {
            let _ = send.send(Err(error)).await;
        }
    });
    StreamBody::new(Chunks(receive)).boxed()
}

/// No thread waits for a slow client: each piece is read when there is room for it.
async fn read_into(send: &mpsc::Sender<Chunk>, path: PathBuf, from: u64, length: u64) -> io::Result<()> {
    let mut file = tokio::fs::File::open(&path).await?;
    file.seek(SeekFrom::Start(from)).await?;
    let mut file = file.take(length);
    let mut left = length;
    while left > 0 {
        let mut chunk = BytesMut::with_capacity(CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)));
        let read = file.read_buf(&mut chunk).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= read as u64;
        if send.send(Ok(Frame::data(chunk.freeze()))).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

struct Pipe {
    send: mpsc::Sender<Chunk>,
    buffer: Vec<u8>,
    /// Of the read that the body is made of.
    cut: Option<Arc<Cut>>,
}

impl Outlet for Pipe {
    fn end_with(&mut self, cut: Arc<Cut>) {
        self.cut = Some(cut);
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        let sending = self.send.send(Ok(Frame::data(chunk.into())));
        let cut = self.cut.clone();
        let cut = async move {
            match cut {
                Some(cut) => cut.wait().await,
                None => std::future::pending().await,
            }
        };
        // A client that takes nothing any more holds what is being read for it.
        tokio::runtime::Handle::current().block_on(async {
            tokio::select! {
                biased;
                () = cut => Err(io::Error::other("the read was cut off")),
                sent = tokio::time::timeout(PATIENCE, sending) => match sent {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(_)) | Err(_) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the client is gone")),
                },
            }
        })
    }
}

struct Chunks(mpsc::Receiver<Chunk>);

impl futures_core::Stream for Chunks {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Chunk>> {
        self.0.poll_recv(context)
    }
}
