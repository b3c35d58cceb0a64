//! The whole causal chain of a booking, for admins.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::kind;
use event_store::AsOf;
use history::Extent;
use history::view::{ChainView, VersionDifferenceView};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{At, FromQuery, Parameters, QueryParams};
use crate::extract::read::{as_of_in, version_in};
use crate::extract::request::Caller;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};

/// As of when, and between which versions.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChainQuery {
    /// A version of the booking (`3`), a position of the log (`@42`) or an instant (`2026-12-01T09:30:00Z`), included; now if
    /// absent.
    #[param(value_type = Option<String>, example = "3")]
    pub as_of: AsOf,
    /// Together with `to_version`: in what the booking's state differs between the two. 0 is before it was asked for.
    #[param(value_type = Option<i64>, minimum = 0, example = 1)]
    pub from_version: Option<i64>,
    /// Together with `from_version`.
    #[param(value_type = Option<i64>, minimum = 0, example = 3)]
    pub to_version: Option<i64>,
}

impl FromQuery for ChainQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let as_of = parameters.optional("as_of", as_of_in);
        let from_version = parameters.optional("from_version", version_in);
        let to_version = parameters.optional("to_version", version_in);
        let (as_of, from_version, to_version) = (as_of?, from_version?, to_version?);
        if from_version.is_some() != to_version.is_some() {
            let missing = if from_version.is_some() {
                "to_version"
            } else {
                "from_version"
            };
            parameters.fault(
                missing,
                FieldProblem::new("required", "`from_version` and `to_version` go together"),
            );
            return None;
        }
        Some(Self {
            as_of: as_of.unwrap_or(AsOf::Head),
            from_version,
            to_version,
        })
    }
}

/// Read the whole history of a booking
///
/// For admins: every fact of the booking and its payments, and of whatever else was decided with them or followed from them
/// (the doctor's days, wallets, other bookings), each with who acted, from which command, what led to it, what it led to, a
/// sentence of English and Russian, and what it changed; and the payouts of what the visit earned. At most a thousand facts; `truncated` says if there were, or may have been, more.
#[utoipa::path(get, path = "/admin/bookings/{id}/history", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid), ChainQuery),
    responses((status = 200, description = "The causal chain, oldest first", body = ChainView)))]
pub async fn booking_history(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    QueryParams(question): QueryParams<ChainQuery>,
    caller: Caller<MayOperate>,
) -> Result<Json<ChainView>, Problem> {
    let chain = history::load(app.log(), booking_id, question.as_of).await?;
    let Some(chain) = chain else {
        return Err(not_then(&app, "booking", &booking_id.to_string()).await?);
    };
    let difference = match (question.from_version, question.to_version) {
        (Some(from), Some(to)) => match VersionDifferenceView::between(&chain, from, to) {
            Some(found) => Some(found),
            None => return Err(not_then(&app, "booking", &booking_id.to_string()).await?),
        },
        (Some(_), None) | (None, Some(_) | None) => None,
    };
    let names = app
        .people()
        .names_for(&caller.actor(), booking_id, chain.actors())
        .await?;
    Ok(Json(ChainView::of(chain, &names, difference)))
}

/// Why there is nothing to be shown of a stream: it has no facts, or none as of the moment that was asked for; then from where to where
/// they reach. For admins alone, who see every stream.
pub async fn not_then(app: &App, kind: &str, id: &str) -> Result<Problem, Problem> {
    let extent = Extent::of_stream(app.log(), kind, id).await?;
    Ok(match extent {
        Some(extent) => Problem::new(
            Code::NotFound,
            format!(
                "there is no such version or moment of this {kind}: {extent}; version 0 is before the first"
            ),
        )
        .in_russian(format!(
            "такой версии или такого времени у этого потока ({kind}) нет: {}; версия 0 раньше первой",
            extent.in_russian()
        )),
        None => Problem::plain(Code::NotFound),
    })
}
