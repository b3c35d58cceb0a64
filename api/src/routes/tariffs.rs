//! What a visit costs.

use axum::Json;
use axum::extract::State;
use domain::booking::events::CallType;
use domain::ids::DoctorId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::extract::read::{id_in, instant_in, word_in};

/// What is asked for.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TariffQuestion {
    /// `urgent`, `scheduled` or `consultation`; all of them if absent.
    #[param(value_type = Option<String>, example = "urgent")]
    pub call_type: Option<CallType>,
    /// The doctor.
    #[param(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// The time of the visit.
    #[param(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
}

impl Question for TariffQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = CallType::ALL.map(CallType::as_str).join(", ");
        let call_type = parameters.optional("call_type", |text| word_in(text, CallType::parse, &words));
        let doctor_id = parameters.optional("doctor_id", id_in);
        let starts_at = parameters.optional("starts_at", instant_in);
        Some(Self {
            call_type: call_type?,
            doctor_id: doctor_id?,
            starts_at: starts_at?,
        })
    }
}

/// The prices of one version of the tariff.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"version": 1, "items": [{"call_type": "urgent", "amount": "1500.00", "currency": "RUB"}]}))]
pub struct TariffView {
    /// The tariff's version; bookings pin it.
    pub version: u32,
    /// The prices asked for.
    pub items: Vec<PriceView>,
}

/// One price.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceView {
    /// What for.
    #[schema(value_type = String)]
    pub call_type: &'static str,
    /// Decimal text; send it as `amount` when booking.
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String)]
    pub currency: &'static str,
}

/// Read the tariff
///
/// For anyone: the price of each kind of visit, for the doctor and time asked about.
#[utoipa::path(get, path = "/tariffs", tag = "tariffs", params(TariffQuestion), responses(
    (status = 200, description = "The prices", body = TariffView),
))]
pub async fn tariffs(State(app): State<App>, Ask(question): Ask<TariffQuestion>) -> Json<TariffView> {
    let tariff = &app.house().policies.tariff;
    let items = CallType::ALL
        .into_iter()
        .filter(|call_type| question.call_type.is_none_or(|asked| asked == *call_type))
        .map(|call_type| {
            let price = tariff.price(call_type, question.doctor_id, question.starts_at);
            PriceView {
                call_type: call_type.as_str(),
                amount: price.decimal(),
                currency: price.currency.code(),
            }
        })
        .collect();
    Json(TariffView {
        version: tariff.version,
        items,
    })
}
