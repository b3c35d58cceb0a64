//! Texts that never change while the process lives: each is compressed once, as well as can be, when somebody first takes it so.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use brotli::BrotliCompress;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use tokio::sync::OnceCell;

use crate::app::App;
use crate::compression::prefers_brotli;

/// What is named by its version may be kept for good: another one has another name.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What keeps its name when it changes may be kept for a day.
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// One text, and its media type.
pub struct StaticText {
    kind: &'static str,
    plain: Bytes,
    /// Compressed; nothing if that could not be done.
    short: OnceCell<Option<Bytes>>,
    /// What caches are told, if anything.
    kept: Option<HeaderValue>,
}

impl StaticText {
    /// A text of that media type.
    pub fn new(kind: &'static str, plain: impl Into<Bytes>) -> Self {
        Self {
            kind,
            plain: plain.into(),
            short: OnceCell::new(),
            kept: None,
        }
    }

    /// The same, which browsers may keep: its path names its version.
    #[must_use]
    pub fn for_good(self) -> Self {
        Self {
            kept: Some(FOR_GOOD),
            ..self
        }
    }

    /// The same, which browsers may keep for a day.
    #[must_use]
    pub fn for_a_day(self) -> Self {
        Self {
            kept: Some(FOR_A_DAY),
            ..self
        }
    }

    /// The route that answers with it.
    pub fn served(self) -> MethodRouter<App> {
        let text = Arc::new(self);
        get(move |headers: HeaderMap| {
            let text = Arc::clone(&text);
            async move { text.answer(&headers).await }
        })
    }

    async fn answer(&self, request: &HeaderMap) -> Response {
        let mut response = match self.short(request).await {
            Some(short) => {
                let encoded = [
                    (header::CONTENT_ENCODING, "br"),
                    (header::VARY, "accept-encoding"),
                ];
                (encoded, short).into_response()
            }
            None => self.plain.clone().into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Some(kept) = &self.kept {
            headers.insert(header::CACHE_CONTROL, kept.clone());
        }
        response
    }

    /// Compressed, if the client would rather have it so. Whoever takes another encoding gets that one from the layer around all routes.
    async fn short(&self, request: &HeaderMap) -> Option<Bytes> {
        if !prefers_brotli(request) {
            return None;
        }
        let plain = self.plain.clone();
        let compressing = || async move {
            let compressing = tokio::task::spawn_blocking(move || compressed(&plain));
            compressing.await.ok().flatten()
        };
        self.short.get_or_init(compressing).await.clone()
    }
}

/// At the best quality there is: it takes a second for a megabyte, once.
fn compressed(plain: &Bytes) -> Option<Bytes> {
    let parameters = BrotliEncoderParams {
        size_hint: plain.len(),
        ..BrotliEncoderParams::default()
    };
    let mut short = Vec::new();
    BrotliCompress(&mut &plain[..], &mut short, &parameters).ok()?;
    Some(short.into())
}
