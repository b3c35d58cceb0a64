//! Clinics' invitations as JSON, to the clinic and to the doctor; and of which clinic a doctor is.

use commands::accounts::Membership;
use identity::ClinicInvitation;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::timestamp::shown;

/// An invitation as the clinic sees it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-00000000000b",
    "doctor_id": null,
    "email": "doctor@example.com",
    "status": "open",
    "made_at": "2026-12-01T09:00:00Z",
    "expires_at": "2026-12-31T09:00:00Z"
}))]
pub struct InvitationView {
    /// The invitation.
    pub id: Uuid,
    /// Whom, where you named an id.
    pub doctor_id: Option<Uuid>,
    /// Whom, where you named an address.
    #[schema(example = "doctor@example.com")]
    pub email: Option<String>,
    /// `open`, `accepted`, `declined`, `withdrawn` or `expired`.
    #[schema(value_type = String, example = "open")]
    pub status: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// Until when it can be accepted.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// A clinic's invitations.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "id": "019a8f0e-0000-7000-8000-00000000000b",
    "doctor_id": null,
    "email": "doctor@example.com",
    "status": "open",
    "made_at": "2026-12-01T09:00:00Z",
    "expires_at": "2026-12-31T09:00:00Z"
}]}))]
pub struct InvitationsView {
    /// The newest first, two hundred at most; those that ended longer than 90 days ago are gone.
    pub items: Vec<InvitationView>,
}

/// An invitation as the doctor sees it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-00000000000b",
    "clinic_id": "019a8f0e-0000-7000-8000-000000000003",
    "clinic": "Клиника на Чистых прудах",
    "status": "open",
    "made_at": "2026-12-01T09:00:00Z",
    "expires_at": "2026-12-31T09:00:00Z"
}))]
pub struct OwnInvitationView {
    /// The invitation.
    pub id: Uuid,
    /// Who invites you.
    pub clinic_id: Uuid,
    /// What that clinic is called.
    pub clinic: String,
    /// `open`, `accepted`, `declined`, `withdrawn` or `expired`.
    #[schema(value_type = String, example = "open")]
    pub status: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// Until when it can be accepted.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// The invitations that you can accept.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "id": "019a8f0e-0000-7000-8000-00000000000b",
    "clinic_id": "019a8f0e-0000-7000-8000-000000000003",
    "clinic": "Клиника на Чистых прудах",
    "status": "open",
    "made_at": "2026-12-01T09:00:00Z",
    "expires_at": "2026-12-31T09:00:00Z"
}]}))]
pub struct OwnInvitationsView {
    /// The newest first, two hundred at most.
    pub items: Vec<OwnInvitationView>,
}

/// Of which clinic a doctor is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "doctor_id": "019a8f0e-0000-7000-8000-000000000002",
    "clinic_id": "019a8f0e-0000-7000-8000-000000000003"
}))]
pub struct MembershipView {
    /// The doctor.
    pub doctor_id: Uuid,
    /// The clinic; null after leaving it.
    pub clinic_id: Option<Uuid>,
}

impl From<&ClinicInvitation> for InvitationView {
    fn from(invitation: &ClinicInvitation) -> Self {
        Self {
            id: invitation.id.uuid(),
            doctor_id: invitation.doctor_id.map(|doctor| doctor.uuid()),
            email: invitation.email.as_ref().map(|email| email.as_str().to_owned()),
            status: invitation.status.as_str(),
            made_at: shown(invitation.made_at),
            expires_at: shown(invitation.expires_at),
        }
    }
}

impl From<&ClinicInvitation> for OwnInvitationView {
    fn from(invitation: &ClinicInvitation) -> Self {
        Self {
            id: invitation.id.uuid(),
            clinic_id: invitation.clinic_id.uuid(),
            clinic: invitation.clinic.clone(),
            status: invitation.status.as_str(),
            made_at: shown(invitation.made_at),
            expires_at: shown(invitation.expires_at),
        }
    }
}

impl From<Membership> for MembershipView {
    fn from(membership: Membership) -> Self {
        Self {
            doctor_id: membership.doctor_id.uuid(),
            clinic_id: membership.clinic_id.map(|clinic| clinic.uuid()),
        }
    }
}
