//! Views of the analysts' schema, and the log, as files: read as fast as the client takes them.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use commands::policy::{MayExport, MayOperate, Permission};
use exports::{Export, ExportError, Format, Part, Position, Source};
use futures::{Stream, stream};
use http::header;
use identity::{AuditTarget, OperatorAct};
use tokio::time::{Instant, sleep_until};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::read::one_of_in;
use crate::extract::request::Caller;
use crate::places::Place;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::routes::live::Session;
use crate::security_events::record_act;

/// How long an export lasts at most: as long as an access token. No statement of it lasts longer either.
const EXPORT_WITHIN: Duration = Duration::from_secs(15 * 60);

/// How, and from where on.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv`, `jsonl` or `parquet`; `csv` if absent.
    #[param(value_type = Option<String>, example = "parquet")]
    pub format: Format,
    /// Of `events` alone: from this position on. An export that was cut off goes on behind the last position that came whole; what
    /// comes then begins with a header again, if it is CSV.
    #[param(value_type = Option<i64>, minimum = 1)]
    pub from_position: Option<Position>,
}

impl FromQuery for ExportQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let format = parameters.optional("format", |text| one_of_in(text, Format::parse, &Format::names()));
        let from_position = parameters.optional("from_position", |text| {
            let position = text.parse::<Position>().ok().filter(|position| *position >= 1);
            position.ok_or_else(|| FieldProblem::new("not_a_position", "must be a position, such as 42"))
        });
        Some(Self {
            format: format?.unwrap_or(Format::Csv),
            from_position: from_position?,
        })
    }
}

/// Export a view or the log
///
/// For analysts and admins: a view of the schema `analytics`, whole, as it is now; for admins `events`, the log by position up to
/// where it ends now. Decimals are exact (strings in JSON Lines), times are UTC. A body that ends without its proper end was cut off:
/// `events` go on with `from_position`, a view begins anew. An export ends with its access token and lasts fifteen minutes at most;
/// an account has two at once, a process four.
#[utoipa::path(get, path = "/exports/{name}", tag = "exports", security(("bearer" = [])),
    params(("name" = String, Path, description = "A view of the schema `analytics`, or `events`", example = "bookings"), ExportQuery),
    responses((status = 200, description = "The file", content(
        (String = "text/csv", example = "position,recorded_at,event_type\n42,2026-12-01T10:00:00.000000Z,BookingRequested\n"),
        (String = "application/x-ndjson", example = "{\"amount\":\"1500.00\"}\n"),
        (String = "application/vnd.apache.parquet", example = "PAR1…PAR1"),
    ))))]
pub async fn export(
    State(app): State<App>,
    Path(name): Path<String>,
    QueryParams(question): QueryParams<ExportQuery>,
    caller: Caller<MayExport>,
    session: Session,
) -> Result<Response, Problem> {
    let source = Source::parse(&name).ok_or_else(|| {
        let names = Source::names();
        let problem = Problem::new(
            Code::NotFound,
            format!("there is no such export; there are {names}"),
        );
        problem.in_russian(format!("такой выгрузки нет; есть {names}"))
    })?;
    if source == Source::Events && !MayOperate::RULE.admits(caller.role()) {
        let problem = Problem::new(Code::Forbidden, "the log is for admins");
        return Err(problem.in_russian("журнал доступен администраторам"));
    }
    let place = app.export_places().take(caller.id(), caller.role())?;
    let target = AuditTarget::new("export", source.name());
    record_act(&app, &caller, OperatorAct::Export, target).await?;
    let format = question.format;
    let part = question.from_position.map_or(Part::All, Part::From);
    let export = Export::open(&app.models().pool, source, format, part, EXPORT_WITHIN).await?;
    let file = format!("attachment; filename=\"{}.{}\"", source.name(), format.name());
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    let under_way = UnderWay {
        export,
        source,
        app,
        session,
        ends_at: Instant::now() + EXPORT_WITHIN,
        _place: place,
    };
    Ok((headers, Body::from_stream(pieces(under_way))).into_response())
}

struct UnderWay {
    export: Export,
    source: Source,
    app: App,
    session: Session,
    ends_at: Instant,
    _place: Place,
}

/// Why a body ends without its proper end.
#[derive(Debug, thiserror::Error)]
enum CutOff {
    #[error("the process stops")]
    Stopping,
    #[error("it took too long")]
    TooLong,
    #[error("the session is over")]
    SessionOver,
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// The file; asked for its next piece when the client has taken the one before.
fn pieces(under_way: UnderWay) -> impl Stream<Item = Result<Bytes, CutOff>> {
    stream::try_unfold(under_way, |mut under_way| async move {
        match under_way.next().await {
            Ok(Some(bytes)) => Ok(Some((bytes, under_way))),
            Ok(None) => Ok(None),
            Err(error) => {
                let fault: &dyn std::error::Error = &error;
                tracing::warn!(
                    export.name = under_way.source.name(),
                    fault,
                    "An export was cut off"
                );
                Err(error)
            }
        }
    })
}

impl UnderWay {
    async fn next(&mut self) -> Result<Option<Bytes>, CutOff> {
        if !self.session.stands(&self.app) {
            return Err(CutOff::SessionOver);
        }
        let stopping = self.app.stopping();
        let piece = tokio::select! {
            piece = self.export.next() => piece?,
            () = stopping.cancelled() => return Err(CutOff::Stopping),
            () = sleep_until(self.ends_at) => return Err(CutOff::TooLong),
        };
        Ok(piece.map(|piece| piece.bytes))
    }
}
