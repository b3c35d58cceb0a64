//! Comparisons with providers as JSON.

use jiff::Timestamp;
use projections::reconciliations::{ReconciliationRow, StoredReconciliation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A comparison of our books with the payment providers'.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "origin": "nightly",
    "asked_by": null,
    "asked_at": "2026-11-22T00:00:00Z",
    "due_at": "2026-11-23T00:00:00Z",
    "from": "2026-11-21T21:00:00Z",
    "to": "2026-11-23T00:00:01Z",
    "state": "done",
    "result": "clean",
    "differences": 0,
    "mended": 1,
    "gaps": 0,
    "started_at": "2026-11-23T00:00:01Z",
    "finished_at": "2026-11-23T00:00:09Z"
}))]
pub struct ReconciliationView {
    /// Which one.
    pub id: Uuid,
    /// Who had the idea: `nightly`, `admin` or `command`.
    #[schema(value_type = String, example = "nightly")]
    pub origin: &'static str,
    /// The admin who asked, if one did.
    pub asked_by: Option<Uuid>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// Not before.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// From here on; the nightly one knows once it begins.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Up to here, the end not included.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// `waiting`, `running`, `done` or `failed`.
    #[schema(value_type = String, example = "done")]
    pub state: &'static str,
    /// `clean`, `differences` or `incomplete`, once it is done.
    #[schema(value_type = Option<String>, example = "clean")]
    pub result: Option<&'static str>,
    /// How many differences are left to a person.
    pub differences: Option<u32>,
    /// How many were mended by recording what the provider has.
    pub mended: Option<u32>,
    /// How many stretches could not be compared.
    pub gaps: Option<u32>,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

/// A comparison with its report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReconciliationReportView {
    /// The comparison.
    #[serde(flatten)]
    pub reconciliation: ReconciliationView,
    /// What was found, once it is done.
    #[schema(value_type = Option<ReportView>)]
    pub report: Option<serde_json::Value>,
}

/// What a comparison found. Amounts are decimal text.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire; what was stored is what is written")]
pub struct ReportView {
    /// From here on.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Up to here, the end not included.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// From when on the providers' lists were read.
    #[schema(value_type = String, format = DateTime)]
    read_from: Timestamp,
    /// Up to when they were read.
    #[schema(value_type = String, format = DateTime)]
    read_to: Timestamp,
    /// How many differences are left to a person.
    differences: u32,
    /// How many were mended by recording what the provider has.
    mended: u32,
    /// How many an operator has settled before.
    settled: u32,
    /// What the payments of the window come to, by provider and status.
    totals: Vec<TotalView>,
    /// What the payouts of the window come to, by status; absent from older reports.
    #[serde(default)]
    payout_totals: Vec<PayoutTotalView>,
    /// How much was compared.
    compared: Vec<ComparedView>,
    /// How much of what was paid out was compared; empty where no payout gateway is set up, absent from older reports.
    #[serde(default)]
    gateways: Vec<GatewayView>,
    /// What differed.
    lines: Vec<DifferenceView>,
    /// How many lines are not listed, because there are too many.
    not_listed: u32,
    /// What could not be compared.
    gaps: Vec<GapView>,
}

/// What the payments of one provider in one state come to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct TotalView {
    /// Who carries them.
    #[schema(example = "yookassa")]
    provider: String,
    /// Where they stand.
    #[schema(example = "completed")]
    status: String,
    /// The currency of the sums.
    #[schema(example = "RUB")]
    currency: String,
    /// How many there are.
    payments: i64,
    /// What is held.
    #[schema(example = "0.00")]
    held: String,
    /// What was taken.
    #[schema(example = "1500.00")]
    captured: String,
    /// What went back.
    #[schema(example = "0.00")]
    refunded: String,
    /// What the provider keeps, as far as it said.
    #[schema(example = "52.50")]
    fees: String,
    /// Taken less given back less fees.
    #[schema(example = "1447.50")]
    net: String,
}

