//! Whoever opens a live stream: by an access token, as everywhere, or by a ticket in the query, because a browser's `EventSource` sends no
//! header; and where the stream goes on, by a header or in the query for the same reason.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use commands::policy::Permission;
use event_store::Position;
use http::header;
use http::request::Parts;
use identity::{Access, StreamTicket};
use secrecy::{ExposeSecret, SecretString};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::bearer::bearer;
use crate::extract::head::{FromQuery, LastEventId, Parameters};
use crate::extract::request::Caller;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::routes::live::{Session, Watched};
use crate::security_events::origin::RequestOrigin;

/// What a stream is asked with.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// In place of an access token: a ticket of `POST /auth/stream-tickets` for this stream. It works once, within a minute.
    #[param(value_type = Option<String>, example = "totk_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs")]
    pub ticket: Option<SecretString>,
    /// In place of `Last-Event-ID`, which counts more: the position of the last event seen.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub last_event_id: Option<Position>,
}

impl FromQuery for StreamQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let ticket = parameters.text("ticket");
        let last_event_id = parameters.optional("last_event_id", |text| {
            let position = text.parse::<Position>().ok().filter(|position| *position >= 0);
            position.ok_or_else(|| FieldProblem::new("not_a_position", "must be a position, such as 42"))
        });
        Some(Self {
            ticket: ticket?.map(SecretString::from),
            last_event_id: last_event_id?,
        })
    }
}

impl StreamQuery {
    /// Where the stream goes on. The header is newer: a browser repeats the query of its first attempt.
    pub fn last_seen(&self, LastEventId(header): LastEventId) -> Option<Position> {
        header.or(self.last_event_id)
    }
}

/// Somebody who would open a live stream, in one of the roles of `P`.
#[derive(Debug)]
pub struct Watcher<P> {
    /// What the access token is good for, if there is one.
    access: Option<Access>,
    /// Where the request comes from.
    origin: RequestOrigin,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> FromRequestParts<App> for Watcher<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let access = match parts.headers.contains_key(header::AUTHORIZATION) {
            true => Some(app.people().access(bearer(parts)?, app.now())?),
            false => None,
        };
        Ok(Self {
            access,
            origin: RequestOrigin::of_parts(parts, app),
            permission: PhantomData,
        })
    }
}

impl<P: Permission> Watcher<P> {
    /// Lets them in to this stream; a ticket is used up by it.
    ///
    /// # Errors
    /// `token_missing`, `invalid_ticket`, `forbidden`; `invalid` where there is a ticket beside a token: which of the two counts would be
    /// a guess.
    pub async fn admit(
        self,
        app: &App,
        query: &StreamQuery,
        stream: &Watched,
    ) -> Result<(Caller<P>, Session), Problem> {
        let access = match (self.access, &query.ticket) {
            (Some(access), None) => access,
            (None, Some(ticket)) => {
                let ticket = StreamTicket::parse(ticket.expose_secret())?;
                app.people()
                    .redeem_stream_ticket(&ticket, &stream.key(), app.now())
                    .await?
            }
            (None, None) => return Err(Problem::plain(Code::TokenMissing)),
            (Some(_), Some(_)) => {
                let wrong = FieldProblem::new("not_allowed", "is not taken beside an access token");
                return Err(Problem::invalid(vec![wrong.at("/query/ticket")]));
            }
        };
        Ok((Caller::admitted(access, self.origin)?, access.into()))
    }
}
