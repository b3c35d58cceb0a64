//! Accounts as JSON for admins: a line of a list, one whole with its sessions, and how one stands after a command.

use commands::accounts::{AccountAct, DoctorApplication};
use commands::{AccountState, CommandOutcome};
use domain::account::events::AccountField;
use domain::account::{Standing, Verification};
use domain::ids::AccountId;
use identity::{AccountDetails, AccountEntry, AccountPage, SessionEntry};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::base_path::BASE;
use crate::representation::account::AccountView;
use crate::representation::application::ApplicationView;
use crate::representation::doctor::DoctorView;
use crate::representation::page::PageView;
use crate::representation::timestamp::shown;

/// An account as admins see it in a list.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "account": {
        "id": "019a8f0e-0000-7000-8000-000000000002",
        "role": "doctor",
        "email": "doctor@example.com",
        "phone": "+79990000000",
        "first_name": "Пётр",
        "last_name": "Петров",
        "is_active": true,
        "created_at": "2026-12-01T09:00:00Z",
        "email_proven": true,
        "phone_proven": false
    },
    "email_vouched": true,
    "deactivated_at": null,
    "clinic_id": null,
    "clinic": null,
    "verified_at": "2026-12-01T09:00:00Z",
    "applied_at": null
}))]
pub struct AccountEntryView {
    /// Who it is.
    pub account: AccountView,
    /// Whether an operator gave it the address, which then is its own as one that is proven.
    pub email_vouched: bool,
    /// Since when nobody may sign in with it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deactivated_at: Option<Timestamp>,
    /// A doctor's clinic.
    pub clinic_id: Option<Uuid>,
    /// The name of a doctor's clinic, or a clinic's own.
    pub clinic: Option<String>,
    /// Since when an admin answers for a doctor; null for a doctor who is not offered, and for all others.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Timestamp>,
    /// Since when a doctor's application waits for an admin.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub applied_at: Option<Timestamp>,
}

/// One sign-in of an account, without its secrets.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-00000000000a",
    "on_command_line": false,
    "created_at": "2026-12-01T09:00:00Z",
    "last_used_at": "2026-12-01T09:14:00Z",
    "expires_at": "2027-03-01T09:00:00Z",
    "ended_at": null,
    "ended_reason": null
}))]
pub struct AccountSessionView {
    /// The session; `end-sessions` takes it.
    pub id: Uuid,
    /// Whether it is one of the command line.
    pub on_command_line: bool,
    /// When somebody signed in.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last renewed, which an app does every quarter of an hour, or used on the command line.
    #[schema(value_type = String, format = DateTime)]
    pub last_used_at: Timestamp,
    /// When it ends however much it is used.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// When it was ended before.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Why: a word such as `logout`, `deactivated` or `ended_by_admin`.
    pub ended_reason: Option<String>,
}

/// Why an account is switched off.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"reason": "left", "note": null, "at": "2026-12-01T09:00:00Z"}))]
pub struct DeactivationView {
    /// `own_request`, `left`, `duplicate`, `compromised`, `misconduct` or `other`.
    #[schema(value_type = String, example = "left")]
    pub reason: &'static str,
    /// In own words; null if nobody said any, or they were erased.
    pub note: Option<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Something an admin did to an account.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "act": "reactivated",
    "reason": null,
    "note": "Documents were shown",
    "by": "019a8f0e-0000-7000-8000-000000000001",
    "at": "2026-12-02T09:00:00Z"
}))]
pub struct AccountActView {
    /// `deactivated`, `reactivated`, `edited`, `sessions_ended`, `verified`, `unverified` or `application_refused`.
    #[schema(value_type = String, example = "reactivated")]
    pub act: &'static str,
    /// Why: of a deactivation, of a verification taken back and of an application refused, the word that was given.
    #[schema(value_type = Option<String>)]
    pub reason: Option<&'static str>,
    /// In own words; null if nobody said any, or they were erased.
    pub note: Option<String>,
    /// Which account did it.
    pub by: Option<Uuid>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// An account whole, as admins see it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "account": {
        "account": {
            "id": "019a8f0e-0000-7000-8000-000000000002",
            "role": "doctor",
            "email": "doctor@example.com",
            "phone": "+79990000000",
            "first_name": "Пётр",
            "last_name": "Петров",
            "is_active": false,
            "created_at": "2026-12-01T09:00:00Z",
            "email_proven": true,
            "phone_proven": false
        },
        "email_vouched": true,
        "deactivated_at": "2026-12-02T09:00:00Z",
        "clinic_id": null,
        "clinic": null,
        "verified_at": "2026-12-01T09:00:00Z",
        "applied_at": null
    },
    "deactivation": {"reason": "left", "note": "Moved to another town", "at": "2026-12-02T09:00:00Z"},
    "acts": [{
        "act": "deactivated",
        "reason": "left",
        "note": "Moved to another town",
        "by": "019a8f0e-0000-7000-8000-000000000001",
        "at": "2026-12-02T09:00:00Z"
    }],
    "doctor": null,
    "application": null,
    "open_bookings": 1,
    "sessions": [],
    "history": "/api/v1/admin/streams/account/019a8f0e-0000-7000-8000-000000000002",
    "version": 1
}))]
pub struct AccountDetailsView {
    /// Who it is and how it stands.
    pub account: AccountEntryView,
    /// Why it is switched off, if it is.
    pub deactivation: Option<DeactivationView>,
    /// What admins last did to it, the latest first, at most ten acts.
    pub acts: Vec<AccountActView>,
    /// A doctor's profile.
    pub doctor: Option<DoctorView>,
    /// How a doctor's application stands.
    pub application: Option<ApplicationView>,
    /// A doctor's bookings that have not ended; `GET /bookings?doctor_id=` lists them.
    pub open_bookings: Option<i64>,
    /// Sign-ins, the newest first, at most fifty.
    pub sessions: Vec<AccountSessionView>,
    /// Where what others did to it stands: who, when, why.
    #[schema(example = "/api/v1/admin/streams/account/019a8f0e-0000-7000-8000-000000000002")]
    pub history: String,
    /// The version of its history, as in `ETag`; 0 while nobody did anything to it.
    pub version: i64,
}

