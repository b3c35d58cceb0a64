//! Comparing without asking anybody: who belongs to whom, and what of it differs.

pub mod payouts;

use std::collections::{HashMap, HashSet};

use commands::ports::{ReferenceSubject, RefundSnapshot, Snapshot, Status};
use domain::ids::{PaymentId, PayoutId};
use domain::money::Money;
use domain::payment::attempt::RefundStage;
use domain::payment::purpose::payment_of;
use domain::payment::status::PaymentStatus;
use serde::{Deserialize, Serialize};

use crate::ledger_source::{OurPayment, OurRefund};

/// What of a payment, refund or payout differs between the two sides.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Status,
    /// The currency; sums of two currencies are not compared.
    Currency,
    Amount,
    Captured,
    Refunded,
    /// What reaches the platform: known there and not here yet.
    Income,
}

impl Field {
    /// As reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Currency => "currency",
            Self::Amount => "amount",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Income => "income",
        }
    }
}

/// What a page of theirs shows beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Ours has this payment, and something of it differs.
    Differs(OurPayment, Snapshot),
    /// It says that it is ours, by a reference, but we do not know it under its id.
    Unlinked(Snapshot),
    /// Nobody here asked for it.
    Foreign(Snapshot),
}

/// What a page of their refunds shows beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundFinding {
    /// Ours has this refund, and something of it differs.
    Differs(OurRefund, RefundSnapshot),
    /// We asked for no such refund.
    Foreign(RefundSnapshot),
}

/// What a piece of time has shown so far: nothing is found twice, however often a list repeats it.
#[derive(Debug, Default)]
pub struct ListedObjects {
    theirs: HashSet<Box<str>>,
    ours: HashSet<PaymentId>,
    refunds: HashSet<(PaymentId, u32)>,
    payouts: HashSet<PayoutId>,
}

impl ListedObjects {
    /// Compares a page of theirs with those of ours that it may be about.
    pub fn payments(&mut self, page: Vec<Snapshot>, ours: &[OurPayment]) -> Vec<Finding> {
        let by_provider_id: HashMap<&str, &OurPayment> = ours
            .iter()
            .filter_map(|ours| Some((ours.provider_id.as_deref()?, ours)))
            .collect();
        let mut findings = Vec::new();
        for theirs in page {
            if !self.theirs.insert(theirs.provider_id.as_str().into()) {
                continue;
            }
            if let Some(ours) = by_provider_id.get(theirs.provider_id.as_str()) {
                self.ours.insert(ours.payment_id);
                if !differing(ours, &theirs, ours.refunded).is_empty() {
                    findings.push(Finding::Differs((*ours).clone(), theirs));
                }
            } else if theirs.reference.is_some() {
                if let Some(payment_id) = referred(&theirs)
                    && ours
                        .iter()
                        .any(|ours| ours.payment_id == payment_id && ours.provider_id.is_none())
                {
                    self.ours.insert(payment_id);
                }
                findings.push(Finding::Unlinked(theirs));
            } else {
                findings.push(Finding::Foreign(theirs));
            }
        }
        findings
    }

    /// Compares a page of their refunds with those of ours that it may be about.
    pub fn refunds(&mut self, page: Vec<RefundSnapshot>, ours: &[OurRefund]) -> Vec<RefundFinding> {
        let mut findings = Vec::new();
        for theirs in page {
            let id = theirs.provider_id.as_deref();
            if id.is_some_and(|id| !self.theirs.insert(id.into())) {
                continue;
            }
            match ours.iter().find(|ours| is_this_refund(ours, &theirs)) {
                Some(ours) => {
                    self.refunds.insert((ours.payment_id, ours.number));
                    if !refund_differing(ours, &theirs).is_empty() {
                        findings.push(RefundFinding::Differs(ours.clone(), theirs));
                    }
                }
                None => findings.push(RefundFinding::Foreign(theirs)),
            }
        }
        findings
    }

    /// Whether the provider has shown this payment.
    pub fn has(&self, payment: PaymentId) -> bool {
        self.ours.contains(&payment)
    }

    /// Whether the provider has shown this refund.
    pub fn has_refund(&self, payment: PaymentId, number: u32) -> bool {
        self.refunds.contains(&(payment, number))
    }
}

/// The payment of ours that a payment of theirs says it is.
pub fn referred(theirs: &Snapshot) -> Option<PaymentId> {
    Some(match theirs.reference?.subject {
        ReferenceSubject::Payment(payment_id) => payment_id,
        ReferenceSubject::Deposit(transfer_id) => payment_of(transfer_id),
    })
}

/// Whether the provider ought to show this payment: it has told us its id before.
pub const fn is_expected(ours: &OurPayment) -> bool {
    ours.provider_id.is_some()
}

