//! The answer to an accepted command: 200 with the resulting representation, and where in the log it stands.

use axum::Json;
use axum::response::{IntoResponse, Response};
use commands::CommandOutcome;
use event_store::Position;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::conditions::etag;

/// The position of an answer.
pub const TOT_POSITION: HeaderName = HeaderName::from_static("tot-position");
/// Present, and `true`, on the first outcome of an earlier, identical command.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A representation and the position it is true at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Positioned<T> {
    /// What came of the command.
    #[serde(flatten)]
    pub answer: T,
    /// The position of the command's last fact; pass it as `Read-After` to read your own write.
    #[schema(example = 42)]
    pub position: Position,
}

/// A command carried out.
pub struct Accepted<T> {
    answer: Positioned<T>,
    version: i64,
    replayed: bool,
    location: Option<String>,
}

impl<T> Accepted<T> {
    /// The answer to what was done, shown by `show`.
    pub fn of<A>(done: CommandOutcome<A>, show: impl FnOnce(A, i64) -> T) -> Self {
        let CommandOutcome {
            answer,
            position,
            version,
            replayed,
        } = done;
        let answer = Positioned {
            answer: show(answer, version),
            position,
        };
        Self {
            answer,
            version,
            replayed,
            location: None,
        }
    }

    /// The same, shown differently.
    pub fn map<U>(self, show: impl FnOnce(T) -> U) -> Accepted<U> {
        Accepted {
            answer: Positioned {
                answer: show(self.answer.answer),
                position: self.answer.position,
            },
            version: self.version,
            replayed: self.replayed,
            location: self.location,
        }
    }

    /// With the address of what was created.
    pub fn at(self, location: impl FnOnce(&T) -> String) -> Self {
        let location = Some(location(&self.answer.answer));
        Self { location, ..self }
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        let mut response = Json(&self.answer).into_response();
        let headers = response.headers_mut();
        headers.insert(TOT_POSITION, HeaderValue::from(self.answer.position));
        if let Ok(tag) = HeaderValue::try_from(etag(self.version)) {
            headers.insert(header::ETAG, tag);
        }
        if self.replayed {
            headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        if let Some(location) = self
            .location
            .and_then(|location| HeaderValue::try_from(location).ok())
        {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}
