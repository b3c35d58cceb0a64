//! Payouts of a doctor or patient, or of everybody.

use axum::extract::State;
use commands::policy::MayReadPayouts;
use domain::ids::AccountId;
use domain::payout::status::PayoutStatus;
use domain::people::Role;
use projections::Model;
use projections::payouts::PayoutFilter;
use projections::payouts::query;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{id_in, one_of_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::page::PageView;
use crate::representation::payout::PayoutView;

/// Which payouts.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PayoutsQuery {
    /// Only of this doctor or patient; for admins, others see their own alone.
    #[param(value_type = Option<String>, format = Uuid)]
    pub owner_id: Option<AccountId>,
    /// Only in this status.
    #[param(value_type = Option<String>, example = "cancelled")]
    pub status: Option<PayoutStatus>,
}

impl FromQuery for PayoutsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = PayoutStatus::ALL.map(PayoutStatus::as_str).join(", ");
        let owner_id = parameters.optional("owner_id", id_in);
        let status = parameters.optional("status", |text| one_of_in(text, PayoutStatus::parse, &words));
        Some(Self {
            owner_id: owner_id?,
            status: status?,
        })
    }
}

/// List payouts
///
/// A doctor's or patient's own; all of them for admins. Newest first.
#[utoipa::path(get, path = "/payouts", tag = "payouts", security(("bearer" = [])), params(PayoutsQuery, PageParams),
    responses((status = 200, description = "A page of payouts", body = PageView<PayoutView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(PayoutsQuery, PageParams)>,
    caller: Caller<MayReadPayouts>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<PayoutView>>, Problem> {
    let PayoutsQuery { owner_id, status } = question;
    let owner = match caller.role() {
        Role::Admin => owner_id,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => Some(caller.id()),
    };
    read_consistency::wait_for_position(&app, Model::Payouts, read_after).await?;
    let filter = PayoutFilter { owner, status };
    let page = query::page(&app.models().pool, filter, page.cursor, page.limit).await?;
    Ok(ReadResponse::of(PageView::of(page, |row| {
        PayoutView::of_row(&row)
    })))
}
