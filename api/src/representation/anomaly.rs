//! An anomaly in answers: what an operator must look at, and what came of it.

use commands::anomalies::Subject as Settled;
use domain::money::Money;
use jiff::Timestamp;
use projections::anomalies::AnomalyRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a provider showed and the rules could not believe: a task for an operator.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "subject": "payment",
    "subject_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "number": 1,
    "kind": "foreign_refund",
    "source": "reconciliation",
    "call": null,
    "provider_id": "2c1f7f0e-000f-5000-8000-1b2c3d4e5f60",
    "seen": "700.00",
    "currency": "RUB",
    "seen_at": "2026-11-23T00:00:03Z",
    "resolution": null,
    "resolved_by": null,
    "resolved_at": null
}))]
pub struct AnomalyView {
    /// What it was seen on: `payment` or `payout`.
    #[schema(value_type = String, example = "payment")]
    pub subject: &'static str,
    /// Which one.
    pub subject_id: Uuid,
    /// Its number within its subject, from 1.
    pub number: u32,
    /// What is wrong: `amount_mismatch`, `final_contradicted`, `second_payment`, `foreign_refund`, `hold_lost`,
    /// `refund_stuck`, `receipt_stuck`, `call_stuck`, `outcome_stuck` or `receipt_unexpected`.
    #[schema(value_type = String, example = "foreign_refund")]
    pub kind: &'static str,
    /// How the platform came to see it: `reply`, `notice`, `poll`, `list` or `reconciliation`.
    #[schema(value_type = String, example = "reconciliation")]
    pub source: &'static str,
    /// The request it is about, if it is about one.
    pub call: Option<String>,
    /// The provider's id of what it was seen on.
    pub provider_id: Option<String>,
    /// The sum that was seen, as decimal text, where it is about one.
    pub seen: Option<String>,
    /// The currency of that sum.
    #[schema(value_type = Option<String>, example = "RUB")]
    pub currency: Option<&'static str>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
    /// How it was settled: `settled_by_hand`, `provider_corrected`, `accepted` or `written_off`; null while it waits.
    #[schema(value_type = Option<String>)]
    pub resolution: Option<&'static str>,
    /// Who settled it.
    pub resolved_by: Option<Uuid>,
    /// When it was settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
}

/// A settled anomaly.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "subject": "payment",
    "subject_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "number": 1,
    "kind": "foreign_refund",
    "resolution": "settled_by_hand"
}))]
pub struct SettledView {
    /// What it was seen on: `payment` or `payout`.
    #[schema(value_type = String, example = "payment")]
    pub subject: &'static str,
    /// Which one.
    pub subject_id: Uuid,
    /// The anomaly's number within it.
    pub number: u32,
    /// What was wrong.
    #[schema(value_type = String, example = "foreign_refund")]
    pub kind: &'static str,
    /// How it was settled: the first word counts.
    #[schema(value_type = String, example = "settled_by_hand")]
    pub resolution: &'static str,
}

impl From<AnomalyRow> for AnomalyView {
    fn from(row: AnomalyRow) -> Self {
        Self {
            subject: row.subject.as_str(),
            subject_id: row.subject.uuid(),
            number: row.number,
            kind: row.kind.as_str(),
            source: row.source.as_str(),
            call: row.call,
            provider_id: row.provider_id,
            seen: row.seen.map(Money::decimal),
            currency: row.seen.map(|seen| seen.currency.code()),
            seen_at: row.seen_at,
            resolution: row.settled.map(|settled| settled.resolution.as_str()),
            resolved_by: row.settled.and_then(|settled| settled.by).map(|id| id.uuid()),
            resolved_at: row.settled.map(|settled| settled.at),
        }
    }
}

impl SettledView {
    /// The anomaly as a decision left it; none while it waits.
    pub fn of(settled: &Settled, number: u32) -> Option<Self> {
        let entry = settled.anomaly(number)?;
        let (subject, subject_id) = match settled {
            Settled::Payment(id, _) => ("payment", id.uuid()),
            Settled::Payout(id, _) => ("payout", id.uuid()),
        };
        Some(Self {
            subject,
            subject_id,
            number,
            kind: entry.anomaly.kind.as_str(),
            resolution: entry.resolution?.as_str(),
        })
    }
}
