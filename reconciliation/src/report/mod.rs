//! What a comparison found, in words and decimal amounts: stored as it is, shown as a table, as CSV or as JSON.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod csv;
mod payouts;
mod table;
#[cfg(test)]
mod tests;

use commands::ports::{RefundSnapshot, Snapshot, Status, Window};
use domain::money::Money;
use domain::payment::provider::Provider;
use domain::payment::status::PaymentStatus;
use jiff::Timestamp;
use projections::provider_payments::TotalRow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::diff::Field;
use crate::ledger_source::{OurPayment, OurRefund};

pub use csv::csv;
pub use payouts::{GatewayLine, PayoutTotalLine};
pub use table::table;

/// A report. Amounts are decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub from: Timestamp,
    /// Up to here, the end not included.
    pub to: Timestamp,
    /// From when on the providers' lists were read.
    pub read_from: Timestamp,
    /// Up to when they were read.
    pub read_to: Timestamp,
    /// How many differences are left to a person.
    pub differences: u32,
    /// How many were mended by recording what the provider has.
    pub mended: u32,
    /// How many an operator has settled before.
    pub settled: u32,
    /// What the payments of the window come to, by provider and status.
    pub totals: Vec<TotalLine>,
    /// What the payouts of the window come to, by status; older reports have none.
    #[serde(default)]
    pub payout_totals: Vec<PayoutTotalLine>,
    pub compared: Vec<ComparedLine>,
    /// How much of what was paid out was compared; nothing where no payout gateway is set up, and in older reports.
    #[serde(default)]
    pub gateways: Vec<GatewayLine>,
    pub lines: Vec<Line>,
    /// How many lines are not listed, because there are too many.
    pub not_listed: u32,
    pub gaps: Vec<Gap>,
}

/// What the payments of one provider in one state come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TotalLine {
    pub provider: String,
    pub status: String,
    pub currency: String,
    pub payments: i64,
    pub held: String,
    pub captured: String,
    pub refunded: String,
    /// What the provider keeps, as far as it said.
    pub fees: String,
    /// Taken less given back less fees.
    pub net: String,
}

/// How much of a provider was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedLine {
    pub provider: String,
    /// Whether it has lists; else it was asked payment by payment.
    pub lists: bool,
    pub payments: u64,
    pub refunds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub provider: String,
    pub kind: Kind,
    pub done: Handling,
    pub payment_id: Option<Uuid>,
    /// The payout of ours, if it is about one.
    #[serde(default)]
    pub payout_id: Option<Uuid>,
    /// The provider's id of the payment or payout, where there is one.
    pub provider_id: Option<String>,
    /// The number or provider's id of the refund, if it is about one.
    pub refund: Option<String>,
    pub fields: Vec<Field>,
    pub ours: Option<Side>,
    pub theirs: Option<Side>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Where it stands, in the side's own word.
    pub status: String,
    pub currency: String,
    pub amount: String,
    pub captured: Option<String>,
    pub refunded: Option<String>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    pub provider: String,
    /// What: `payments`, `refunds`, `payouts`, or one object by its id.
    pub what: String,
    pub from: Timestamp,
    pub to: Timestamp,
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The provider has a payment that nobody here asked for.
    ForeignPayment,
    /// The provider has a payment or payout with a reference of ours that leads nowhere here.
    UnknownReference,
    /// The provider has a payment of ours that we did not know of.
    UnlinkedPayment,
    /// The provider has a second payment for one of ours.
    SecondPayment,
    /// We have a payment that the provider does not know.
    MissingPayment,
    /// Both have it, and something differs.
    PaymentDiffers,
    /// The provider gave back what nobody here asked for.
    ForeignRefund,
    /// We have a refund that the provider does not know.
    MissingRefund,
    /// Both have the refund, and something differs.
    RefundDiffers,
    /// The gateway paid out what nobody here asked for, or was asked to.
    ForeignPayout,
    /// The gateway has a payout of ours that we did not know of.
    UnlinkedPayout,
    /// The gateway has a second payout for one of ours.
    SecondPayout,
    /// We have a payout that the gateway does not know.
    MissingPayout,
    /// Both have the payout, and something differs.
    PayoutDiffers,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::ForeignPayment,
        Self::UnknownReference,
        Self::UnlinkedPayment,
        Self::SecondPayment,
        Self::MissingPayment,
        Self::PaymentDiffers,
        Self::ForeignRefund,
        Self::MissingRefund,
        Self::RefundDiffers,
        Self::ForeignPayout,
        Self::UnlinkedPayout,
        Self::SecondPayout,
        Self::MissingPayout,
        Self::PayoutDiffers,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForeignPayment => "foreign_payment",
            Self::UnknownReference => "unknown_reference",
            Self::UnlinkedPayment => "unlinked_payment",
            Self::SecondPayment => "second_payment",
            Self::MissingPayment => "missing_payment",
            Self::PaymentDiffers => "payment_differs",
            Self::ForeignRefund => "foreign_refund",
            Self::MissingRefund => "missing_refund",
            Self::RefundDiffers => "refund_differs",
            Self::ForeignPayout => "foreign_payout",
            Self::UnlinkedPayout => "unlinked_payout",
            Self::SecondPayout => "second_payout",
            Self::MissingPayout => "missing_payout",
            Self::PayoutDiffers => "payout_differs",
        }
    }
}

