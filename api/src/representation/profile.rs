//! Public profiles as JSON: as their owners read them, and clinics as anyone does.

use identity::{BasePoint, ClinicProfile, OwnProfile};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a doctor or a clinic says of themselves; what is the other role's is null.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "about": "Кардиолог высшей категории. Взрослые и дети.",
    "base_point": "55.76,37.62",
    "travel_km": 25,
    "specialization": "Кардиолог",
    "experience_years": 15,
    "languages": ["ru", "en"],
    "clinic_name": null,
    "address": null,
    "public_phone": null
}))]
pub struct OwnProfileView {
    /// What you say of yourselves.
    pub about: Option<String>,
    /// From where distances to you are counted: rounded to about a kilometre, as it is kept.
    pub base_point: Option<String>,
    /// How far you travel, in kilometres.
    pub travel_km: Option<i16>,
    /// What you practise.
    pub specialization: Option<String>,
    /// For how long.
    pub experience_years: Option<i16>,
    /// Codes of the languages you speak.
    pub languages: Option<Vec<String>>,
    /// What the clinic is called.
    pub clinic_name: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// Under which number everybody calls it.
    pub public_phone: Option<String>,
}

/// What anyone may read about a clinic.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-000000000003",
    "name": "Клиника у моря",
    "about": "Терапевты и кардиологи на дом.",
    "address": "Москва, ул. Ленина, 1",
    "base_point": "55.76,37.62",
    "public_phone": "+74950000000"
}))]
pub struct ClinicView {
    /// The clinic.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What it says of itself.
    pub about: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// About where that is on the map: latitude and longitude.
    pub base_point: Option<String>,
    /// Under which number everybody calls it.
    pub public_phone: Option<String>,
}

impl From<&OwnProfile> for OwnProfileView {
    fn from(profile: &OwnProfile) -> Self {
        Self {
            about: profile.about.clone(),
            base_point: profile.base_point.map(BasePoint::degrees),
            travel_km: profile.travel_km,
            specialization: profile.specialization.clone(),
            experience_years: profile.experience_years,
            languages: profile.languages.clone(),
            clinic_name: profile.clinic_name.clone(),
            address: profile.address.clone(),
            public_phone: profile.public_phone.clone(),
        }
    }
}

impl From<&ClinicProfile> for ClinicView {
    fn from(clinic: &ClinicProfile) -> Self {
        Self {
            id: clinic.id.uuid(),
            name: clinic.name.clone(),
            about: clinic.about.clone(),
            address: clinic.address.clone(),
            base_point: clinic.base_point.map(BasePoint::degrees),
            public_phone: clinic.public_phone.clone(),
        }
    }
}
