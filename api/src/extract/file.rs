//! A body that is a file: its type by what is declared and by how it begins, its size and its time bounded.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, header};
use identity::{DOCUMENT_BYTES_MAX, DocumentMediaType};

use super::body_bytes::discard;
use crate::problem::{Code, Problem};

/// How many times as long as any other body a file may be on its way.
pub const TIMES_AS_LONG: u32 = 2;

/// The media type that the headers declare, of those that are taken.
///
/// # Errors
/// `unsupported_media_type`, which names them.
pub fn declared_type(headers: &HeaderMap) -> Result<DocumentMediaType, Problem> {
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    DocumentMediaType::parse(essence).ok_or_else(|| {
        let types = DocumentMediaType::ALL.map(DocumentMediaType::as_str).join(", ");
        let problem = Problem::new(
            Code::UnsupportedMediaType,
            format!("send the file itself, with its type in Content-Type: {types}"),
        );
        problem.in_russian(format!(
            "отправьте сам файл, указав его тип в Content-Type: {types}"
        ))
    })
}

/// The bytes of the body, at most [`DOCUMENT_BYTES_MAX`], which begin as files of this type do.
///
/// # Errors
/// `body_too_large`, `request_timeout`, `unsupported_media_type`, `malformed_json` when it breaks off.
pub async fn file_bytes(
    headers: &HeaderMap,
    body: Body,
    media_type: DocumentMediaType,
    within: Duration,
) -> Result<Bytes, Problem> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if declared.is_some_and(|length| length > DOCUMENT_BYTES_MAX) {
        discard(body, within, 2 * DOCUMENT_BYTES_MAX).await;
        return Err(too_large());
    }
    let read = collect(body, declared.unwrap_or_default(), media_type);
    tokio::time::timeout(within, read)
        .await
        .map_err(|_late| Problem::plain(Code::RequestTimeout))?
}

/// Looks at the first bytes as soon as they are there: nothing else is read of what is no such file.
async fn collect(body: Body, expected: usize, media_type: DocumentMediaType) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::with_capacity(expected);
    let mut is_known = false;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_broken| {
            let problem = Problem::new(Code::MalformedJson, "the body broke off");
            problem.in_russian("тело запроса оборвалось")
        })?;
        if whole.len() + chunk.len() > DOCUMENT_BYTES_MAX {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
        if !is_known && whole.len() >= LONGEST_BEGINNING {
            require_type(&whole, media_type)?;
            is_known = true;
        }
    }
    require_type(&whole, media_type)?;
    Ok(whole.freeze())
}

/// After so many bytes every type is known.
const LONGEST_BEGINNING: usize = 8;

fn require_type(bytes: &[u8], declared: DocumentMediaType) -> Result<(), Problem> {
    if DocumentMediaType::of_bytes(bytes) == Some(declared) {
        return Ok(());
    }
    let declared = declared.as_str();
    let problem = Problem::new(
        Code::UnsupportedMediaType,
        format!(
            "the file does not begin as {declared} does: send a whole file of the type that Content-Type names"
        ),
    );
    Err(problem.in_russian(format!(
        "файл начинается не так, как {declared}: отправьте целый файл того типа, который назван в Content-Type"
    )))
}

fn too_large() -> Problem {
    let problem = Problem::new(
        Code::BodyTooLarge,
        format!("a document has at most {DOCUMENT_BYTES_MAX} bytes"),
    );
    problem.in_russian(format!("в документе не больше {DOCUMENT_BYTES_MAX} байт"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(bytes: Vec<u8>, media_type: DocumentMediaType) -> Result<usize, Code> {
        let pieces: Vec<_> = bytes
            .chunks(100_000)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
            .collect();
        let body = Body::from_stream(futures::stream::iter(pieces));
        let read = file_bytes(&HeaderMap::new(), body, media_type, Duration::from_secs(10)).await;
        read.map(|bytes| bytes.len()).map_err(|problem| problem.code())
    }

    fn pdf(size: usize) -> Vec<u8> {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        bytes.resize(size, b' ');
        bytes
    }

    #[tokio::test]
    async fn a_file_is_taken_up_to_its_bound_and_as_what_it_is() {
        use DocumentMediaType::{Pdf, Png};
        assert_eq!(sent(pdf(DOCUMENT_BYTES_MAX), Pdf).await, Ok(DOCUMENT_BYTES_MAX));
        assert_eq!(
            sent(pdf(DOCUMENT_BYTES_MAX + 1), Pdf).await,
            Err(Code::BodyTooLarge)
        );
        assert_eq!(sent(pdf(100), Png).await, Err(Code::UnsupportedMediaType));
        assert_eq!(sent(b"%PDF".to_vec(), Pdf).await, Err(Code::UnsupportedMediaType));
        assert_eq!(sent(Vec::new(), Pdf).await, Err(Code::UnsupportedMediaType));
    }

    #[tokio::test]
    async fn a_file_that_never_ends_is_given_up() {
        let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let body = Body::from_stream(never);
        let read = file_bytes(
            &HeaderMap::new(),
            body,
            DocumentMediaType::Pdf,
            Duration::from_millis(5),
        )
        .await;
        assert_eq!(read.map_err(|problem| problem.code()), Err(Code::RequestTimeout));
    }
}
