//! An admin gives money back.

use axum::extract::State;
use commands::payments::{self, RefundPayment};
use commands::policy::MayOperate;
use domain::ids::kind;
use domain::money::{Currency, Money};
use domain::payment::events::RefundReason;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{amount, currency, one_of, truth};
use crate::extract::request::{CommandRequest, Keyed};
use crate::problem::Problem;
use crate::representation::amount::amount_schema;
use crate::representation::command_response::CommandResponse;
use crate::representation::payment::PaymentView;

/// How much, and why.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"amount": "500.00", "reason": "complaint"}))]
pub struct RefundBody {
    /// At most what is left of the charged money; a JSON number or text.
    #[schema(schema_with = amount_schema)]
    pub amount: Money,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    #[expect(dead_code, reason = "checked where it is read, and there is one")]
    pub currency: Option<Currency>,
    /// `goodwill`, `complaint` or `mistake`.
    #[schema(value_type = String, example = "complaint")]
    pub reason: RefundReason,
    /// `true` when a second refund of the same amount within a minute is meant.
    pub again: Option<bool>,
}

impl FromBody for RefundBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = RefundReason::BY_ADMIN.map(RefundReason::as_str).join(", ");
        let amount = fields.required("amount", amount);
        let currency = fields.optional("currency", currency);
        let reason = fields.required("reason", one_of(RefundReason::parse_admin, words));
        let again = fields.optional("again", truth);
        Some(Self {
            amount: amount?,
            currency: currency?,
            reason: reason?,
            again: again?,
        })
    }
}

/// Refund a payment
///
/// For admins, with a reason. What goes back of a deposit leaves the wallet at once, as far as it is still there, and is in it again
/// when the refund comes to nothing. Refunds of one payment are carried out one after another. A second one of the same amount
/// within a minute, under another key, is `refund_under_way` unless it says `again`.
#[utoipa::path(post, path = "/payments/{id}/refund", tag = "payments", security(("bearer" = [])),
    params(("id" = String, Path, description = "The payment", format = Uuid)), request_body = RefundBody,
    responses(
        (status = 200, description = "Refunded", body = CommandResponse<PaymentView>),
        (status = 409, description = "`exceeds_captured`, `refund_under_way`, `insufficient_funds`, `not_now`, `amount_out_of_range`"),
    ))]
pub async fn refund(
    State(app): State<App>,
    At(payment_id): At<kind::Payment>,
    Keyed(CommandRequest { metadata, body, .. }): Keyed<MayOperate, RefundBody>,
) -> Result<CommandResponse<PaymentView>, Problem> {
    let command = RefundPayment {
        payment_id,
        amount: body.amount,
        reason: body.reason,
        again: body.again.unwrap_or(false),
    };
    let done = payments::refund(app.services(), &metadata, command).await?;
    CommandResponse::of_state(done, |state, version| {
        PaymentView::of_state(&state.payment, version)
    })
}
