//! A patient asks for a visit.

use axum::extract::State;
use commands::bookings::{self, RequestBooking};
use commands::policy::MayRequest;
use domain::booking::events::CallType;
use domain::ids::DoctorId;
use domain::money::{Currency, Money};
use jiff::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::{
    LATITUDE_MAX, LONGITUDE_MAX, amount, currency, degrees, id, instant, line, lines, one_of, truth, whole,
};
use crate::extract::request::CommandRequest;
use crate::patient_limits;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::amount::{amount_schema, degrees_schema};
use crate::representation::booking::{BookingView, booking_response};
use crate::representation::booking_links::location;
use crate::representation::command_response::CommandResponse;

/// The shortest and the longest address, in characters.
pub const ADDRESS_CHARS: (usize, usize) = (3, 500);
/// The longest complaint or note, in characters.
pub const WORDS_CHARS_MAX: usize = 2_000;

/// A booking to be requested.
pub struct BookingRequest {
    command: RequestBooking,
    allow_overlap: bool,
}

/// What a patient asks for.
#[derive(ToSchema)]
#[schema(example = json!({
    "call_type": "urgent",
    "address": "Москва, ул. Тверская, 1",
    "amount": "1500.00",
    "symptoms": "Температура 39, кашель"
}))]
#[expect(dead_code, reason = "describes the wire; BookingRequest is what is read")]
pub struct RequestBody {
    /// `urgent`, `scheduled` or `consultation`.
    #[schema(value_type = String, example = "urgent")]
    call_type: CallType,
    /// The price of the price list, as a JSON number or as text; at most two decimals, above 0, at most 10000000.00.
    #[schema(schema_with = amount_schema)]
    amount: Money,
    /// The version of the price list that the patient saw; another that is in force by now is refused as `price_changed`.
    #[schema(value_type = Option<u32>, minimum = 1)]
    price_list_version: Option<i64>,
    /// `RUB`.
    #[schema(value_type = Option<String>, example = "RUB")]
    currency: Option<Currency>,
    /// Where to; required except for a consultation.
    address: Option<String>,
    /// Decimal degrees, as a JSON number or as text.
    #[schema(schema_with = degrees_schema, required = false)]
    latitude: Option<String>,
    /// Decimal degrees, as a JSON number or as text.
    #[schema(schema_with = degrees_schema, required = false)]
    longitude: Option<String>,
    /// What hurts.
    symptoms: Option<String>,
    /// What else the doctor should know.
    notes: Option<String>,
    /// The chosen doctor; required for scheduled visits and consultations, not allowed for urgent ones.
    #[schema(value_type = Option<String>, format = Uuid)]
    doctor_id: Option<DoctorId>,
    /// The chosen time, the start of a free slot; required and not allowed as `doctor_id` is.
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Timestamp>,
    /// Book it though another visit of the patient's overlaps; `false` if absent.
    #[schema(required = false)]
    allow_overlap: Option<bool>,
}

impl FromBody for BookingRequest {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = CallType::ALL.map(CallType::as_str).join(", ");
        let call_type = fields.required("call_type", one_of(CallType::parse, words));
        let amount = fields.required("amount", amount);
        let price_list_version = fields.optional("price_list_version", whole(1, i64::from(u32::MAX)));
        let currency = fields.optional("currency", currency);
        let address = fields.optional("address", line(ADDRESS_CHARS.0, ADDRESS_CHARS.1));
        let latitude = fields.optional("latitude", degrees(LATITUDE_MAX));
        let longitude = fields.optional("longitude", degrees(LONGITUDE_MAX));
        let symptoms = fields.optional("symptoms", lines(WORDS_CHARS_MAX));
        let notes = fields.optional("notes", lines(WORDS_CHARS_MAX));
        let doctor_id = fields.optional("doctor_id", id);
        let starts_at = fields.optional("starts_at", instant);
        let allow_overlap = fields.optional("allow_overlap", truth);
        together(fields, latitude.as_ref(), longitude.as_ref());
        if let Some(call_type) = call_type {
            needs(
                fields,
                call_type,
                matches!(address, Some(None)),
                doctor_id,
                starts_at,
            );
        }
        currency?;
        let details = [
            ("address", address?),
            ("latitude", latitude?),
            ("longitude", longitude?),
            ("symptoms", symptoms?),
            ("notes", notes?),
        ];
        Some(Self {
            command: RequestBooking {
                call_type: call_type?,
                offered: amount?,
                offered_version: price_list_version?.and_then(|version| u32::try_from(version).ok()),
                doctor_id: doctor_id?,
                starts_at: starts_at?,
                details: details.into_iter().collect(),
            },
            allow_overlap: allow_overlap?.unwrap_or(false),
        })
    }
}

