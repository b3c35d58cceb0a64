//! Second factors as JSON.

use identity::{PendingSignIn, RecoveryCode, SecondFactor, TotpEnrolment};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};
use crate::representation::account::SessionView;
use crate::representation::timestamp::shown;

/// Your second factor.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"enrolled_at": "2026-12-01T09:00:00Z", "recovery_codes_left": 10, "is_required": true}))]
pub struct SecondFactorView {
    /// Since when signing in takes more than a password; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub enrolled_at: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    #[schema(minimum = 0, maximum = 10)]
    pub recovery_codes_left: u32,
    /// Whether your role does nothing without one. Whoever takes money out needs one in any role.
    pub is_required: bool,
}

impl SecondFactorView {
    /// The factor of somebody whose role must have one, or need not.
    pub fn of(factor: Option<SecondFactor>, is_required: bool) -> Self {
        Self {
            enrolled_at: factor.map(|factor| shown(factor.confirmed_at)),
            recovery_codes_left: factor.map_or(0, |factor| factor.recovery_codes_left),
            is_required,
        }
    }
}

/// An authenticator app about to be enrolled.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "uri": "otpauth://totp/TOT:olga%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=TOT&algorithm=SHA1&digits=6&period=30",
    "expires_at": "2026-12-01T09:10:00Z",
    "expires_in": 600
}))]
pub struct TotpEnrolmentView {
    /// To be typed into the app: base32.
    pub secret: String,
    /// The same for a QR code.
    pub uri: String,
    /// Until when the first code is waited for.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Seconds until then.
    pub expires_in: i64,
}

impl TotpEnrolmentView {
    /// The enrolment as JSON.
    pub fn of(enrolment: &TotpEnrolment, now: Timestamp) -> Self {
        Self {
            secret: enrolment.secret.base32(),
            uri: enrolment.uri.clone(),
            expires_at: shown(enrolment.expires_at),
            expires_in: enrolment.expires_at.duration_since(now).as_secs(),
        }
    }
}

/// Recovery codes, shown once.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"recovery_codes": ["QKZ3-7M2A-XW5L-D6TB-HN4C-PRVE"]}))]
pub struct RecoveryCodesView {
    /// Each stands in for the app once.
    pub recovery_codes: Vec<String>,
}

impl RecoveryCodesView {
    /// The codes as they are kept.
    pub fn of(codes: &[RecoveryCode]) -> Self {
        Self {
            recovery_codes: codes.iter().map(RecoveryCode::expose).collect(),
        }
    }
}

/// A new session, and recovery codes, shown once.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "session": {
        "access_token": "eyJhbGciOiJFZERTQSIs…",
        "token_type": "bearer",
        "expires_in": 900,
        "refresh_token": "totr_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs",
        "device_token": null,
        "user": {
            "id": "019a8f0e-0000-7000-8000-000000000001",
            "role": "patient",
            "email": "patient@example.com",
            "phone": "+79990000000",
            "first_name": "Иван",
            "last_name": "Иванов",
            "is_active": true,
            "created_at": "2026-12-01T09:00:00Z",
            "email_proven": true,
            "phone_proven": false
        }
    },
    "recovery_codes": ["QKZ3-7M2A-XW5L-D6TB-HN4C-PRVE"]
}))]
pub struct SessionWithCodesView {
    /// Every other session has ended.
    pub session: SessionView,
    /// Each stands in for the app once.
    pub recovery_codes: Vec<String>,
}

impl SessionWithCodesView {
    /// The session with these codes.
    pub fn of(session: SessionView, recovery_codes: &[RecoveryCode]) -> Self {
        Self {
            session,
            recovery_codes: RecoveryCodesView::of(recovery_codes).recovery_codes,
        }
    }
}

/// The password was right; the code is due.
pub fn code_due(pending: &PendingSignIn) -> Problem {
    Problem::plain(Code::SecondFactorDue)
        .with_member("sign_in_token", pending.token.expose().into())
        .with_member("expires_in", PendingSignIn::lasts_s().into())
}