/// What was done about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// It is ours, and was recorded.
    Adopted,
    /// What the provider has was recorded, and both sides say the same now.
    Recorded,
    /// An anomaly is recorded and waits for an operator.
    AnomalyOpen,
    /// An operator has settled the anomaly.
    Settled,
    /// Nothing: a person must look.
    Nothing,
}

impl Handling {
    pub const ALL: [Self; 5] = [
        Self::Adopted,
        Self::Recorded,
        Self::AnomalyOpen,
        Self::Settled,
        Self::Nothing,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adopted => "adopted",
            Self::Recorded => "recorded",
            Self::AnomalyOpen => "anomaly_open",
            Self::Settled => "settled",
            Self::Nothing => "nothing",
        }
    }
}

impl Report {
    /// A report that has found nothing yet.
    pub const fn empty(window: Window, read: Window) -> Self {
        Self {
            from: window.from,
            to: window.to,
            read_from: read.from,
            read_to: read.to,
            differences: 0,
            mended: 0,
            settled: 0,
            totals: Vec::new(),
            payout_totals: Vec::new(),
            compared: Vec::new(),
            gateways: Vec::new(),
            lines: Vec::new(),
            not_listed: 0,
            gaps: Vec::new(),
        }
    }

    /// Counts a line, and lists it while there is room.
    pub fn add(&mut self, line: Line, lines_max: usize) {
        match line.done {
            Handling::Adopted | Handling::Recorded => self.mended += 1,
            Handling::Settled => self.settled += 1,
            Handling::AnomalyOpen | Handling::Nothing => self.differences += 1,
        }
        if self.lines.len() < lines_max {
            self.lines.push(line);
        } else {
            self.not_listed += 1;
        }
    }
}

impl From<TotalRow> for TotalLine {
    fn from(total: TotalRow) -> Self {
        Self {
            provider: total.provider.as_str().to_owned(),
            status: total.status.as_str().to_owned(),
            currency: total.captured.currency.code().to_owned(),
            payments: total.payments,
            held: total.held.decimal(),
            captured: total.captured.decimal(),
            refunded: total.refunded.decimal(),
            fees: total.fees.decimal(),
            net: total.net.decimal(),
        }
    }
}

impl From<&OurPayment> for Side {
    fn from(ours: &OurPayment) -> Self {
        side(
            ours.status.as_str(),
            ours.amount,
            Some(ours.captured),
            Some(ours.refunded),
            Some(ours.started_at),
        )
    }
}

impl From<&Snapshot> for Side {
    fn from(theirs: &Snapshot) -> Self {
        side(
            word(&theirs.status),
            theirs.amount,
            theirs.captured,
            theirs.refunded,
            theirs.created_at,
        )
    }
}

impl From<&OurRefund> for Side {
    fn from(ours: &OurRefund) -> Self {
        side(ours.stage.as_str(), ours.amount, None, None, None)
    }
}

impl From<&RefundSnapshot> for Side {
    fn from(theirs: &RefundSnapshot) -> Self {
        side(word(&theirs.status), theirs.amount, None, None, theirs.created_at)
    }
}

fn side(
    status: &str,
    amount: Money,
    captured: Option<Money>,
    refunded: Option<Money>,
    at: Option<Timestamp>,
) -> Side {
    Side {
        status: status.to_owned(),
        currency: amount.currency.code().to_owned(),
        amount: amount.decimal(),
        captured: captured.map(Money::decimal),
        refunded: refunded.map(Money::decimal),
        at,
    }
}

/// A provider's status in our words; one we do not know, as it came.
fn word(status: &Status) -> &str {
    match status {
        Status::Pending => "pending",
        Status::WaitingForCapture => PaymentStatus::Authorised.as_str(),
        Status::Succeeded => "succeeded",
        Status::Cancelled => "cancelled",
        Status::Other(word) => word,
    }
}

pub(crate) fn line(provider: Provider, kind: Kind, done: Handling) -> Line {
    Line {
        provider: provider.as_str().to_owned(),
        kind,
        done,
        payment_id: None,
        payout_id: None,
        provider_id: None,
        refund: None,
        fields: Vec::new(),
        ours: None,
        theirs: None,
    }
}
