//! Passkeys as JSON.

use identity::{PasskeyChallenge, PasskeyEntry, RecoveryCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::account::SessionView;
use crate::representation::second_factor::RecoveryCodesView;
use crate::representation::timestamp::shown;

/// What a device is to be asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "expires_at": "2026-12-01T09:05:00Z",
    "options": {"challenge": "7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs", "rpId": "tot.example", "userVerification": "required"}
}))]
pub struct PasskeyOptionsView {
    /// Names it when the device has signed.
    pub challenge_id: Uuid,
    /// Until when that is waited for.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON`, or `parseRequestOptionsFromJSON` where somebody signs in (WebAuthn level 3).
    #[schema(value_type = Object)]
    pub options: Value,
}

impl From<PasskeyChallenge> for PasskeyOptionsView {
    fn from(challenge: PasskeyChallenge) -> Self {
        Self {
            challenge_id: challenge.id.uuid(),
            expires_at: shown(challenge.expires_at),
            options: challenge.options,
        }
    }
}

/// A passkey of yours.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "name": "Телефон",
    "created_at": "2026-12-01T09:00:00Z",
    "last_used_at": null,
    "is_synced": true
}))]
pub struct PasskeyView {
    /// Names it to `POST /auth/passkeys/{id}/remove`.
    pub id: Uuid,
    /// What you call it.
    pub name: String,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last signed you in, or proved who you are.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// Whether its device keeps copies of it elsewhere, as password managers do.
    pub is_synced: bool,
}

impl From<&PasskeyEntry> for PasskeyView {
    fn from(passkey: &PasskeyEntry) -> Self {
        Self {
            id: passkey.id.uuid(),
            name: passkey.name.clone(),
            created_at: shown(passkey.created_at),
            last_used_at: passkey.last_used_at.map(shown),
            is_synced: passkey.is_synced,
        }
    }
}

/// Your passkeys.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct PasskeysView {
    /// All of them, ten at most, the oldest first.
    pub items: Vec<PasskeyView>,
}

/// A passkey that was registered; where it is your first second factor, with a new session and recovery codes, shown once.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"passkey": {
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "name": "Телефон",
    "created_at": "2026-12-01T09:00:00Z",
    "last_used_at": null,
    "is_synced": true
}}))]
pub struct PasskeyRegisteredView {
    /// It.
    pub passkey: PasskeyView,
    /// Every other session has ended; absent where there was a second factor before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionView>,
    /// Each stands in for the passkey once, beside the password; absent where there was a second factor before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

impl PasskeyRegisteredView {
    /// One more.
    pub fn of(passkey: &PasskeyEntry) -> Self {
        Self {
            passkey: passkey.into(),
            session: None,
            recovery_codes: None,
        }
    }

    /// The first factor.
    pub fn first(passkey: &PasskeyEntry, session: SessionView, codes: &[RecoveryCode]) -> Self {
        Self {
            passkey: passkey.into(),
            session: Some(session),
            recovery_codes: Some(RecoveryCodesView::of(codes).recovery_codes),
        }
    }
}
