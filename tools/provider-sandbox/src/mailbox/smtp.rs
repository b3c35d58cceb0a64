//! The receiving side of SMTP (RFC 5321), as much of it as a sending program needs: one message after another, in clear.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt as _, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::State;
use super::message::ReceivedMail;

/// The longest line, in bytes.
const LINE_BYTES_MAX: u64 = 8 * 1_024;
/// The longest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 1_024 * 1_024;
/// Receivers of one message.
const RECEIVERS_MAX: usize = 20;
/// How long a connection may be silent.
const SILENT_MAX: Duration = Duration::from_secs(60);

pub async fn serve(listener: TcpListener, state: Arc<State>, closing: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(converse(stream, Arc::clone(&state)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Whoever breaks off has said enough.
async fn converse(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    if let Err(error) = take(&mut stream, &state).await {
        tracing::debug!(fault = %error, "A sender of mail broke off");
    }
}

async fn take(stream: &mut BufReader<TcpStream>, state: &State) -> io::Result<()> {
    say(stream, "220 localhost sandbox").await?;
    let mut to: Vec<String> = Vec::new();
    while let Some(line) = line(stream).await? {
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        let word = command.get(..4).unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => say(stream, "250-localhost\r\n250-8BITMIME\r\n250 SIZE 1048576").await?,
            "HELO" | "NOOP" => say(stream, "250 ok").await?,
            "MAIL" | "RSET" => {
                to.clear();
                say(stream, "250 ok").await?;
            }
            "RCPT" => match (state.refusal(), address(&command)) {
                (Some(status), _) => say(stream, &format!("{status} as was asked for")).await?,
                (None, Some(address)) if to.len() < RECEIVERS_MAX => {
                    to.push(address.to_owned());
                    say(stream, "250 ok").await?;
                }
                (None, _) => say(stream, "501 no such receiver").await?,
            },
            "DATA" if to.is_empty() => say(stream, "503 for whom?").await?,
            "DATA" => {
                say(stream, "354 go on").await?;
                let Some(raw) = data(stream).await? else {
                    return say(stream, "552 too long").await;
                };
                state.keep(ReceivedMail::of(std::mem::take(&mut to), &raw));
                say(stream, "250 taken").await?;
            }
            "QUIT" => return say(stream, "221 bye").await,
            _ => say(stream, "502 not here").await?,
        }
    }
    Ok(())
}

/// What stands in angle brackets.
fn address(command: &str) -> Option<&str> {
    let (_, rest) = command.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    (!address.is_empty()).then_some(address)
}

/// The lines up to the one with a dot alone; none where there are too many.
async fn data(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut raw = Vec::new();
    while let Some(line) = line(stream).await? {
        if line == b".\r\n" {
            return Ok(Some(raw));
        }
        // A dot in front was doubled by the sender.
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        if raw.len() > MESSAGE_BYTES_MAX {
            return Ok(None);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// The next line with its end; none when the connection is over.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut bounded = stream.take(LINE_BYTES_MAX);
    let read = tokio::time::timeout(SILENT_MAX, bounded.read_until(b'\n', &mut line)).await;
    read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(io::ErrorKind::InvalidData.into()),
    }
}

async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> io::Result<()> {
    stream
        .get_mut()
        .write_all(format!("{words}\r\n").as_bytes())
        .await
}
