//! What a doctor attached to an application, as JSON; and the file itself.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::{Stream, stream};
use http::header;
use identity::{ApplicationDocument, DocumentKind, DocumentMediaType, IdentityError};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::places::Place;
use crate::representation::timestamp::shown;

/// A document, without its bytes.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-00000000000d",
    "kind": "licence",
    "media_type": "application/pdf",
    "size_bytes": 183_204,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "attached_at": "2026-12-01T09:10:00Z"
}))]
pub struct DocumentView {
    /// The document.
    pub id: Uuid,
    /// `diploma`, `licence` or `identity_proof`.
    #[schema(value_type = String, example = "licence")]
    pub kind: &'static str,
    /// `application/pdf`, `image/jpeg` or `image/png`.
    #[schema(value_type = String, example = "application/pdf")]
    pub media_type: &'static str,
    /// How long it is.
    pub size_bytes: u32,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
    /// When it was attached.
    #[schema(value_type = String, format = DateTime)]
    pub attached_at: Timestamp,
}

impl From<&ApplicationDocument> for DocumentView {
    fn from(document: &ApplicationDocument) -> Self {
        Self {
            id: document.id.uuid(),
            kind: document.kind.as_str(),
            media_type: document.media_type.as_str(),
            size_bytes: document.size_bytes,
            sha256: hex::encode(document.sha256),
            attached_at: shown(document.attached_at),
        }
    }
}

/// The words of what documents show.
pub fn kinds() -> Vec<&'static str> {
    DocumentKind::ALL.map(DocumentKind::as_str).to_vec()
}

/// The names of what their bytes are.
pub fn media_types() -> Vec<&'static str> {
    DocumentMediaType::ALL.map(DocumentMediaType::as_str).to_vec()
}

/// Why a file ends before its end.
#[derive(Debug, thiserror::Error)]
enum CutOff {
    /// It was removed, or its owner erased, while it was sent.
    #[error("the document is gone")]
    Gone,
    #[error("the document could not be read")]
    Unreadable(#[source] IdentityError),
}

/// The file: to be saved and not shown, whatever is in it. One piece of it is in memory at a time.
pub fn file(app: App, document: ApplicationDocument, place: Place) -> Response {
    let name = format!(
        "attachment; filename=\"{}.{}\"",
        document.kind.as_str(),
        document.media_type.ending()
    );
    let headers = [
        (header::CONTENT_TYPE, document.media_type.as_str().to_owned()),
        (header::CONTENT_LENGTH, document.size_bytes.to_string()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, Body::from_stream(pieces(app, document, place))).into_response()
}

fn pieces(
    app: App,
    document: ApplicationDocument,
    place: Place,
) -> impl Stream<Item = Result<Bytes, CutOff>> {
    let from = (app, document, place, 0_u32);
    stream::try_unfold(from, |(app, document, place, next)| async move {
        if next >= document.pieces() {
            return Ok(None);
        }
        let piece = app.people().document_piece(&document, next).await;
        let piece = piece.map_err(CutOff::Unreadable)?.ok_or(CutOff::Gone)?;
        let piece = Bytes::copy_from_slice(&piece);
        Ok::<_, CutOff>(Some((piece, (app, document, place, next + 1))))
    })
}
