//! The bytes of a body, bounded in size and time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, header};

use crate::problem::{Code, Problem};

/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How much of a body that is too large is read and thrown away before the answer, in bytes.
const DISCARDED_BYTES_MAX: usize = 1024 * 1024;

/// The bytes of the body.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, `request_timeout`, `malformed_json` when it breaks off.
pub async fn body_bytes(headers: &HeaderMap, body: Body, within: Duration) -> Result<Bytes, Problem> {
    let bytes = form_bytes(headers, body, within).await?;
    if !bytes.is_empty() && !is_json(headers) {
        return Err(Problem::plain(Code::UnsupportedMediaType));
    }
    Ok(bytes)
}

/// The same, whatever its media type is.
///
/// # Errors
/// `body_too_large`, `request_timeout`, `malformed_json` when it breaks off.
pub async fn form_bytes(headers: &HeaderMap, body: Body, within: Duration) -> Result<Bytes, Problem> {
    let too_large = || {
        let problem = Problem::new(Code::BodyTooLarge, format!("more than {BODY_BYTES_MAX} bytes"));
        problem.in_russian(format!("больше {BODY_BYTES_MAX} байт"))
    };
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if declared.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        discard(body, within, DISCARDED_BYTES_MAX).await;
        return Err(too_large());
    }
    let collected = tokio::time::timeout(within, collect(body)).await;
    match collected {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(_broken)) => {
            let problem = Problem::new(Code::MalformedJson, "the body broke off");
            Err(problem.in_russian("тело запроса оборвалось"))
        }
        Err(_late) => Err(Problem::plain(Code::RequestTimeout)),
    }
}

/// Reads on without keeping anything: a client still writing when the connection closes would see a broken pipe in place
/// of its answer. Whoever sends far too much, or dawdles, is cut off all the same.
pub(super) async fn discard(body: Body, within: Duration, most: usize) {
    let mut chunks = body.into_data_stream();
    let read_out = async {
        let mut left = most;
        while let Some(Ok(chunk)) = chunks.next().await {
            match left.checked_sub(chunk.len()) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    // Late or not, the answer is the same.
    drop(tokio::time::timeout(within, read_out).await);
}

/// The body's bytes, or nothing if there are too many.
async fn collect(body: Body) -> Result<Option<Bytes>, axum::Error> {
    let mut chunks = body.into_data_stream();
    let Some(first) = chunks.next().await.transpose()? else {
        return Ok(Some(Bytes::new()));
    };
    if first.len() > BODY_BYTES_MAX {
        return Ok(None);
    }
    // Nearly every body comes in one piece: it is not copied.
    let Some(second) = chunks.next().await.transpose()? else {
        return Ok(Some(first));
    };
    let mut whole = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if whole.len() + chunk.len() > BODY_BYTES_MAX {
            return Ok(None);
        }
        whole.extend_from_slice(&chunk);
        next = chunks.next().await.transpose()?;
    }
    Ok(Some(whole.freeze()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(declared) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = declared.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
