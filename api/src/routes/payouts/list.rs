//! Payouts of a doctor or patient, or of everybody.

use axum::extract::State;
use commands::policy::MayReadPayouts;
use domain::ids::AccountId;
use domain::payout::status::PayoutStatus;
use domain::people::Role;
use projections::payouts::PayoutFilter;
use projections::payouts::query;
use projections::{Cursor, Limit, Model};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::read::{id_in, word_in};
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
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl FromQuery for PayoutsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = PayoutStatus::ALL.map(PayoutStatus::as_str).join(", ");
        let owner_id = parameters.optional("owner_id", id_in);
        let status = parameters.optional("status", |text| word_in(text, PayoutStatus::parse, &words));
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            owner_id: owner_id?,
            status: status?,
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List payouts
///
/// A doctor's or patient's own; all of them for admins. Newest first.
#[utoipa::path(get, path = "/payouts", tag = "payouts", security(("bearer" = [])), params(PayoutsQuery),
    responses((status = 200, description = "A page of payouts", body = PageView<PayoutView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams(question): QueryParams<PayoutsQuery>,
    caller: Caller<MayReadPayouts>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<PayoutView>>, Problem> {
    let PayoutsQuery {
        owner_id,
        status,
        limit,
        cursor,
    } = question;
    let owner = match caller.role() {
        Role::Admin => owner_id,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => Some(caller.id()),
    };
    read_consistency::wait_for_position(&app, Model::Payouts, read_after).await?;
    let filter = PayoutFilter { owner, status };
    let page = query::page(&app.models().pool, filter, cursor, limit).await?;
    Ok(ReadResponse {
        body: PageView::of(page, |row| PayoutView::of_row(&row)),
        as_of: None,
        version: None,
    })
}
