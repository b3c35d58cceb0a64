//! An erasure as its person and as admins see it.

use identity::{Erasure, KEPT};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::timestamp::shown;

/// How the erasure of your data stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "state": "waiting", "requested_at": "2026-12-01T09:30:00Z", "due_at": "2026-12-08T09:30:00Z",
    "withdrawn_at": null, "holds": ["wallet_balance"], "kept": ["amounts of payments"],
}))]
pub struct ErasureView {
    /// How far it has come; none where nobody asked for it.
    pub state: String,
    /// When it was asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub requested_at: Option<Timestamp>,
    /// Until then you can take it back; longer while something stands against it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Timestamp>,
    /// What stands against it now: `visit_under_way`, `payment_under_way`, `refund_under_way`, `payout_under_way`, `wallet_balance`,
    /// `doctors_of_clinic`, `last_admin`. It waits until nothing does.
    pub holds: Vec<String>,
    /// What stays afterwards, and by which law; none of it names you.
    pub kept: Vec<String>,
}

impl ErasureView {
    /// The latest, with what stands against it now.
    pub fn of(erasure: Option<&Erasure>, holds: &[&'static str]) -> Self {
        Self {
            state: erasure
                .map_or("none", |erasure| erasure.state.as_str())
                .to_owned(),
            requested_at: erasure.map(|erasure| shown(erasure.requested_at)),
            due_at: erasure.map(|erasure| shown(erasure.due_at)),
            withdrawn_at: erasure.and_then(|erasure| erasure.withdrawn_at).map(shown),
            holds: holds.iter().map(|&hold| hold.to_owned()).collect(),
            kept: KEPT.map(str::to_owned).to_vec(),
        }
    }
}

/// Somebody's erasure.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-0000000000e1", "account_id": "019a8f0e-0000-7000-8000-00000000000a", "role": "patient",
    "state": "waiting", "reason": "own_request", "requested_at": "2026-12-01T09:30:00Z",
    "requested_by": "019a8f0e-0000-7000-8000-00000000000a", "due_at": "2026-12-08T09:30:00Z", "withdrawn_at": null,
    "tried_at": null, "holds": [], "erased_at": null, "rewritten_at": null,
}))]
pub struct AccountErasureView {
    /// Its id, and the act's.
    pub id: Uuid,
    /// Whose data.
    pub account_id: Uuid,
    /// Their role.
    pub role: String,
    /// How far it has come.
    pub state: String,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// The person or an admin.
    pub requested_by: Uuid,
    /// Until then it can be taken back.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// When it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Timestamp>,
    /// When it was last tried.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub tried_at: Option<Timestamp>,
    /// What then stood against it.
    pub holds: Vec<String>,
    /// When the data were destroyed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
    /// When what was left in the database's pages was written over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rewritten_at: Option<Timestamp>,
    /// The act of destruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub act: Option<serde_json::Value>,
}

impl From<Erasure> for AccountErasureView {
    fn from(erasure: Erasure) -> Self {
        Self {
            id: erasure.id,
            account_id: erasure.subject.uuid(),
            role: erasure.subject_role.as_str().to_owned(),
            state: erasure.state.as_str().to_owned(),
            reason: erasure.reason.as_str().to_owned(),
            requested_at: shown(erasure.requested_at),
            requested_by: erasure.requested_by.uuid(),
            due_at: shown(erasure.due_at),
            withdrawn_at: erasure.withdrawn_at.map(shown),
            tried_at: erasure.tried_at.map(shown),
            holds: erasure.holds,
            erased_at: erasure.erased_at.map(shown),
            rewritten_at: erasure.rewritten_at.map(shown),
            act: erasure.act,
        }
    }
}
