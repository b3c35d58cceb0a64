//! A doctor's application as JSON, to the doctor and to admins.

use commands::accounts::{ApplicationStatus, DoctorApplication};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::representation::document::DocumentView;
use crate::representation::timestamp::shown;

/// How a doctor's application stands.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "refused",
    "refused_reason": "licence_not_found",
    "suspended_reason": null,
    "note": "Реестр не знает такого номера",
    "licence_number": "Л041-01137-77/00123456",
    "licence_issued_by": "Департамент здравоохранения Москвы",
    "valid_until": "2029-12-01",
    "applied_at": "2026-12-01T09:00:00Z",
    "documents": []
}))]
pub struct ApplicationView {
    /// `not_applied`, `applied`, `verified`, `refused` or `suspended`; patients are offered the verified alone.
    #[schema(value_type = String, example = "refused")]
    pub status: &'static str,
    /// Why it was refused: `licence_not_found`, `licence_expired`, `licence_of_another`, `documents_missing` or `other`.
    #[schema(value_type = Option<String>, example = "licence_not_found")]
    pub refused_reason: Option<&'static str>,
    /// Why the doctor is suspended: `documents_missing`, `accreditation_expired`, `accreditation_withdrawn` or `other`.
    #[schema(value_type = Option<String>, example = "accreditation_expired")]
    pub suspended_reason: Option<&'static str>,
    /// What the admin who refused it says.
    pub note: Option<String>,
    /// The licence's number; null before the doctor applied.
    pub licence_number: Option<String>,
    /// Who issued it.
    pub licence_issued_by: Option<String>,
    /// The last day on which it is good.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_until: Option<String>,
    /// When the doctor last applied.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub applied_at: Option<Timestamp>,
    /// What the doctor attached, the oldest first, ten at most.
    pub documents: Vec<DocumentView>,
}

impl From<&DoctorApplication> for ApplicationView {
    fn from(application: &DoctorApplication) -> Self {
        let (refused_reason, suspended_reason) = match application.status {
            ApplicationStatus::NotApplied | ApplicationStatus::Applied | ApplicationStatus::Verified => {
                (None, None)
            }
            ApplicationStatus::Refused(reason) => (Some(reason.as_str()), None),
            ApplicationStatus::Suspended(reason) => (None, Some(reason.as_str())),
        };
        let licence = application.licence.as_ref();
        let issuer = licence.and_then(|licence| licence.issued_by.as_ref());
        let valid_until = licence.and_then(|licence| licence.valid_until);
        Self {
            status: application.status.as_str(),
            refused_reason,
            suspended_reason,
            note: application.note.clone(),
            licence_number: licence.map(|licence| licence.number.as_str().to_owned()),
            licence_issued_by: issuer.map(|issuer| issuer.as_str().to_owned()),
            valid_until: valid_until.map(|day| day.to_string()),
            applied_at: application.applied_at.map(shown),
            documents: application.documents.iter().map(DocumentView::from).collect(),
        }
    }
}
