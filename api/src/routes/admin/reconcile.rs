//! Our books are to be compared with the payment providers'.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use jiff::{SignedDuration, Timestamp};
use projections::reconciliations::view::Origin;
use projections::reconciliations::{self, NewReconciliation};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::caller::Admins;
use crate::extract::command_request::AuthenticatedRequest;
use crate::extract::fields::Fields;
use crate::extract::read::instant;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::problem::fault::Wrong;
use crate::representation::reconciliation::{ReconciliationView, location};

/// The longest window that is compared at once, in days.
const DAYS_MAX: i64 = 92;

/// Which window.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}))]
pub struct ReconcileBody {
    /// From here on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Up to here, the end not included; after `from`, by 92 days at most.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
}

impl Readable for ReconcileBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let from = fields.required("from", instant);
        let to = fields.required("to", instant);
        let (from, to) = (from?, to?);
        let length = to.duration_since(from);
        if !length.is_positive() || length > SignedDuration::from_hours(24 * DAYS_MAX) {
            let words = format!("must lie after `from`, by {DAYS_MAX} days at most");
            fields.fault("to", Wrong::new("out_of_range", words));
            return None;
        }
        Some(Self { from, to })
    }
}

/// Reconcile
///
/// For admins: compares our books with the payment providers' and the payout gateway's as soon as somebody can, and answers
/// at once. What was missed is recorded, what remains is reported; `GET /admin/reconciliations/{id}` shows how far it is and
/// what was found.
#[utoipa::path(post, path = "/admin/reconciliations", tag = "admin", security(("bearer" = [])),
    request_body = ReconcileBody,
    responses(
        (status = 200, description = "It will be carried out", body = ReconciliationView),
        (status = 409, description = "`reconciliation_under_way`"),
    ))]
pub async fn reconcile(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<Admins, ReconcileBody>,
) -> Result<Response, Problem> {
    let new = NewReconciliation {
        id: None,
        origin: Origin::Admin,
        asked_by: Some(caller.id()),
        from: body.from,
        to: body.to,
    };
    match reconciliations::ask(&app.models().pool, new).await? {
        Some((row, true)) => {
            let at = [(header::LOCATION, location(row.id))];
            Ok((at, Json(ReconciliationView::from(row))).into_response())
        }
        Some((_, false)) | None => Err(Problem::plain(Code::ReconciliationUnderWay)),
    }
}
