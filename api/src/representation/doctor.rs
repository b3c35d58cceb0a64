//! Doctors' public profiles as JSON: no contacts.

use domain::booking::events::CallType;
use domain::ids::DoctorId;
use domain::price_list::list::PriceList;
use identity::DoctorProfile;
use projections::open_slots::OpenSlot;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::day::SlotView;

/// What anyone may read about a doctor.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-000000000002",
    "first_name": "Пётр",
    "last_name": "Петров",
    "specialization": "Кардиолог",
    "experience_years": 15,
    "languages": ["ru", "en"],
    "clinic_id": null,
    "clinic": null,
    "price_class": "standard",
    "zone": "Europe/Moscow",
    "accepts": true,
    "about": "Кардиолог высшей категории. Взрослые и дети.",
    "travel_km": 25,
    "distance_km": 4,
    "prices": [
        {"call_type": "scheduled", "amount": "2000.00", "currency": "RUB"},
        {"call_type": "consultation", "amount": "1500.00", "currency": "RUB"}
    ],
    "next_slot": {"starts_at": "2026-12-02T06:00:00Z", "ends_at": "2026-12-02T07:00:00Z", "date": "2026-12-02"}
}))]
pub struct DoctorView {
    /// The doctor.
    pub id: Uuid,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What the doctor practises.
    pub specialization: String,
    /// For how long.
    pub experience_years: i16,
    /// Codes of the languages spoken.
    pub languages: Vec<String>,
    /// The doctor's clinic.
    pub clinic_id: Option<Uuid>,
    /// That clinic's name.
    pub clinic: Option<String>,
    /// `standard`, `senior` or `expert`.
    #[schema(value_type = String, example = "standard")]
    pub price_class: &'static str,
    /// The IANA zone of the doctor's days.
    #[schema(example = "Europe/Moscow")]
    pub zone: String,
    /// Whether new bookings are taken.
    pub accepts: bool,
    /// What the doctor says of themselves.
    pub about: Option<String>,
    /// How far the doctor travels, in kilometres.
    pub travel_km: Option<i16>,
    /// Whole kilometres from where `near` says to about where the doctor, or their clinic, is. Where `near` is asked and a place is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<i32>,
    /// What a visit at a chosen time costs; empty while no price list is in force. For patients' lists and pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<DoctorPriceView>>,
    /// The next slot that can be booked, within 62 days. For patients' lists and pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_slot: Option<SlotView>,
}

/// What a visit with a doctor costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"call_type": "scheduled", "amount": "2000.00", "currency": "RUB"}))]
pub struct DoctorPriceView {
    /// `scheduled` or `consultation`.
    #[schema(value_type = String)]
    pub call_type: &'static str,
    /// Decimal text; send it as `amount` when booking.
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String)]
    pub currency: &'static str,
}

/// The kinds of visit that have a chosen doctor.
pub const WITH_CHOSEN_DOCTOR: [CallType; 2] = [CallType::Scheduled, CallType::Consultation];

impl DoctorView {
    /// The same with what the doctor offers: prices by the list in force, if there is one, and the next free slot.
    #[must_use]
    pub fn offering(self, list: Option<&PriceList>, next: Option<&OpenSlot>) -> Self {
        let id = DoctorId::from_uuid(self.id);
        let price = |list: &PriceList, call_type: CallType| {
            let price = list.price(call_type, Some(id), None);
            DoctorPriceView {
                call_type: call_type.as_str(),
                amount: price.decimal(),
                currency: price.currency.code(),
            }
        };
        let prices = list.map(|list| {
            WITH_CHOSEN_DOCTOR
                .map(|call_type| price(list, call_type))
                .to_vec()
        });
        Self {
            prices: Some(prices.unwrap_or_default()),
            next_slot: next.map(SlotView::from),
            ..self
        }
    }
}

impl From<&DoctorProfile> for DoctorView {
    fn from(doctor: &DoctorProfile) -> Self {
        Self {
            id: doctor.id.uuid(),
            first_name: doctor.first_name.as_str().to_owned(),
            last_name: doctor.last_name.as_str().to_owned(),
            specialization: doctor.specialization.as_str().to_owned(),
            experience_years: doctor.experience_years.years(),
            languages: doctor
                .languages
                .iter()
                .map(|language| language.as_str().to_owned())
                .collect(),
            clinic_id: doctor.clinic_id.map(|clinic| clinic.uuid()),
            clinic: doctor.clinic.clone(),
            price_class: doctor.price_class.as_str(),
            zone: doctor.zone.as_str().to_owned(),
            accepts: doctor.accepts,
            about: doctor.about.clone(),
            travel_km: doctor.travel_km,
            distance_km: doctor.metres.map(|metres| (metres + 500) / 1_000),
            prices: None,
            next_slot: None,
        }
    }
}
