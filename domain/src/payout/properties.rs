//! Visits earn, runs pay out, the gateway answers late, twice, wrongly or never: what was earned is always what was paid,
//! what is on its way and what is left; no balance falls below nothing, and nothing is paid twice.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::ids::AccountId;
use crate::money::Money;
use crate::payment::anomaly::Source;
use crate::payment::commands::{RecordNotCreated, RecordUnknown};
use crate::payout::Payout;
use crate::payout::commands::{PayoutStage, RecordPayoutRefused, RecordPayoutSnapshot};
use crate::payout::decide::decide;
use crate::payout::events::PayoutEvent;
use crate::payout::tests::{at, intend, request, seen};
use crate::payout::{PAYOUT_MIN, PayoutCommand};
use crate::tests::fixtures::id;
use crate::wallet::commands::{CreditEarnings, PayOut, ReturnPayout};
use crate::wallet::{self, Wallet, WalletCommand};

const PAYOUTS: u128 = 4;

#[derive(Clone, Debug)]
enum Step {
    Earn(u128, i64),
    Run(u128),
    Tell(u128, PayoutCommand),
}

fn news() -> impl Strategy<Value = PayoutCommand> {
    let stage = prop_oneof![
        Just(PayoutStage::Pending),
        Just(PayoutStage::Succeeded),
        Just(PayoutStage::Cancelled)
    ];
    let wrong = prop_oneof![9 => Just(0i64), 1 => Just(1i64)];
    (stage, wrong, 0u8..8).prop_map(|(stage, wrong, whose)| {
        RecordPayoutSnapshot {
            provider_id: if whose == 0 { "another" } else { "po-1" }.to_owned(),
            source: Source::Notice,
            ..seen(stage, Money::kopecks(wrong))
        }
        .into()
    })
}

fn told() -> impl Strategy<Value = PayoutCommand> {
    prop_oneof![
        4 => (0i64..30).prop_map(|hours| intend(at() + SignedDuration::from_hours(hours)).into()),
        6 => news(),
        1 => (1u16..3, any::<bool>()).prop_map(|(attempt, again)| {
            let code = "forbidden".to_owned();
            RecordPayoutRefused { attempt, code, again, at: at() }.into()
        }),
        1 => Just(RecordUnknown { at: at() }.into()),
        1 => (0i64..50).prop_map(|hours| {
            RecordNotCreated { at: at() + SignedDuration::from_hours(hours) }.into()
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u128..12, 1i64..300_000).prop_map(|(booking, minor)| Step::Earn(booking, minor)),
        2 => (1..=PAYOUTS).prop_map(Step::Run),
        8 => (1..=PAYOUTS, told()).prop_map(|(payout, command)| Step::Tell(payout, command)),
    ]
}

/// A doctor's wallet and payouts, changed as the use cases change them: together.
#[derive(Default)]
struct Doctor {
    wallet: Wallet,
    payouts: BTreeMap<u128, Payout>,
    earned: i64,
    paid: BTreeMap<u128, Vec<i64>>,
}

impl Doctor {
    fn owner() -> AccountId {
        id(2)
    }

    fn entry(&mut self, command: impl Into<WalletCommand>) -> bool {
        let Ok(facts) = wallet::decide::decide(&self.wallet, command) else {
            return false;
        };
        let any = !facts.is_empty();
        facts.into_iter().for_each(|fact| self.wallet.apply(fact));
        any
    }

    fn earn(&mut self, booking: u128, minor: i64) {
        let amount = Money::kopecks(minor);
        let (owner_id, booking_id) = (Self::owner(), id(booking));
        let command = CreditEarnings {
            owner_id,
            booking_id,
            amount,
            rests_until: None,
            at: at(),
        };
        if self.entry(command) {
            self.earned += minor;
        }
    }

    fn tell(&mut self, number: u128, command: PayoutCommand) {
        let payout = self.payouts.entry(number).or_default();
        let amount = payout.order().map_or(Money::ZERO, |order| order.terms.amount);
        // News of the right sum, or of a kopeck more.
        let command = if let PayoutCommand::RecordSnapshot(news) = command {
            let amount = Money::kopecks(amount.minor + news.amount.minor);
            PayoutCommand::RecordSnapshot(RecordPayoutSnapshot { amount, ..news })
        } else {
            command
        };
        let Ok(facts) = decide(payout, command) else {
            return;
        };
        for fact in facts {
            payout.apply(fact.clone());
            if let PayoutEvent::Paid { amount, .. } = fact {
                self.paid.entry(number).or_default().push(amount.minor);
            } else if let PayoutEvent::Cancelled { amount, .. } = fact {
                let back = ReturnPayout {
                    owner_id: Self::owner(),
                    payout_id: id(number),
                    amount,
                    at: at(),
                };
                let facts = wallet::decide::decide(&self.wallet, back).unwrap();
                assert_eq!(facts.len(), 1, "it comes back once");
                facts.into_iter().for_each(|fact| self.wallet.apply(fact));
            }
        }
    }

    fn run(&mut self, number: u128) {
        let amount = self.wallet.available();
        let is_new = self
            .payouts
            .get(&number)
            .is_none_or(|payout| payout.order().is_none());
        if !is_new || amount.minor < PAYOUT_MIN.minor {
            return;
        }
        let out = PayOut {
            owner_id: Self::owner(),
            payout_id: id(number),
            amount,
            at: at(),
        };
        if self.entry(out) {
            self.tell(number, request(number, amount).into());
        }
    }

    fn in_transit(&self) -> i64 {
        let on_the_way = self.payouts.values().filter(|payout| payout.in_transit());
        on_the_way
            .filter_map(Payout::order)
            .map(|order| order.terms.amount.minor)
            .sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_earned_is_paid_or_on_its_way_or_there(steps in prop::collection::vec(step(), 1..120)) {
        let mut doctor = Doctor::default();
        for step in steps {
            match step {
                Step::Earn(booking, minor) => doctor.earn(booking, minor),
                Step::Run(number) => doctor.run(number),
                Step::Tell(number, command) => doctor.tell(number, command),
            }
            let balance = doctor.wallet.available().minor;
            prop_assert!(balance >= 0);
            let paid: i64 = doctor.paid.values().flatten().sum();
            prop_assert_eq!(doctor.earned, paid + doctor.in_transit() + balance);
            prop_assert!(doctor.paid.values().all(|times| times.len() == 1), "nothing is paid twice");
            for payout in doctor.payouts.values().filter_map(Payout::order) {
                let open = payout.calls.iter().filter(|made| !made.refused).count();
                prop_assert!(open <= 1, "one request at a time");
            }
        }
    }
}