/// What our payouts in one state come to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct PayoutTotalView {
    /// Whose gateway was set up, if one was.
    #[schema(example = "yookassa")]
    provider: Option<String>,
    /// Where they stand: `pending`, `paid` or `cancelled`.
    #[schema(example = "paid")]
    status: String,
    /// The currency of the sum.
    #[schema(example = "RUB")]
    currency: String,
    /// How many there are.
    payouts: i64,
    /// What they come to: on its way, paid out, or come back, by the status.
    #[schema(example = "1200.00")]
    amount: String,
}

/// How much of a payout gateway was compared.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct GatewayView {
    /// Whose it is.
    #[schema(example = "yookassa")]
    provider: String,
    /// How many payouts it showed.
    payouts: u64,
}

/// How much of a provider was compared.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct ComparedView {
    /// Which provider.
    #[schema(example = "yookassa")]
    provider: String,
    /// Whether it has lists; else it was asked payment by payment.
    lists: bool,
    /// How many payments it showed.
    payments: u64,
    /// How many refunds it showed.
    refunds: u64,
}

/// Something that differed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct DifferenceView {
    /// At which provider.
    #[schema(example = "yookassa")]
    provider: String,
    /// `foreign_payment`, `unknown_reference`, `unlinked_payment`, `second_payment`, `missing_payment`,
    /// `payment_differs`, `foreign_refund`, `missing_refund`, `refund_differs`, `foreign_payout`, `unlinked_payout`,
    /// `second_payout`, `missing_payout` or `payout_differs`.
    #[schema(example = "foreign_refund")]
    kind: String,
    /// `adopted`, `recorded`, `anomaly_open`, `settled` or `nothing`.
    #[schema(example = "anomaly_open")]
    done: String,
    /// The payment of ours, where there is one.
    payment_id: Option<Uuid>,
    /// The payout of ours, if it is about one.
    #[serde(default)]
    payout_id: Option<Uuid>,
    /// The provider's id of the payment or payout, where there is one.
    provider_id: Option<String>,
    /// The number or provider's id of the refund, if it is about one.
    refund: Option<String>,
    /// What differs: `status`, `currency`, `amount`, `captured`, `refunded`.
    fields: Vec<String>,
    /// Our side.
    ours: Option<SideView>,
    /// The provider's side.
    theirs: Option<SideView>,
}

/// One side of a difference.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct SideView {
    /// Where it stands.
    #[schema(example = "completed")]
    status: String,
    /// The currency of the sums.
    #[schema(example = "RUB")]
    currency: String,
    /// How much it is about.
    #[schema(example = "1500.00")]
    amount: String,
    /// What was taken, where it is told.
    captured: Option<String>,
    /// What went back, where it is told.
    refunded: Option<String>,
    /// When it was made, where it is told.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// What could not be compared.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire")]
pub struct GapView {
    /// At which provider.
    #[schema(example = "tbank")]
    provider: String,
    /// What: `payments`, `refunds`, `payouts`, or one object by its id.
    #[schema(example = "payments")]
    what: String,
    /// From when on.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Up to when.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Why.
    #[schema(example = "no answer in time")]
    why: String,
}

/// The address of a comparison.
pub fn location(id: Uuid) -> String {
    format!("/api/v1/admin/reconciliations/{id}")
}

impl From<ReconciliationRow> for ReconciliationView {
    fn from(row: ReconciliationRow) -> Self {
        Self {
            id: row.id,
            origin: row.origin.as_str(),
            asked_by: row.asked_by.map(|id| id.uuid()),
            asked_at: row.asked_at,
            due_at: row.due_at,
            from: row.window.map(|(from, _)| from),
            to: row.window.map(|(_, to)| to),
            state: row.state.as_str(),
            result: row.found.map(|found| found.outcome.as_str()),
            differences: row.found.map(|found| found.differences),
            mended: row.found.map(|found| found.mended),
            gaps: row.found.map(|found| found.gaps),
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<StoredReconciliation> for ReconciliationReportView {
    fn from(kept: StoredReconciliation) -> Self {
        Self {
            reconciliation: kept.row.into(),
            report: kept.report,
        }
    }
}

#[cfg(test)]
mod tests;
