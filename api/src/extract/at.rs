//! Ids and dates in the path: what is none names nothing, so it is not found.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::ids::Id;
use http::request::Parts;
use jiff::civil::Date;

use crate::problem::Problem;
use crate::problem::code::Code;

/// The id in the path.
pub struct At<Kind>(pub Id<Kind>);

/// The id in the path, and the id of what belongs to it.
pub struct AtPart<Kind, Part>(pub Id<Kind>, pub Id<Part>);

/// The id in the path, and one of its dates, as in `2026-12-02`.
pub struct AtDate<Kind>(pub Id<Kind>, pub Date);

impl<S: Send + Sync, Kind> FromRequestParts<S> for At<Kind> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        id(&params, 0).map(At)
    }
}

impl<S: Send + Sync, Kind, Part> FromRequestParts<S> for AtPart<Kind, Part> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(id(&params, 0)?, id(&params, 1)?))
    }
}

impl<S: Send + Sync, Kind> FromRequestParts<S> for AtDate<Kind> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        let date = text(&params, 1)?.parse().map_err(|_| not_found())?;
        Ok(Self(id(&params, 0)?, date))
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| not_found())
}

fn text(params: &RawPathParams, place: usize) -> Result<&str, Problem> {
    params
        .iter()
        .nth(place)
        .map(|(_, text)| text)
        .ok_or_else(not_found)
}

fn id<Kind>(params: &RawPathParams, place: usize) -> Result<Id<Kind>, Problem> {
    text(params, place)?.parse().map_err(|_| not_found())
}

fn not_found() -> Problem {
    Problem::plain(Code::NotFound)
}
