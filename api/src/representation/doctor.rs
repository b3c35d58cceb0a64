//! Doctors' public profiles as JSON: no contacts.

use identity::{DoctorPage, DoctorProfile};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::page::PageView;

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
    "accepts": true
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
        }
    }
}

impl From<&DoctorPage> for PageView<DoctorView> {
    fn from(page: &DoctorPage) -> Self {
        Self {
            items: page.items.iter().map(DoctorView::from).collect(),
            next: page.next.map(|after| after.to_string()),
        }
    }
}
