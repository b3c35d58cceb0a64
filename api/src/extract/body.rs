//! Bodies: declared as JSON, bounded in size and time, read whole before anything else is looked at.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::HeaderMap;
use http::header;

use crate::extract::fields::Fields;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::problem::fault::FieldFault;

/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How much of a body that is too large is read and thrown away before the answer, in bytes.
const DISCARDED_BYTES_MAX: usize = 1024 * 1024;

/// A request that can be read from the fields of a JSON object.
pub trait FromBody: Sized {
    /// Reads every field, recording every fault; `None` only if there is at least one.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// A body without fields, for actions that say everything in their path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyBody;

impl FromBody for EmptyBody {
    fn read(_: &mut Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// The bytes of the body.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, `request_timeout`, `malformed_json` when it breaks off.
pub async fn bytes(headers: &HeaderMap, body: Body, within: Duration) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::BodyTooLarge, format!("more than {BODY_BYTES_MAX} bytes"));
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if declared.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        discard(body, within).await;
        return Err(too_large());
    }
    let collected = tokio::time::timeout(within, collect(body)).await;
    let bytes = match collected {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None)) => return Err(too_large()),
        Ok(Err(_broken)) => return Err(Problem::new(Code::MalformedJson, "the body broke off")),
        Err(_late) => return Err(Problem::plain(Code::RequestTimeout)),
    };
    if !bytes.is_empty() && !is_json(headers) {
        return Err(Problem::plain(Code::UnsupportedMediaType));
    }
    Ok(bytes)
}

/// Reads on without keeping anything: a client still writing when the connection closes would see a broken pipe in place
/// of its answer. Whoever sends far too much, or dawdles, is cut off all the same.
async fn discard(body: Body, within: Duration) {
    let mut chunks = body.into_data_stream();
    let read_out = async {
        let mut left = DISCARDED_BYTES_MAX;
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

/// Reads a request from the bytes of a body, with `others` (faults outside the body) among its faults.
///
/// # Errors
/// `malformed_json`, or `invalid` with every fault at once.
pub fn read<'a, B: FromBody>(bytes: &'a [u8], others: Vec<FieldFault>) -> Result<(B, Fields<'a>), Problem> {
    let mut fields = Fields::parse(bytes)?;
    let request = B::read(&mut fields);
    let mut faults = fields.take_faults();
    faults.extend(others);
    match request {
        Some(request) if faults.is_empty() => Ok((request, fields)),
        Some(_) | None => Err(Problem::invalid(faults)),
    }
}