/// One coordinate alone is no place.
fn together(fields: &mut Fields<'_>, latitude: Option<&Option<String>>, longitude: Option<&Option<String>>) {
    let missing = || FieldProblem::new("required", "is required beside the other coordinate");
    match (latitude, longitude) {
        (Some(Some(_)), Some(None)) => fields.fault("longitude", missing()),
        (Some(None), Some(Some(_))) => fields.fault("latitude", missing()),
        (Some(_) | None, Some(_) | None) => {}
    }
}

/// Each kind of call has fields it needs and fields it cannot have. `Some(None)` is a field that is absent.
fn needs(
    fields: &mut Fields<'_>,
    call_type: CallType,
    address_absent: bool,
    doctor_id: Option<Option<DoctorId>>,
    starts_at: Option<Option<Timestamp>>,
) {
    let required = || {
        FieldProblem::new(
            "required",
            format!("is required for {} bookings", call_type.as_str()),
        )
    };
    let not_allowed = || FieldProblem::new("not_allowed", "an urgent call goes to whoever can come at once");
    if address_absent && call_type != CallType::Consultation {
        fields.fault("address", required());
    }
    let chosen = [
        ("doctor_id", doctor_id.map(|doctor_id| doctor_id.is_some())),
        ("starts_at", starts_at.map(|starts_at| starts_at.is_some())),
    ];
    for (name, there) in chosen {
        match (call_type, there) {
            (CallType::Urgent, Some(true)) => fields.fault(name, not_allowed()),
            (CallType::Scheduled | CallType::Consultation, Some(false)) => fields.fault(name, required()),
            (CallType::Urgent, Some(false))
            | (CallType::Scheduled | CallType::Consultation, Some(true))
            | (CallType::Urgent | CallType::Scheduled | CallType::Consultation, None) => {}
        }
    }
}

/// Book a doctor
///
/// For patients. An urgent call needs an address; a scheduled visit and a consultation a doctor and a free slot, which
/// is held until `pay_by`: at most three slots at a time are held unpaid. The body is checked before the token.
#[utoipa::path(post, path = "/bookings", tag = "bookings", security(("bearer" = [])), request_body = RequestBody,
    responses(
        (status = 200, description = "Booked; `Location` names the booking", body = CommandResponse<BookingView>),
        (status = 409, description = "`price_changed`, `slot_taken`, `outside_working_hours`, `in_the_past`, \
            `doctor_not_available`, `too_many_holds`, `overlaps_own_booking` unless the body allows the overlap"),
        (status = 429, description = "`rate_limited`, `too_many_bookings`"),
        (status = 503, description = "`no_price_list`: nobody published one here yet"),
    ))]
pub async fn request(
    State(app): State<App>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayRequest, BookingRequest>,
) -> Result<CommandResponse<BookingView>, Problem> {
    let BookingRequest {
        command,
        allow_overlap,
    } = body;
    let again = bookings::requested_before(&metadata);
    let turn = match (command.doctor_id, command.starts_at) {
        (Some(doctor_id), Some(starts_at)) => {
            let at = (doctor_id, starts_at);
            patient_limits::before_request(&app, metadata.by, again, at, allow_overlap).await?
        }
        // An urgent call holds no slot: one new stream, and nothing read for the first one within an hour.
        _ => patient_limits::before_urgent_call(&app, metadata.by, again).await?,
    };
    let done = bookings::request(app.services(), &metadata, command).await;
    patient_limits::taken(turn, &done);
    Ok(booking_response(done)?.at(|booking| location(&booking.id)))
}