/// How an account stands after a command; without personal data.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-000000000002",
    "role": "doctor",
    "is_active": false,
    "deactivation_reason": "left",
    "is_verified": null,
    "unverified_reason": null,
    "changed": []
}))]
pub struct AccountStandingView {
    /// The account.
    pub id: Uuid,
    /// `patient`, `doctor`, `clinic`, `admin` or `analyst`.
    #[schema(value_type = String, example = "doctor")]
    pub role: &'static str,
    /// Whether its owner may sign in.
    pub is_active: bool,
    /// Why not: `own_request`, `left`, `duplicate`, `compromised`, `misconduct` or `other`.
    #[schema(value_type = Option<String>, example = "left")]
    pub deactivation_reason: Option<&'static str>,
    /// Whether an admin answers for a doctor; null while none has said so since the account was made.
    pub is_verified: Option<bool>,
    /// Why none does: `documents_missing`, `accreditation_expired`, `accreditation_withdrawn` or `other`.
    #[schema(value_type = Option<String>, example = "accreditation_expired")]
    pub unverified_reason: Option<&'static str>,
    /// The fields that this command changed.
    #[schema(value_type = Vec<String>)]
    pub changed: Vec<&'static str>,
}

impl From<&AccountEntry> for AccountEntryView {
    fn from(entry: &AccountEntry) -> Self {
        Self {
            account: AccountView::from(&entry.account),
            email_vouched: entry.account.email_vouched,
            deactivated_at: entry.deactivated_at.map(shown),
            clinic_id: entry.clinic_id.map(|clinic| clinic.uuid()),
            clinic: entry.clinic.clone(),
            verified_at: entry.verified_at.map(shown),
            applied_at: entry.applied_at.map(shown),
        }
    }
}

impl From<&AccountPage> for PageView<AccountEntryView> {
    fn from(page: &AccountPage) -> Self {
        Self {
            items: page.items.iter().map(AccountEntryView::from).collect(),
            next: page.next.map(|after| after.to_string()),
        }
    }
}

impl From<&AccountAct> for AccountActView {
    fn from(act: &AccountAct) -> Self {
        Self {
            act: act.act,
            reason: act.reason,
            note: act.note.clone(),
            by: act.by.map(AccountId::uuid),
            at: shown(act.at),
        }
    }
}

impl From<&SessionEntry> for AccountSessionView {
    fn from(session: &SessionEntry) -> Self {
        Self {
            id: session.id.uuid(),
            on_command_line: session.on_command_line,
            created_at: shown(session.created_at),
            last_used_at: shown(session.last_used_at),
            expires_at: shown(session.expires_at),
            ended_at: session.ended_at.map(shown),
            ended_reason: session.ended_reason.clone(),
        }
    }
}

impl AccountDetailsView {
    /// What is known of an account: who it is, what its facts say, the note on why it is off, what a doctor still has to do.
    pub fn of(
        details: &AccountDetails,
        state: &CommandOutcome<AccountState>,
        note: Option<String>,
        acts: &[AccountAct],
        application: Option<&DoctorApplication>,
        open_bookings: Option<i64>,
    ) -> Self {
        let CommandOutcome {
            answer: state,
            version,
            ..
        } = state;
        let deactivation = match &state.account.standing {
            Standing::Active => None,
            Standing::Deactivated { reason, at, .. } => Some(DeactivationView {
                reason: reason.as_str(),
                note,
                at: shown(*at),
            }),
        };
        Self {
            account: AccountEntryView::from(&details.entry),
            deactivation,
            acts: acts.iter().map(AccountActView::from).collect(),
            doctor: details.doctor.as_ref().map(DoctorView::from),
            application: application.map(ApplicationView::from),
            open_bookings,
            sessions: details.sessions.iter().map(AccountSessionView::from).collect(),
            history: format!("{BASE}/admin/streams/account/{}", state.account_id),
            version: *version,
        }
    }
}

impl From<&AccountState> for AccountStandingView {
    fn from(state: &AccountState) -> Self {
        let deactivation_reason = match &state.account.standing {
            Standing::Active => None,
            Standing::Deactivated { reason, .. } => Some(reason.as_str()),
        };
        let (is_verified, unverified_reason) = match &state.account.verification {
            Verification::Unsaid => (None, None),
            Verification::Verified => (Some(true), None),
            Verification::Applied | Verification::Refused { .. } => (Some(false), None),
            Verification::Unverified { reason } => (Some(false), Some(reason.as_str())),
        };
        Self {
            id: state.account_id.uuid(),
            role: state.role.as_str(),
            is_active: state.account.is_active(),
            deactivation_reason,
            is_verified,
            unverified_reason,
            changed: state.changed.iter().copied().map(AccountField::as_str).collect(),
        }
    }
}
