//! Ids in the path: what is no id names nothing, so it is not found.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::ids::Id;
use http::request::Parts;

use crate::problem::Problem;
use crate::problem::code::Code;

/// The id in the path.
pub struct At<Kind>(pub Id<Kind>);

impl<S: Send + Sync, Kind> FromRequestParts<S> for At<Kind> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::plain(Code::NotFound);
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        let (_, text) = params.iter().next().ok_or_else(not_found)?;
        text.parse().map(At).map_err(|_| not_found())
    }
}
