//! Random but lawful payouts of a few owners: commands go through the domain's rules.

use domain::ids::{AccountId, PayoutId, PrivateId};
use domain::money::Money;
use domain::payment::anomaly::Source;
use domain::payment::commands::RecordUnknown;
use domain::payout::commands::{
    IntendPayoutCall, PayoutStage, RecordPayoutRefused, RecordPayoutSnapshot, RequestPayout,
};
use domain::payout::events::PayoutPurpose;
use domain::payout::{Payout, PayoutCommand, decide};
use domain::people::PrivateRef;
use jiff::{SignedDuration, Timestamp};

use crate::kit::bookings::{Step, admin, doctor, id, patient};
use crate::kit::history::History;

/// How many payouts there are at most.
const PAYOUTS: u8 = 24;

/// Payouts as the domain sees them, and their facts.
#[derive(Default)]
pub(crate) struct PayoutsLived {
    pub(crate) history: History,
    pub(crate) payouts: Vec<(PayoutId, Payout)>,
}

/// Whose the `which`th payout is: a doctor's or a patient's.
pub(crate) fn owner(which: u8) -> (AccountId, PayoutPurpose) {
    if which.is_multiple_of(2) {
        (doctor(which).into(), PayoutPurpose::DoctorEarnings)
    } else {
        (patient(which).into(), PayoutPurpose::WalletWithdrawal)
    }
}

impl PayoutsLived {
    /// Lives through all steps.
    pub(crate) fn lived(steps: &[Step]) -> Self {
        let mut world = Self::default();
        for step in steps {
            world.step(*step);
        }
        world
    }

    fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.history.facts.len()).expect("a short log");
        let start: Timestamp = "2030-03-01T00:00:00.000000999Z".parse().expect("a time");
        start + SignedDuration::from_secs(seconds)
    }

    fn step(&mut self, (what, which, much): Step) {
        let number = which % PAYOUTS;
        let payout_id = PayoutId::from_uuid(id(0xf, usize::from(number)));
        let (owner_id, purpose) = owner(number);
        let known = self.payouts.iter().position(|(id, _)| *id == payout_id);
        let index = known.unwrap_or_else(|| {
            self.payouts.push((payout_id, Payout::Absent));
            self.payouts.len() - 1
        });
        let payout = &self.payouts[index].1;
        let amount = Money::kopecks(i64::from(much) + 100);
        let command = match payout.order() {
            None => RequestPayout {
                payout_id,
                owner_id,
                purpose,
                amount,
                destination: PrivateRef {
                    id: PrivateId::from_uuid(id(0xe, usize::from(number))),
                    digest: "ab".repeat(32),
                },
                by: admin(),
                at: self.now(),
            }
            .into(),
            Some(order) => self.news(what, much, number, order.terms.amount),
        };
        if let Ok(facts) = decide::decide(&self.payouts[index].1, command) {
            self.history
                .tell::<Payout>(&payout_id.to_string(), &owner_id.to_string(), &facts);
            let payout = &mut self.payouts[index].1;
            facts
                .into_iter()
                .for_each(|fact| cqrs_es::Aggregate::apply(payout, fact));
        }
    }

    fn news(&self, what: u8, much: u16, number: u8, amount: Money) -> PayoutCommand {
        let at = self.now();
        let stage = match what % 8 {
            0 | 1 => {
                let body_digest = "cd".repeat(32);
                return IntendPayoutCall { body_digest, at }.into();
            }
            2 => return RecordUnknown { at }.into(),
            3 => {
                let (attempt, code, again) = (1, "forbidden".to_owned(), much.is_multiple_of(2));
                return RecordPayoutRefused {
                    attempt,
                    code,
                    again,
                    at,
                }
                .into();
            }
            4 | 5 => PayoutStage::Pending,
            6 => PayoutStage::Succeeded,
            _ => PayoutStage::Cancelled,
        };
        let code = (stage == PayoutStage::Cancelled).then(|| "insufficient_funds".to_owned());
        RecordPayoutSnapshot {
            provider_id: format!("po-{number}"),
            stage,
            amount,
            code,
            source: Source::Poll,
            at,
        }
        .into()
    }
}
