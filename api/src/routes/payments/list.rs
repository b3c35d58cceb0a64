//! Payments of a patient, or of everybody.

use axum::extract::State;
use commands::policy::MayReadPayments;
use domain::ids::{BookingId, PatientId};
use domain::payment::status::PaymentStatus;
use domain::people::Role;
use projections::Model;
use projections::payment_ledger::query;
use projections::payment_ledger::{PaymentFilter, PaymentSort};
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
    /// Only of this patient.
    #[param(value_type = Option<String>, format = Uuid)]
    pub patient_id: Option<PatientId>,
    /// Only of this booking.
    #[param(value_type = Option<String>, format = Uuid)]
    pub booking_id: Option<BookingId>,
    /// Only in one of these statuses: repeated, or separated by commas.
    #[param(value_type = Option<Vec<String>>, example = json!(["completed"]))]
    pub status: Vec<PaymentStatus>,
    /// `created_at`, the oldest first, or `-created_at`, the newest first, which it is if absent. A cursor goes on in its own order.
    #[param(value_type = Option<String>, example = "-created_at")]
    pub sort: PaymentSort,
}

impl FromQuery for PaymentsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = PaymentStatus::ALL.map(PaymentStatus::as_str).join(", ");
        let sorts = PaymentSort::ALL.map(PaymentSort::as_str).join(", ");
        let patient_id = parameters.optional("patient_id", id_in);
        let booking_id = parameters.optional("booking_id", id_in);
        let status = parameters.several("status", |text| one_of_in(text, PaymentStatus::parse, &words));
        let sort = parameters.optional("sort", |text| one_of_in(text, PaymentSort::parse, &sorts));
        Some(Self {
            patient_id: patient_id?,
            booking_id: booking_id?,
            status: status?,
            sort: sort?.unwrap_or_default(),
        })
    }
}

/// List payments
///
/// A patient's own; all of them for admins. Newest first, unless sorted otherwise.
#[utoipa::path(get, path = "/payments", tag = "payments", security(("bearer" = [])), params(PaymentsQuery, PageParams),
    responses((status = 200, description = "A page of payments", body = PageView<PaymentView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(PaymentsQuery, PageParams)>,
    caller: Caller<MayReadPayments>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<PaymentView>>, Problem> {
    let filter = PaymentFilter {
        patient: question.patient_id,
        booking: question.booking_id,
        statuses: question.status,
        sort: question.sort,
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
