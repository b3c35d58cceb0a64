//! Comparisons with providers, and what could not be believed, as JSON.

use domain::money::Money;
use domain::payment::Payment;
use jiff::Timestamp;
use projections::provider_payments::view::AnomalyRow;
use projections::reconciliations::view::{Kept, ReconciliationRow};
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
    /// How much was compared.
    compared: Vec<ComparedView>,
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
    /// `payment_differs`, `foreign_refund`, `missing_refund` or `refund_differs`.
    #[schema(example = "foreign_refund")]
    kind: String,
    /// `adopted`, `recorded`, `anomaly_open`, `settled` or `nothing`.
    #[schema(example = "anomaly_open")]
    done: String,
    /// The payment of ours, where there is one.
    payment_id: Option<Uuid>,
    /// The provider's id of the payment, where there is one.
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
    /// What: `payments`, `refunds`, or one object by its id.
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

/// What a provider showed and the rules could not believe: a task for an operator.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "payment_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
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
    /// The payment.
    pub payment_id: Uuid,
    /// Its number within the payment, from 1.
    pub number: u32,
    /// What is wrong: `amount_mismatch`, `final_contradicted`, `second_payment`, `foreign_refund`, `hold_lost`,
    /// `refund_stuck`, `receipt_stuck`, `call_stuck` or `outcome_stuck`.
    #[schema(value_type = String, example = "foreign_refund")]
    pub kind: &'static str,
    /// How the house came to see it: `reply`, `notice`, `poll`, `list` or `reconciliation`.
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
    "payment_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "number": 1,
    "kind": "foreign_refund",
    "resolution": "settled_by_hand"
}))]
pub struct SettledView {
    /// The payment.
    pub payment_id: Uuid,
    /// The anomaly's number within it.
    pub number: u32,
    /// What was wrong.
    #[schema(value_type = String, example = "foreign_refund")]
    pub kind: &'static str,
    /// How it was settled: the first word counts.
    #[schema(value_type = String, example = "settled_by_hand")]
    pub resolution: &'static str,
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

impl From<Kept> for ReconciliationReportView {
    fn from(kept: Kept) -> Self {
        Self {
            reconciliation: kept.row.into(),
            report: kept.report,
        }
    }
}

impl From<AnomalyRow> for AnomalyView {
    fn from(row: AnomalyRow) -> Self {
        Self {
            payment_id: row.payment_id.uuid(),
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
    pub fn of(payment: &Payment, number: u32) -> Option<Self> {
        let attempt = payment.attempt()?;
        let entry = attempt.anomalies.iter().find(|entry| entry.number == number)?;
        Some(Self {
            payment_id: attempt.terms.payment_id.uuid(),
            number,
            kind: entry.anomaly.kind.as_str(),
            resolution: entry.resolution?.as_str(),
        })
    }
}

#[cfg(test)]
mod tests {
    use commands::ports::Window;
    use reconciliation::Report;
    use reconciliation::report::{ComparedLine, Done, Gap, Kind, Line, Side, TotalLine};

    use super::*;

    fn report() -> Report {
        let window = Window {
            from: "2026-11-22T00:00:00Z".parse().unwrap(),
            to: "2026-11-23T00:00:00Z".parse().unwrap(),
        };
        let text = |word: &str| word.to_owned();
        let mut report = Report::begun(window, window);
        report.totals.push(TotalLine {
            provider: text("yookassa"),
            status: text("completed"),
            currency: text("RUB"),
            payments: 1,
            held: text("0.00"),
            captured: text("1.00"),
            refunded: text("0.00"),
            fees: text("0.00"),
            net: text("1.00"),
        });
        report.compared.push(ComparedLine {
            provider: text("yookassa"),
            lists: true,
            payments: 1,
            refunds: 0,
        });
        let side = Side {
            status: text("completed"),
            currency: text("RUB"),
            amount: text("1.00"),
            captured: None,
            refunded: None,
            at: None,
        };
        let line = Line {
            provider: text("yookassa"),
            kind: Kind::MissingPayment,
            done: Done::Nothing,
            payment_id: None,
            provider_id: None,
            refund: None,
            fields: vec![reconciliation::diff::Field::Status],
            ours: Some(side),
            theirs: None,
        };
        report.add(line, 1);
        report.gaps.push(Gap {
            provider: text("tbank"),
            what: text("payments"),
            from: window.from,
            to: window.to,
            why: text("no answer"),
        });
        report
    }

    #[test]
    fn what_is_stored_is_what_is_described() {
        let stored = serde_json::to_value(report()).unwrap();
        let described: ReportView = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!((described.lines.len(), described.gaps.len()), (1, 1));
        // And the description names nothing that is not stored.
        for name in [
            "from",
            "read_to",
            "settled",
            "totals",
            "compared",
            "lines",
            "not_listed",
            "gaps",
        ] {
            assert!(stored.get(name).is_some(), "{name}");
        }
    }
}
