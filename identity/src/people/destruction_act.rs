//! The act of destruction, with the extract of the journal, as Roskomnadzor's order 179 of 2022-10-28 asks for both: whose, which
//! categories, from which system, how, why, when and by whom. It names the person by the account alone: the name is destroyed.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::erasures::Erasure;
use super::security_events::EventOrigin;

/// How long acts are kept, in years.
const KEPT_YEARS: u8 = 3;

/// What is not destroyed, and by which law: none of it names or reaches the person.
pub const KEPT: [&str; 4] = [
    "amounts, times and numbers of payments, refunds, payouts and fiscal receipts (54-FZ, 402-FZ: five years)",
    "facts of visits by ids of account and booking (the log, which is never rewritten)",
    "the audit trail by ids and keyed hashes",
    "this act and the extract of the journal (order 179: three years)",
];

/// Who destroys, and where.
#[derive(Clone, Debug)]
pub struct Destruction<'a> {
    /// The operator of personal data, name and address, where the deployment names it.
    pub operator: Option<&'a str>,
    /// The version of the running code.
    pub app_version: &'a str,
    /// On which command line, or by the platform itself.
    pub origin: EventOrigin,
}

/// Each category of data, with the counted rows that held it.
const CATEGORIES: [(&str, &[&str]); 12] = [
    (
        "last name, first name, e-mail address, telephone number",
        &["contacts"],
    ),
    (
        "addresses and places of visits, complaints (health data), notes",
        &["vault_visit_details"],
    ),
    ("free notes, and former names and contacts", &["vault_other"]),
    ("bank account for payouts", &["bank_account"]),
    ("password", &["password"]),
    ("second factor, passkeys", &["second_factor", "passkeys"]),
    ("devices and sessions", &["devices", "sessions"]),
    (
        "links and addresses for calendars and webhooks",
        &["calendar_link", "webhooks"],
    ),
    ("public name, text, place and address", &["public_profile"]),
    ("e-mail on its way", &["mail"]),
    ("invitations between clinics and doctors", &["invitations"]),
    ("documents of an application to practise", &["documents"]),
];

/// The act and the extract as one document.
pub(super) fn destruction_act(
    erasure: &Erasure,
    counts: &Value,
    destruction: &Destruction<'_>,
    at: Timestamp,
) -> Value {
    let counts = grouped(counts);
    let rows = |names: &[&str]| -> i64 { names.iter().filter_map(|name| counts.get(*name)).sum() };
    let categories: Vec<Value> = CATEGORIES
        .iter()
        .map(|(category, names)| (category, rows(names)))
        .filter(|(_, rows)| *rows > 0)
        .map(|(category, rows)| json!({"category": category, "rows": rows}))
        .collect();
    let subject = json!({"account_id": erasure.subject, "role": erasure.subject_role.as_str()});
    let reason = erasure.reason.as_str();
    let at = at.to_string();
    json!({
        "act_id": erasure.id,
        "order": "Roskomnadzor 179, 2022-10-28",
        "operator": destruction.operator,
        "processed_on_behalf_by": Value::Null,
        "subject": subject,
        "categories": categories,
        "system": "TOT",
        "media": Value::Null,
        "method": "the person's data key was destroyed, so that nothing sealed under it opens; rows that held it were deleted",
        "reason": reason,
        "destroyed_at": at,
        "destroyed_by": {
            "program": format!("tot {}", destruction.app_version),
            "operation": destruction.origin.operation,
            "requested_by": erasure.requested_by,
            "requested_at": erasure.requested_at.to_string(),
        },
        "signed_by": Value::Null,
        "kept": KEPT,
        "keep_years": KEPT_YEARS,
        "journal": {
            "subject": subject, "categories": categories, "system": "TOT", "reason": reason, "destroyed_at": at,
            "data_keys": rows(&["data_key"]),
        },
    })
}

/// The counts, with everything of the vault that has no category of its own as one.
fn grouped(counts: &Value) -> std::collections::BTreeMap<String, i64> {
    let mut grouped = std::collections::BTreeMap::new();
    for (name, rows) in counts.as_object().unwrap_or(&Map::new()) {
        let name = match name.strip_prefix("vault_") {
            Some(kind) if kind != "visit_details" => "vault_other",
            Some(_) | None => name,
        };
        *grouped.entry(name.to_owned()).or_default() += rows.as_i64().unwrap_or_default();
    }
    grouped
}
