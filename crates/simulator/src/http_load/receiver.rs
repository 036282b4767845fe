//! Where receipts are told.

use std::io;
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::Work;
use super::wire::{Wire, target};

/// Takes calls until it is stopped.
pub(super) async fn serve(listener: TcpListener, work: Arc<Work>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (work, stop) = (work.clone(), stop.clone());
                tokio::spawn(async move { stop.run_until_cancelled(listen(stream, &work)).await });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a call");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn listen(stream: TcpStream, work: &Work) {
    if let Err(error) = answer(stream, work).await {
        tracing::debug!(%error, "a caller is gone");
    }
}

/// Answers every call with 200; those that have come together are answered together.
async fn answer(stream: TcpStream, work: &Work) -> io::Result<()> {
    let mut wire = Wire::new(stream)?;
    let mut answers = BytesMut::new();
    let take = |head: &[u8], body: &[u8]| {
        work.load.dialect.receipts(target(head), body, |key| work.books.told(key));
    };
    while wire.read(take).await?.is_some() {
        answers.put_slice(OK);
        while wire.next(take)?.is_some() {
            answers.put_slice(OK);
        }
        wire.write(&mut answers).await?;
    }
    Ok(())
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
