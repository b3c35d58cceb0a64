//! How old an answer may be: reads wait for their read model, bounded, and say what they are true at.

use axum::Json;
use axum::response::{IntoResponse, Response};
use event_store::Position;
use event_store::freshness::{FreshnessTarget, wait_until_fresh};
use http::{HeaderName, HeaderValue, header};
use projections::freshness::{self, Freshness};
use projections::{Model, QueryError};
use serde::Serialize;
use tokio::time::Instant;

use crate::app::App;
use crate::extract::head::{ReadAfter, etag};
use crate::problem::{Code, Problem};

/// The position up to which an answer knows everything that concerns it.
pub const TOT_AS_OF: HeaderName = HeaderName::from_static("tot-as-of");

/// An answer read from a model.
pub struct ReadResponse<T> {
    /// The answer.
    pub body: T,
    /// The position it is true at, where the reading knows.
    pub as_of: Option<Position>,
    /// The version of the aggregate it shows.
    pub version: Option<i64>,
}

impl<T> ReadResponse<T> {
    /// An answer that shows no single aggregate and does not know what position it is true at.
    pub const fn of(body: T) -> Self {
        Self {
            body,
            as_of: None,
            version: None,
        }
    }
}

impl<T: Serialize> IntoResponse for ReadResponse<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if let Some(position) = self.as_of {
            response
                .headers_mut()
                .insert(TOT_AS_OF, HeaderValue::from(position));
        }
        if let Some(tag) = self
            .version
            .and_then(|version| HeaderValue::try_from(etag(version)).ok())
        {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// What a read may rely on after waiting for its model.
#[derive(Clone, Copy, Debug)]
pub struct ReadState {
    /// The position the read is true at, where that is known.
    pub as_of: Option<Position>,
    /// Whether everything that had happened when the question arrived is shown.
    freshness: Freshness,
}

impl ReadState {
    /// Whether everything that had happened when the question arrived is shown.
    pub fn is_fresh(self) -> bool {
        self.freshness == Freshness::Fresh
    }

    /// The row read, or why there is none.
    ///
    /// # Errors
    /// `not_found`; `not_fresh` while the model is behind, since the row may only not be there yet.
    pub fn found<T>(self, row: Option<T>) -> Result<T, Problem> {
        row.ok_or_else(|| {
            Problem::plain(match self.freshness {
                Freshness::Fresh => Code::NotFound,
                Freshness::Stale => Code::NotFresh,
            })
        })
    }
}

/// Waits until `model` knows everything up to the position the caller insists on.
///
/// # Errors
/// `unknown_position` beyond the end of the log, `not_fresh` when the model does not get there in time.
pub async fn wait_for_position(app: &App, model: Model, ReadAfter(after): ReadAfter) -> Result<(), Problem> {
    let Some(after) = after else { return Ok(()) };
    require_known(app, after).await?;
    match freshness::wait_read_after(app.models(), model, after).await? {
        Freshness::Fresh => Ok(()),
        Freshness::Stale => Err(Problem::plain(Code::NotFresh)),
    }
}

/// Lets `model` catch up with what happened under `partition_key`, shortly; a caller who insists on a position is given
/// longer, and not answered without it. Rows of one key come from one shard, so no other shard is waited for.
///
/// # Errors
/// As [`wait_for_position`].
pub async fn wait_for_key(
    app: &App,
    model: Model,
    partition_key: &str,
    ReadAfter(after): ReadAfter,
) -> Result<ReadState, Problem> {
    let at_most = match after {
        Some(after) => {
            require_known(app, after).await?;
            freshness::READ_AFTER_WAIT_MAX
        }
        None => freshness::SINGLE_READ_WAIT_MAX,
    };
    let shard = freshness::wait_shard(app.models(), model, partition_key, at_most).await?;
    match (shard.freshness, after) {
        (Freshness::Stale, Some(after)) if shard.as_of < after => Err(Problem::plain(Code::NotFresh)),
        (freshness, Some(_) | None) => Ok(ReadState {
            as_of: Some(shard.as_of),
            freshness,
        }),
    }
}

/// Lets the whole of `model` catch up with the log, shortly; what it has then is good enough.
///
/// # Errors
/// `unavailable`.
pub async fn wait_briefly(app: &App, model: Model) -> Result<ReadState, Problem> {
    let position = app.log().head().await?;
    let wanted = FreshnessTarget {
        model: model.name(),
        schema_version: model.schema_version(),
        shard: None,
        position,
    };
    let deadline = Instant::now() + freshness::SINGLE_READ_WAIT_MAX;
    let is_fresh = wait_until_fresh(app.log(), wanted, deadline)
        .await
        .map_err(QueryError::from)?;
    Ok(ReadState {
        as_of: None,
        freshness: if is_fresh {
            Freshness::Fresh
        } else {
            Freshness::Stale
        },
    })
}

/// Waits until `model` shows everything that had happened when the question arrived; answers where the log ended then.
///
/// # Errors
/// `not_fresh` when the model does not get there in time, `unavailable`.
pub async fn wait_for_all(app: &App, model: Model) -> Result<(Position, ReadState), Problem> {
    let position = app.log().head().await?;
    let freshness = freshness::wait_read_after(app.models(), model, position).await?;
    match freshness {
        Freshness::Fresh => Ok((
            position,
            ReadState {
                as_of: None,
                freshness,
            },
        )),
        Freshness::Stale => Err(Problem::plain(Code::NotFresh)),
    }
}

/// Checks that the log has come as far as `position`.
///
/// # Errors
/// `unknown_position`.
pub async fn require_known(app: &App, position: Position) -> Result<(), Problem> {
    let seen = *app.log().subscribe_appends().borrow();
    if position <= seen {
        return Ok(());
    }
    let head = app.log().head().await?;
    if position <= head {
        return Ok(());
    }
    Err(
        Problem::new(Code::UnknownPosition, format!("the log ends at position {head}"))
            .in_russian(format!("журнал кончается на позиции {head}")),
    )
}
