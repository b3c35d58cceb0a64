//! Payments of a patient, or of everybody.

use axum::extract::State;
use commands::policy::MayReadPayments;
use domain::ids::BookingId;
use domain::payment::status::PaymentStatus;
use domain::people::Role;
use projections::Model;
use projections::payment_ledger::PaymentFilter;
use projections::payment_ledger::query;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, one_of_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::page::PageView;
use crate::representation::payment::PaymentView;

/// Which payments.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PaymentsQuery {
    /// Only of this booking.
    #[param(value_type = Option<String>, format = Uuid)]
    pub booking_id: Option<BookingId>,
    /// Only in this status.
    #[param(value_type = Option<String>, example = "completed")]
    pub status: Option<PaymentStatus>,
}

impl FromQuery for PaymentsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = PaymentStatus::ALL.map(PaymentStatus::as_str).join(", ");
        let booking_id = parameters.optional("booking_id", id_in);
        let status = parameters.optional("status", |text| one_of_in(text, PaymentStatus::parse, &words));
        Some(Self {
            booking_id: booking_id?,
            status: status?,
        })
    }
}

/// List payments
///
/// A patient's own; all of them for admins. Newest first.
#[utoipa::path(get, path = "/payments", tag = "payments", security(("bearer" = [])), params(PaymentsQuery, PageParams),
    responses((status = 200, description = "A page of payments", body = PageView<PaymentView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(PaymentsQuery, PageParams)>,
    caller: Caller<MayReadPayments>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<PaymentView>>, Problem> {
    let filter = PaymentFilter {
        booking: question.booking_id,
        status: question.status,
    };
    let PageParams { limit, cursor } = page;
    read_consistency::wait_for_position(&app, Model::PaymentLedger, read_after).await?;
    let pool = &app.models().pool;
    let page = match caller.role() {
        Role::Admin => query::payments_for_staff(pool, filter, cursor, limit).await?,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => {
            query::payments_for_patient(pool, caller.patient_id(), filter, cursor, limit).await?
        }
    };
    Ok(ReadResponse::of(PageView::of(page, |row| {
        PaymentView::of_row(&row)
    })))
}
