//! What providers showed and the rules could not believe: an operator's tasks, and how they are settled.

use axum::extract::{Path, State};
use commands::anomalies;
use commands::policy::MayOperate;
use domain::ids::kind;
use domain::payment::anomaly::{AnomalyKind, Resolution};
use projections::Model;
use projections::anomalies::query::{self, AnomalyFilter};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, one_of, one_of_in, truth_in};
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::{Code, Problem};
use crate::read_consistency::{self, ReadResponse};
use crate::representation::anomaly::{AnomalyView, SettledView};
use crate::representation::command_response::CommandResponse;
use crate::representation::page::PageView;

/// Which anomalies.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnomaliesQuery {
    /// Only those that wait for an operator; `true` if absent.
    #[param(value_type = Option<bool>)]
    pub open: bool,
    /// Only of this kind.
    #[param(value_type = Option<String>)]
    pub kind: Option<AnomalyKind>,
    /// Only of this payment or payout.
    pub subject_id: Option<Uuid>,
}

impl FromQuery for AnomaliesQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let open = parameters.optional("open", truth_in);
        let kinds = AnomalyKind::ALL.map(AnomalyKind::as_str).join(", ");
        let kind = parameters.optional("kind", |text| one_of_in(text, AnomalyKind::parse, &kinds));
        let subject_id = parameters.optional("subject_id", id_in::<kind::Payment>);
        Some(Self {
            open: open?.unwrap_or(true),
            kind: kind?,
            subject_id: subject_id?.map(|id| id.uuid()),
        })
    }
}

/// List anomalies
///
/// For admins: what providers showed of payments and payouts that cannot be true, the latest first. Nothing of it was believed; each waits
/// until somebody settles it.
#[utoipa::path(get, path = "/admin/anomalies", tag = "admin", security(("bearer" = [])), params(AnomaliesQuery, PageParams),
    responses((status = 200, description = "A page of anomalies", body = PageView<AnomalyView>)))]
pub async fn anomalies(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(AnomaliesQuery, PageParams)>,
    _caller: Caller<MayOperate>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<AnomalyView>>, Problem> {
    read_consistency::wait_for_position(&app, Model::Anomalies, read_after).await?;
    let filter = AnomalyFilter {
        open_only: question.open,
        kind: question.kind,
        subject_id: question.subject_id,
    };
    let page = query::page(&app.models().pool, filter, page.cursor, page.limit).await?;
    Ok(ReadResponse::of(PageView::of(page, AnomalyView::from)))
}

/// How.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"resolution": "settled_by_hand"}))]
pub struct ResolveBody {
    /// `settled_by_hand`, `provider_corrected`, `accepted` or `written_off`.
    #[schema(value_type = String, example = "settled_by_hand")]
    pub resolution: Resolution,
}

impl FromBody for ResolveBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = Resolution::ALL.map(Resolution::as_str).join(", ");
        let resolution = fields.required("resolution", one_of(Resolution::parse, words));
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
    responses((status = 200, description = "Settled", body = CommandResponse<SettledView>)))]
pub async fn resolve_anomaly(
    State(app): State<App>,
    Path((subject_id, number)): Path<(String, String)>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, ResolveBody>,
) -> Result<CommandResponse<SettledView>, Problem> {
    let not_found = || Problem::plain(Code::NotFound);
    let subject_id: Uuid = subject_id.parse().map_err(|_| not_found())?;
    let number: u32 = number.parse().map_err(|_| not_found())?;
    let done =
        anomalies::resolve_anomaly(app.services(), &metadata, subject_id, number, body.resolution).await?;
    let view = SettledView::of(&done.answer, number).ok_or_else(not_found)?;
    Ok(CommandResponse::of(done, |_, _| view))
}