/// Whether the provider ought to show this refund: it has told us of it before.
pub const fn is_refund_expected(ours: &OurRefund) -> bool {
    match ours.stage {
        RefundStage::Pending | RefundStage::Succeeded => true,
        RefundStage::Cancelled => ours.provider_id.is_some(),
        // It may not have reached the provider yet; whoever carries it there looks after it.
        RefundStage::Requested => false,
    }
}

/// By its id; where either side has none, by our number among the payment's refunds.
fn is_this_refund(ours: &OurRefund, theirs: &RefundSnapshot) -> bool {
    if ours.payment_provider_id.as_deref() != Some(theirs.payment_provider_id.as_str()) {
        return false;
    }
    match (&ours.provider_id, &theirs.provider_id) {
        (Some(known), Some(shown)) => known == shown,
        (None, _) | (_, None) => theirs.number == Some(ours.number),
    }
}

/// What differs of a payment; `reserved` is what refunds take up of it here, those under way included.
pub fn differing(ours: &OurPayment, theirs: &Snapshot, reserved: Money) -> Vec<Field> {
    if theirs.amount.currency != ours.amount.currency {
        return vec![Field::Currency];
    }
    if !status_fits(ours.status, &theirs.status) {
        return vec![Field::Status];
    }
    let mut fields = Vec::new();
    if !amount_fits(ours, theirs) {
        fields.push(Field::Amount);
    }
    if theirs.status == Status::Succeeded {
        if !captured_fits(ours, theirs) {
            fields.push(Field::Captured);
        }
        if !refunded_fits(ours, theirs, reserved) {
            fields.push(Field::Refunded);
        }
        if ours.income.is_none() && theirs.income.is_some() {
            fields.push(Field::Income);
        }
    }
    fields
}

fn status_fits(ours: PaymentStatus, theirs: &Status) -> bool {
    match (ours, theirs) {
        (PaymentStatus::Pending, Status::Pending)
        | (PaymentStatus::Authorised, Status::WaitingForCapture)
        | (
            PaymentStatus::Completed | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded,
            Status::Succeeded,
        )
        // Given up here, it may still wait there until it runs out.
        | (PaymentStatus::Failed | PaymentStatus::Cancelled, Status::Cancelled | Status::Pending) => true,
        (
            PaymentStatus::Absent
            | PaymentStatus::Pending
            | PaymentStatus::Authorised
            | PaymentStatus::Completed
            | PaymentStatus::Failed
            | PaymentStatus::Cancelled
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded,
            Status::Pending
            | Status::WaitingForCapture
            | Status::Succeeded
            | Status::Cancelled
            | Status::Other(_),
        ) => false,
    }
}

fn amount_fits(ours: &OurPayment, theirs: &Snapshot) -> bool {
    let is_asked = theirs.amount == ours.amount;
    match theirs.status {
        // A capture in part may rewrite it, and so may refunds where the provider does not tell the two apart.
        Status::Succeeded => {
            is_asked
                || theirs.amount == ours.captured
                || (theirs.captured.is_none() && (0..=ours.amount.minor).contains(&theirs.amount.minor))
        }
        Status::Pending | Status::WaitingForCapture | Status::Other(_) => is_asked,
        // Nothing came of it, whatever it was about.
        Status::Cancelled => true,
    }
}

fn captured_fits(ours: &OurPayment, theirs: &Snapshot) -> bool {
    let Some(captured) = theirs.captured else {
        return true;
    };
    // Some show what was held even after a capture in part; what reaches the platform tells how much it was.
    let shows_the_hold = captured == ours.amount
        && ours.captured.minor < ours.amount.minor
        && theirs
            .income
            .is_some_and(|income| income.minor <= ours.captured.minor);
    captured == ours.captured || shows_the_hold
}

fn refunded_fits(ours: &OurPayment, theirs: &Snapshot, reserved: Money) -> bool {
    match theirs.refunded {
        Some(refunded) => (ours.refunded.minor..=reserved.minor).contains(&refunded.minor),
        // It does not say how much, only that something went back.
        None => theirs.captured.is_some() || reserved.is_positive(),
    }
}

/// What differs of a refund.
pub fn refund_differing(ours: &OurRefund, theirs: &RefundSnapshot) -> Vec<Field> {
    if theirs.amount.currency != ours.amount.currency {
        return vec![Field::Currency];
    }
    let status_fits = match (ours.stage, &theirs.status) {
        (RefundStage::Requested | RefundStage::Pending, Status::Pending | Status::WaitingForCapture)
        | (RefundStage::Succeeded, Status::Succeeded)
        | (RefundStage::Cancelled, Status::Cancelled) => true,
        (
            RefundStage::Requested | RefundStage::Pending | RefundStage::Succeeded | RefundStage::Cancelled,
            Status::Pending
            | Status::WaitingForCapture
            | Status::Succeeded
            | Status::Cancelled
            | Status::Other(_),
        ) => false,
    };
    let mut fields = Vec::new();
    if !status_fits {
        fields.push(Field::Status);
    }
    if theirs.amount != ours.amount {
        fields.push(Field::Amount);
    }
    fields
}
