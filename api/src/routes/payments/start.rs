//! A patient pays for a booking.

use axum::extract::State;
use commands::payments::{self, StartPayment};
use commands::policy::MayPay;
use domain::ids::BookingId;
use domain::payment::events::PaymentMethod;
use url::Url;
use utoipa::ToSchema;

use crate::app::App;
use crate::business_limits;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{id, one_of, parsed, payment_method_in, truth};
use crate::extract::request::CommandRequest;
use crate::patient_limits;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::command_response::CommandResponse;
use crate::representation::payment::PaymentView;
use crate::return_targets::{RETURN_URL_CHARS_MAX, return_url_in};
use crate::routes::payments::payment_response;

/// What is paid, and how.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69", "payment_method": "card"}))]
pub struct PayBody {
    /// The booking.
    #[schema(value_type = String, format = Uuid)]
    pub booking_id: BookingId,
    /// `card` (or `yookassa`, by the name of who takes cards), `sbp` or `wallet`.
    #[schema(value_type = String, example = "wallet")]
    pub payment_method: PaymentMethod,
    /// Pay for a second urgent call though a paid one is under way; `false` if absent.
    #[schema(required = false)]
    pub allow_overlap: Option<bool>,
    /// Where the payer comes back to: an address of an origin or app scheme that the platform allows; the platform's own page if absent.
    #[schema(value_type = Option<String>, format = "uri", max_length = 2048, example = "https://app.example/paid?visit=7")]
    pub return_url: Option<Url>,
}

impl FromBody for PayBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = "card, yookassa, sbp, wallet".to_owned();
        let booking_id = fields.required("booking_id", id);
        let payment_method = fields.required("payment_method", one_of(payment_method_in, words));
        let allow_overlap = fields.optional("allow_overlap", truth);
        let return_url = fields.optional("return_url", parsed(return_url_in, RETURN_URL_CHARS_MAX));
        if payment_method == Some(PaymentMethod::Wallet) && matches!(return_url, Some(Some(_))) {
            let stays = "is not taken for a wallet: nobody leaves the app to pay from it";
            fields.fault("return_url", FieldProblem::new("not_allowed", stays));
        }
        Some(Self {
            booking_id: booking_id?,
            payment_method: payment_method?,
            allow_overlap: allow_overlap?,
            return_url: return_url?,
        })
    }
}

/// Pay for a booking
///
/// For the booking's patient. From the wallet the money is set aside at once, and taken when the visit is over. Otherwise
/// the answer waits shortly for where the payment is confirmed; without it by then it is `checking`. An attempt before that nobody paid is
/// given up.
#[utoipa::path(post, path = "/payments", tag = "payments", security(("bearer" = [])), request_body = PayBody,
    responses(
        (status = 200, description = "Started; `Location` names the payment", body = CommandResponse<PaymentView>),
        (status = 409, description = "`insufficient_funds`, `payment_method_unavailable`, `payment_under_way`, \
            `not_now`, `too_late`, `return_url_not_allowed`, `urgent_call_under_way` unless the body allows the overlap"),
        (status = 429, description = "`rate_limited`, `too_many_payments`"),
    ))]
pub async fn start(
    State(app): State<App>,
    CommandRequest {
        metadata,
        body,
        caller,
    }: CommandRequest<MayPay, PayBody>,
) -> Result<CommandResponse<PaymentView>, Problem> {
    if caller.app.is_some() && body.payment_method == PaymentMethod::Wallet {
        let problem = Problem::new(
            Code::ForbiddenToApps,
            "an app pays from nobody's wallet: the patient does, or another method",
        );
        return Err(problem
            .in_russian("приложение не платит из кошелька: это делает пациент, или нужен другой способ"));
    }
    let return_url = app.settings().return_targets.allowed(body.return_url.as_ref())?;
    let allow = body.allow_overlap.unwrap_or(false);
    if let Some(patient) = patient_limits::patient_of(metadata.by) {
        business_limits::payment(&app, patient, body.booking_id).await?;
    }
    let turn = patient_limits::before_payment(&app, metadata.by, body.booking_id, allow).await?;
    let command = StartPayment {
        booking_id: body.booking_id,
        method: body.payment_method,
        return_url,
    };
    let done = payments::start(app.services(), &metadata, command).await;
    patient_limits::taken(turn, &done);
    let done = done?;
    payment_response(&app, done).await
}
