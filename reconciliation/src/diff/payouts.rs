//! Payouts compared without asking anybody: who belongs to whom, and what of it differs.

use std::collections::HashMap;

use commands::ports::{PayoutSnapshot, Status};
use domain::ids::PayoutId;
use domain::payout::status::PayoutStatus;

use super::{Field, ListedObjects};
use crate::ledger_source::payouts::OurPayout;

/// What a page of their payouts shows beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayoutFinding {
    /// Ours has this payout, and something of it differs.
    Differs(OurPayout, PayoutSnapshot),
    /// It carries our number of this payout, but we do not know it under its id.
    Unlinked(PayoutId, PayoutSnapshot),
    /// Nobody here asked for it.
    Foreign(PayoutSnapshot),
}

impl ListedObjects {
    /// Compares a page of their payouts with those of ours that it may be about.
    pub fn payouts(&mut self, page: Vec<PayoutSnapshot>, ours: &[OurPayout]) -> Vec<PayoutFinding> {
        let by_provider_id: HashMap<&str, &OurPayout> = ours
            .iter()
            .filter_map(|ours| Some((ours.provider_id.as_deref()?, ours)))
            .collect();
        let mut findings = Vec::new();
        for theirs in page {
            if !self.theirs.insert(theirs.provider_id.as_str().into()) {
                continue;
            }
            if let Some(ours) = by_provider_id.get(theirs.provider_id.as_str()) {
                self.payouts.insert(ours.payout_id);
                if !payout_differing(ours, &theirs).is_empty() {
                    findings.push(PayoutFinding::Differs((*ours).clone(), theirs));
                }
            } else if let Some(payout_id) = payout_referred(&theirs) {
                findings.push(PayoutFinding::Unlinked(payout_id, theirs));
            } else {
                findings.push(PayoutFinding::Foreign(theirs));
            }
        }
        findings
    }

    /// Whether the gateway has shown this payout.
    pub fn has_payout(&self, payout: PayoutId) -> bool {
        self.payouts.contains(&payout)
    }
}

/// The payout of ours that a payout of theirs says it is.
pub fn payout_referred(theirs: &PayoutSnapshot) -> Option<PayoutId> {
    theirs.payout_id.map(PayoutId::from_uuid)
}

/// Whether the gateway ought to show this payout: it has told us its id before. One that it has not may not have reached
/// it yet, or may have been refused; whoever carries it there looks after it.
pub const fn is_payout_expected(ours: &OurPayout) -> bool {
    ours.provider_id.is_some()
}

/// What differs of a payout. Unlike a payment's, its sum is never rewritten; and one that was given up here while it is
/// still on its way there would pay money out that is in the wallet again.
pub fn payout_differing(ours: &OurPayout, theirs: &PayoutSnapshot) -> Vec<Field> {
    if theirs.amount.currency != ours.amount.currency {
        return vec![Field::Currency];
    }
    let mut fields = Vec::new();
    if !status_fits(ours.status, &theirs.status) {
        fields.push(Field::Status);
    }
    if theirs.amount != ours.amount {
        fields.push(Field::Amount);
    }
    fields
}

const fn status_fits(ours: PayoutStatus, theirs: &Status) -> bool {
    match (ours, theirs) {
        (PayoutStatus::Pending, Status::Pending | Status::WaitingForCapture)
        | (PayoutStatus::Paid, Status::Succeeded)
        | (PayoutStatus::Cancelled, Status::Cancelled) => true,
        (
            PayoutStatus::Absent | PayoutStatus::Pending | PayoutStatus::Paid | PayoutStatus::Cancelled,
            Status::Pending
            | Status::WaitingForCapture
            | Status::Succeeded
            | Status::Cancelled
            | Status::Other(_),
        ) => false,
    }
}
