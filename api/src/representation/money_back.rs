//! What of a payment's money stays and what comes back, in the same words however it was paid.
//!
//! A hold is taken in part and the rest is free; a charge is taken as a whole and the rest goes back. The payer sees no
//! difference: what was kept, what is back, and what is on its way back.

use domain::money::Money;
use domain::payment::Payment;
use domain::payment::attempt::{Attempt, RefundEntry, RefundStage};
use domain::payment::events::PaymentMethod;
use domain::payment::status::PaymentStatus;
use jiff::Timestamp;
use projections::refunds::RefundRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::representation::timestamp::shown;

/// Money that goes back, or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "number": 1,
    "amount": "500.00",
    "status": "pending",
    "reason": "complaint",
    "requested_at": "2026-12-01T12:00:00Z",
    "ended_at": null
}))]
pub struct RefundView {
    /// Its number within the payment, from 1.
    pub number: u32,
    /// How much, as decimal text.
    #[schema(example = "500.00")]
    pub amount: String,
    /// `requested` (decided here), `pending` (the provider has it), `succeeded`, or `cancelled` when nothing came of it.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    /// `settlement`, `late_payment`, `goodwill`, `complaint` or `mistake`.
    #[schema(value_type = String, example = "complaint")]
    pub reason: &'static str,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When the money was back, or nothing came of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// A payment's sums, as its payer understands them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Where the payment stands.
    pub status: PaymentStatus,
    /// Charged and given back.
    pub refunded: Money,
    /// Charged, and on its way back.
    pub refunding: Money,
    /// Charged, and not to go back as things stand.
    pub kept: Money,
    /// Of a payment that was charged: back with the payer, or never taken of what was held.
    pub returned: Money,
}

/// What the sums follow from.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// Where the payment stands.
    pub status: PaymentStatus,
    /// What was to be paid.
    pub amount: Money,
    /// What was charged.
    pub captured: Money,
    /// What of it went back.
    pub refunded: Money,
    /// What of it is on its way back.
    pub refunding: Money,
}

impl Sums {
    /// The sums of a payment.
    pub fn of(basis: Basis) -> Self {
        let Basis {
            amount,
            captured,
            refunded,
            refunding,
            ..
        } = basis;
        let let_go = if captured.minor > 0 {
            less(amount, captured)
        } else {
            captured
        };
        let status = match basis.status {
            // The rest of a hold is with the payer as surely as what a refund brings.
            PaymentStatus::Completed if let_go.minor > 0 => PaymentStatus::PartiallyRefunded,
            status @ (PaymentStatus::Absent
            | PaymentStatus::Pending
            | PaymentStatus::Authorised
            | PaymentStatus::Completed
            | PaymentStatus::Failed
            | PaymentStatus::Cancelled
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded) => status,
        };
        Self {
            status,
            refunded,
            refunding,
            kept: less(less(captured, refunded), refunding),
            returned: Money {
                minor: let_go.minor.saturating_add(refunded.minor),
                currency: amount.currency,
            },
        }
    }

    /// The sums of a payment that a decision left behind; none before it was started.
    pub fn of_state(payment: &Payment) -> Option<Self> {
        let attempt = payment.attempt()?;
        Some(Self::of(Basis {
            status: payment.status(),
            amount: attempt.terms.amount,
            captured: attempt.captured,
            refunded: attempt.refunded,
            refunding: under_way(
                attempt.nothing(),
                attempt
                    .refund_list
                    .iter()
                    .map(|refund| (refund.stage, refund.amount)),
            ),
        }))
    }
}

/// Where what comes back goes, and when the last of it was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WayBack {
    /// `wallet`, `card` or `sbp`; none while nothing comes back.
    pub to: Option<&'static str>,
    /// None while something is on its way.
    pub at: Option<Timestamp>,
}

