//! An operator settles what a provider showed and the rules could not believe.

use axum::extract::{Path, State};
use commands::anomalies::{self, ResolveAnomaly};
use domain::payment::anomaly::Resolution;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::body::Readable;
use crate::extract::caller::Admins;
use crate::extract::command_request::CommandRequest;
use crate::extract::fields::Fields;
use crate::extract::read::word;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::anomaly::SettledView;

/// How.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"resolution": "settled_by_hand"}))]
pub struct ResolveBody {
    /// `settled_by_hand`, `provider_corrected`, `accepted` or `written_off`.
    #[schema(value_type = String, example = "settled_by_hand")]
    pub resolution: Resolution,
}

impl Readable for ResolveBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = Resolution::ALL.map(Resolution::as_str).join(", ");
        let resolution = fields.required("resolution", word(Resolution::parse, words));
        Some(Self {
            resolution: resolution?,
        })
    }
}

/// Settle an anomaly
///
/// For admins: says how it was settled; a fact of the payment or payout records it. The first word counts: settling it again changes
/// nothing and answers what was said first.
#[utoipa::path(post, path = "/admin/anomalies/{subject_id}/{number}/resolve", tag = "admin",
    security(("bearer" = [])),
    params(
        ("subject_id" = String, Path, description = "The payment or payout", format = Uuid),
        ("number" = u32, Path, description = "The anomaly's number within its subject", example = 1),
    ),
    request_body = ResolveBody,
    responses((status = 200, description = "Settled", body = Positioned<SettledView>)))]
pub async fn resolve_anomaly(
    State(app): State<App>,
    Path((subject_id, number)): Path<(String, String)>,
    CommandRequest { asked, body, .. }: CommandRequest<Admins, ResolveBody>,
) -> Result<Accepted<SettledView>, Problem> {
    let not_found = || Problem::plain(Code::NotFound);
    let subject_id: Uuid = subject_id.parse().map_err(|_| not_found())?;
    let number: u32 = number.parse().map_err(|_| not_found())?;
    let command = ResolveAnomaly {
        subject_id,
        number,
        resolution: body.resolution,
    };
    let done = anomalies::resolve_anomaly(app.services(), &asked, command).await?;
    let view = SettledView::of(&done.answer, number).ok_or_else(not_found)?;
    Ok(Accepted::of(done, |_, _| view))
}
