//! Apps, their secrets and their patients as JSON.

use domain::apps::AppScopes;
use identity::{App, AppLink, AppMade, AppSecretEntry, LinkCode, LinkedPatient};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::timestamp::shown;

/// A secret of an app, which itself is told once.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69", "created_at": "2026-12-01T09:00:00Z", "ends_at": null}))]
pub struct AppSecretEntryView {
    /// To revoke it by.
    pub id: Uuid,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// From when on it is good for nothing; null until that is said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
}

impl From<AppSecretEntry> for AppSecretEntryView {
    fn from(entry: AppSecretEntry) -> Self {
        Self {
            id: entry.id.uuid(),
            created_at: shown(entry.created_at),
            ends_at: entry.ends_at.map(shown),
        }
    }
}

/// An app.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "name": "Страховая компания «Полюс»",
    "scopes": ["bookings:read", "bookings:write"],
    "requests_per_minute": 600,
    "writes_per_minute": 120,
    "secrets": [{"id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69", "created_at": "2026-12-01T09:00:00Z", "ends_at": null}],
    "created_at": "2026-12-01T09:00:00Z",
    "created_by": "019a8f0e-6f0a-7000-8000-000000000009",
    "deactivated_at": null
}))]
pub struct AppView {
    /// Its id, and the `client_id` it signs in with.
    pub id: Uuid,
    /// What patients are shown of it.
    pub name: String,
    /// What it may do at most for a patient who agreed.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<&'static str>,
    /// How many requests it may make in a minute.
    pub requests_per_minute: u32,
    /// How many of them may change something.
    pub writes_per_minute: u32,
    /// Its secrets that have not ended, at most two.
    pub secrets: Vec<AppSecretEntryView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The admin who made it.
    pub created_by: Uuid,
    /// Since when it is off; null while it is on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deactivated_at: Option<Timestamp>,
}

impl From<App> for AppView {
    fn from(app: App) -> Self {
        Self {
            id: app.id.uuid(),
            name: app.name.as_str().to_owned(),
            scopes: app.scopes.words(),
            requests_per_minute: app.limits.requests_per_minute,
            writes_per_minute: app.limits.writes_per_minute,
            secrets: app.secrets.into_iter().map(AppSecretEntryView::from).collect(),
            created_at: shown(app.created_at),
            created_by: app.created_by.uuid(),
            deactivated_at: app.deactivated_at.map(shown),
        }
    }
}

/// An app with a new secret.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "app": {
        "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
        "name": "Страховая компания «Полюс»",
        "scopes": ["bookings:read"],
        "requests_per_minute": 600,
        "writes_per_minute": 120,
        "secrets": [{"id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69", "created_at": "2026-12-01T09:00:00Z", "ends_at": null}],
        "created_at": "2026-12-01T09:00:00Z",
        "created_by": "019a8f0e-6f0a-7000-8000-000000000009",
        "deactivated_at": null
    },
    "client_secret": "tota_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}))]
pub struct NewAppSecretView {
    /// The app.
    pub app: AppView,
    /// What it signs in with. It is told this once: only a keyed hash of it is kept.
    pub client_secret: String,
}

impl From<AppMade> for NewAppSecretView {
    fn from(made: AppMade) -> Self {
        Self {
            client_secret: made.secret.expose().to_owned(),
            app: AppView::from(made.app),
        }
    }
}

/// A code by which one app may act for you.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "code": "ABCDE-FGHJK",
    "expires_at": "2026-12-01T09:10:00Z",
    "app_name": "Страховая компания «Полюс»",
    "scopes": ["bookings:read", "bookings:write"]
}))]
pub struct LinkCodeView {
    /// To be given to the app, which brings it once.
    pub code: String,
    /// Until when it is taken.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// What the app is called.
    pub app_name: String,
    /// What it may do for you once it has the code.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<&'static str>,
}

impl From<LinkCode> for LinkCodeView {
    fn from(made: LinkCode) -> Self {
        Self {
            code: made.code.expose(),
            expires_at: shown(made.expires_at),
            app_name: made.app_name.as_str().to_owned(),
            scopes: made.scopes.words(),
        }
    }
}

/// An app that may act for you.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "name": "Страховая компания «Полюс»",
    "scopes": ["bookings:read", "bookings:write"],
    "linked_at": "2026-12-01T09:05:00Z"
}))]
pub struct AppLinkView {
    /// The app.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What it may do for you.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<&'static str>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub linked_at: Timestamp,
}

impl From<AppLink> for AppLinkView {
    fn from(link: AppLink) -> Self {
        Self {
            id: link.app_id.uuid(),
            name: link.name.as_str().to_owned(),
            scopes: link.scopes.words(),
            linked_at: shown(link.linked_at),
        }
    }
}

/// The apps that may act for you.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "name": "Страховая компания «Полюс»",
    "scopes": ["bookings:read", "bookings:write"],
    "linked_at": "2026-12-01T09:05:00Z"
}]}))]
pub struct AppLinksView {
    /// By their names.
    pub items: Vec<AppLinkView>,
}

/// A link that has ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"ended": true}))]
pub struct AppLinkEndedView {
    /// Always true: ending it twice is ending it once.
    pub ended: bool,
}

/// A patient for whom the app may act.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "patient_id": "019a8f0e-7100-7c3e-9a51-1f2d3c4b5a69",
    "scopes": ["bookings:read", "bookings:write"],
    "linked_at": "2026-12-01T09:05:00Z"
}))]
pub struct AppPatientView {
    /// For the header `Tot-On-Behalf-Of`.
    pub patient_id: Uuid,
    /// What the patient agreed to.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<&'static str>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub linked_at: Timestamp,
}

impl From<LinkedPatient> for AppPatientView {
    fn from(linked: LinkedPatient) -> Self {
        Self {
            patient_id: linked.patient_id.uuid(),
            scopes: AppScopes::words(linked.scopes),
            linked_at: shown(linked.linked_at),
        }
    }
}
