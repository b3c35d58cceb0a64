//! A visit's personal words as JSON: to be shown, never to be logged.

use identity::PersonalField;
use identity::vault::Opened;
use serde::Serialize;
use utoipa::ToSchema;

/// Where the visit goes and why: personal words, kept in the vault.
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct DetailsView {
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Москва, ул. Тверская, 1")]
    pub address: Option<String>,
    /// Decimal degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "55.7558")]
    pub latitude: Option<String>,
    /// Decimal degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "37.6176")]
    pub longitude: Option<String>,
    /// What hurts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symptoms: Option<String>,
    /// What else the doctor should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The patient's phone; for the doctor and staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+79990000000")]
    pub phone: Option<String>,
    /// The patient's name; for the doctor and staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_name: Option<String>,
}

impl DetailsView {
    /// What the vault held.
    pub fn of(opened: &Opened) -> Self {
        let text = |name: &str| {
            opened
                .body
                .get(name)
                .and_then(|value| value.as_str())
                .map(str::to_owned)
        };
        Self {
            address: text("address"),
            latitude: text("latitude"),
            longitude: text("longitude"),
            symptoms: text("symptoms"),
            notes: text("notes"),
            phone: None,
            patient_name: None,
        }
    }

    /// Which of the patient's data it shows.
    pub fn fields(&self) -> Vec<PersonalField> {
        let shown = [
            (self.address.is_some(), PersonalField::Address),
            (
                self.latitude.is_some() || self.longitude.is_some(),
                PersonalField::Coordinates,
            ),
            (self.symptoms.is_some(), PersonalField::Symptoms),
            (self.notes.is_some(), PersonalField::Notes),
            (self.phone.is_some(), PersonalField::Phone),
            (self.patient_name.is_some(), PersonalField::Name),
        ];
        let shown = shown.into_iter().filter(|(is_shown, _)| *is_shown);
        shown.map(|(_, field)| field).collect()
    }
}

// By hand: an address in a log line would be a leak.
impl std::fmt::Debug for DetailsView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetailsView").finish_non_exhaustive()
    }
}
