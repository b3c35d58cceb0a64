//! What an endpoint was sent, and one of it once more.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::ids::{BookingId, kind};
use identity::OperatorAct;
use projections::{Cursor, List};
use utoipa::IntoParams;
use uuid::Uuid;
use webhooks::EventType;
use webhooks::catalogue::TEST;
use webhooks::endpoints::{self, DeliveriesFilter, DeliveryState};

use super::{record, scope};
use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::{At, AtPart, FromQuery, Parameters, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, one_of_in};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::page::PageView;
use crate::representation::webhook_endpoint::{DeliveryView, QueuedDeliveryView};

/// Which deliveries.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Only those in this state.
    #[param(value_type = Option<String>)]
    pub state: Option<DeliveryState>,
    /// Only events of this name.
    #[param(value_type = Option<String>)]
    pub event_type: Option<&'static str>,
    /// Only those of this booking.
    #[param(value_type = Option<Uuid>)]
    pub booking_id: Option<BookingId>,
}

/// The names that deliveries can have.
pub fn names() -> Vec<&'static str> {
    let mut names = EventType::ALL.map(EventType::as_str).to_vec();
    names.push(TEST);
    names
}

impl FromQuery for DeliveriesQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let states = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
        let state = parameters.optional("state", |text| one_of_in(text, DeliveryState::parse, &states));
        let named = |word: &str| names().into_iter().find(|name| *name == word);
        let event_type =
            parameters.optional("event_type", |text| one_of_in(text, named, &names().join(", ")));
        let booking_id = parameters.optional("booking_id", id_in);
        Some(Self {
            state: state?,
            event_type: event_type?,
            booking_id: booking_id?,
        })
    }
}

/// List deliveries
///
/// What was queued for an endpoint, the latest first, with what became of the last attempt. Deliveries that are over are kept for 30 days.
#[utoipa::path(get, path = "/webhook-endpoints/{id}/deliveries", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid), DeliveriesQuery, PageParams),
    responses((status = 200, description = "A page of deliveries", body = PageView<DeliveryView>)))]
pub async fn deliveries(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    QueryParams((question, page)): QueryParams<(DeliveriesQuery, PageParams)>,
    caller: Caller<MayKeepWebhooks>,
) -> Result<Json<PageView<DeliveryView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let after = page
        .cursor
        .map(|cursor| cursor.instant(List::Deliveries))
        .transpose()?;
    let filter = DeliveriesFilter {
        state: question.state,
        event_type: question.event_type,
        booking_id: question.booking_id.map(BookingId::uuid),
        after: after.map(|(at, id)| (at, position_of(id))),
        rows: i64::from(page.limit.rows()) + 1,
    };
    let pool = &app.webhooks()?.pool;
    let mut found = endpoints::deliveries(pool, scope(&caller), id.uuid(), &filter).await?;
    let more = found.len() > rows;
    found.truncate(rows);
    let last = found.last().filter(|_| more);
    let place = |position: i64| Uuid::from_u64_pair(0, position.cast_unsigned());
    Ok(Json(PageView {
        next: last.map(|last| Cursor::at(List::Deliveries, last.queued_at, place(last.position)).encode()),
        items: found.into_iter().map(DeliveryView::from).collect(),
    }))
}

/// A cursor's id holds the position of the last entry.
fn position_of(id: Uuid) -> i64 {
    id.as_u64_pair().1.cast_signed()
}

/// Deliver once more
///
/// As if it were new, whatever became of it: at once, under the same id. Later events of its booking that were delivered are not sent again.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/deliveries/{delivery_id}/retry", tag = "webhook_endpoints",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid),
        ("delivery_id" = String, Path, description = "The delivery", format = Uuid)),
    responses(
        (status = 200, description = "Queued", body = QueuedDeliveryView),
        (status = 409, description = "`webhook_endpoint_disabled`"),
    ))]
pub async fn retry(
    State(app): State<App>,
    AtPart(id, delivery_id): AtPart<kind::WebhookEndpoint, kind::WebhookMessage>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayKeepWebhooks, EmptyBody>,
) -> Result<Json<QueuedDeliveryView>, Problem> {
    let act = OperatorAct::RetryWebhookDelivery;
    record(&app, &caller, act, delivery_id.uuid()).await?;
    let pool = &app.webhooks()?.pool;
    endpoints::retry(pool, scope(&caller), id.uuid(), delivery_id.uuid()).await?;
    Ok(Json(QueuedDeliveryView::of(delivery_id.uuid())))
}
