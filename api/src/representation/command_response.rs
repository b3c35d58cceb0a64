//! The answer to a command: 200 with the resulting representation, and where in the log it stands.

use axum::Json;
use axum::response::{IntoResponse, Response};
use commands::CommandOutcome;
use event_store::Position;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::head::etag;
use crate::problem::Problem;

/// The position of an answer.
pub const TOT_POSITION: HeaderName = HeaderName::from_static("tot-position");
/// Present, and `true`, on the first outcome of an earlier, identical command.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A representation and the position it is true at.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Positioned)]
pub struct CommandResponse<T> {
    /// What came of the command.
    #[serde(flatten)]
    pub answer: T,
    /// The position of the command's last fact; pass it as `Read-After` to read your own write.
    #[schema(value_type = i64, example = 42)]
    pub position: Position,
    #[serde(skip)]
    version: i64,
    #[serde(skip)]
    replayed: bool,
    #[serde(skip)]
    location: Option<String>,
}

impl<T> CommandResponse<T> {
    /// The answer to what was done, shown by `show` with the version it is at.
    pub fn of<A>(outcome: CommandOutcome<A>, show: impl FnOnce(A, i64) -> T) -> Self {
        Self {
            answer: show(outcome.answer, outcome.version),
            position: outcome.position,
            version: outcome.version,
            replayed: outcome.replayed,
            location: None,
        }
    }

    /// The same, where a state need not have anything to show: after a command it has.
    ///
    /// # Errors
    /// `internal` if it has not.
    pub fn of_state<A>(
        outcome: CommandOutcome<A>,
        show: impl FnOnce(&A, i64) -> Option<T>,
    ) -> Result<Self, Problem> {
        let view =
            show(&outcome.answer, outcome.version).ok_or_else(|| Problem::internal(&NothingDecided))?;
        Ok(Self::of(outcome, |_, _| view))
    }

    /// With the address of what was created.
    #[must_use]
    pub fn at(self, location: impl FnOnce(&T) -> String) -> Self {
        let location = Some(location(&self.answer));
        Self { location, ..self }
    }
}

/// A command was carried out and left nothing behind: cannot be.
#[derive(Debug, thiserror::Error)]
#[error("a command was carried out and left nothing to show")]
struct NothingDecided;

impl<T: Serialize> IntoResponse for CommandResponse<T> {
    fn into_response(self) -> Response {
        let mut response = Json(&self).into_response();
        let headers = response.headers_mut();
        headers.insert(TOT_POSITION, HeaderValue::from(self.position));
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