impl WayBack {
    /// Every word for where money comes back to.
    pub const WORDS: [&'static str; 3] = ["wallet", "card", "sbp"];

    /// What comes back of a payment: held money that was let go, and each refund by how far it is and when it ended.
    pub fn of(
        method: PaymentMethod,
        freed_at: Option<Timestamp>,
        refunds: impl Iterator<Item = (RefundStage, Option<Timestamp>)>,
    ) -> Self {
        let (mut comes, mut open, mut at) = (freed_at.is_some(), false, freed_at);
        for (stage, ended_at) in refunds.filter(|(stage, _)| stage.reserves()) {
            comes = true;
            open |= !stage.is_final();
            at = at.max(ended_at);
        }
        let to = match method {
            PaymentMethod::Wallet => "wallet",
            PaymentMethod::Yookassa => "card",
            PaymentMethod::Sbp => "sbp",
        };
        Self {
            to: comes.then_some(to),
            at: at.filter(|_| !open).map(shown),
        }
    }

    /// The same of a payment that a decision left behind.
    pub fn of_state(attempt: &Attempt) -> Self {
        let refunds = attempt.refund_list.iter();
        let refunds = refunds.map(|refund| (refund.stage, refund.ended_at));
        Self::of(attempt.terms.method, attempt.freed_at, refunds)
    }

    /// The same of a read model's row.
    pub fn of_row(method: PaymentMethod, freed_at: Option<Timestamp>, refunds: &[RefundRow]) -> Self {
        let refunds = refunds.iter().map(|refund| (refund.stage, refund.ended_at));
        Self::of(method, freed_at, refunds)
    }
}

/// What refunds that are neither done nor given up take.
pub fn refunding(nothing: Money, refunds: &[RefundRow]) -> Money {
    under_way(
        nothing,
        refunds.iter().map(|refund| (refund.stage, refund.amount)),
    )
}

fn under_way(nothing: Money, refunds: impl Iterator<Item = (RefundStage, Money)>) -> Money {
    let open = refunds.filter(|(stage, _)| !stage.is_final());
    // They are within what was captured, so the sum fits.
    let minor = open.fold(nothing.minor, |sum, (_, amount)| sum.saturating_add(amount.minor));
    Money { minor, ..nothing }
}

fn less(whole: Money, part: Money) -> Money {
    Money {
        minor: whole.minor.saturating_sub(part.minor),
        currency: whole.currency,
    }
}

impl RefundView {
    /// The refund of a decision's state.
    pub fn of_state(refund: &RefundEntry) -> Self {
        Self {
            number: refund.number,
            amount: refund.amount.decimal(),
            status: refund.stage.as_str(),
            reason: refund.reason.as_str(),
            requested_at: shown(refund.requested_at),
            ended_at: refund.ended_at.map(shown),
        }
    }

    /// The refund of a read model's row.
    pub fn of_row(refund: &RefundRow) -> Self {
        Self {
            number: refund.number,
            amount: refund.amount.decimal(),
            status: refund.stage.as_str(),
            reason: refund.reason.as_str(),
            requested_at: refund.requested_at,
            ended_at: refund.ended_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_back_once_the_last_of_it_is() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let (freed, first, last) = (
            at("2026-12-01T10:00:00Z"),
            at("2026-12-01T11:00:00Z"),
            at("2026-12-01T12:00:00Z"),
        );
        let (done, open, gave_up) = (
            RefundStage::Succeeded,
            RefundStage::Pending,
            RefundStage::Cancelled,
        );
        for (freed_at, refunds, comes, back_at) in [
            (None, vec![], false, None),
            (freed, vec![], true, freed),
            (freed, vec![(done, first)], true, first),
            (None, vec![(done, last), (done, first)], true, last),
            (None, vec![(done, first), (open, None)], true, None),
            (freed, vec![(open, None)], true, None),
            (None, vec![(gave_up, first)], false, None),
            (None, vec![(done, first), (gave_up, last)], true, first),
        ] {
            let way = WayBack::of(PaymentMethod::Sbp, freed_at, refunds.clone().into_iter());
            let expected = WayBack {
                to: comes.then_some("sbp"),
                at: back_at,
            };
            assert_eq!(way, expected, "{freed_at:?} {refunds:?}");
        }
    }
}
