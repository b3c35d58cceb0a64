//! Whatever is asked of a payment by wallet, in any order: captured ≥ refunded ≥ 0, and held money is taken or freed exactly once.

use cqrs_es::Aggregate;
use proptest::prelude::*;

use crate::money::Money;
use crate::payment::commands::{RecordAuthorised, RecordFailed, RecordUnknown, Refund, Settle};
use crate::payment::decide::decide;
use crate::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use crate::payment::tests::{fold, started};
use crate::payment::{Payment, PaymentCommand};
use crate::people::Actor;
use crate::tests::fixtures::moment;

pub(in crate::payment) fn commands() -> impl Strategy<Value = PaymentCommand> {
    let amount = prop_oneof![Just(200_000i64), Just(0), -10i64..400_000, 1i64..50_000];
    (0u8..5, amount).prop_map(|(kind, minor)| {
        let (amount, by) = (Money::kopecks(minor), Actor::Process);
        let at = moment("2026-12-01T09:00:00Z");
        match kind {
            0 => RecordUnknown { at }.into(),
            1 => RecordAuthorised {
                amount,
                expires_at: None,
                at,
            }
            .into(),
            2 => RecordFailed {
                code: "declined".to_owned(),
                at,
            }
            .into(),
            3 => Settle {
                due: amount,
                reason: RefundReason::Settlement,
                by,
                at,
            }
            .into(),
            _ => Refund {
                amount,
                reason: RefundReason::Goodwill,
                by,
                again: true,
                at,
            }
            .into(),
        }
    })
}

/// What a ledger would say: money held, taken and given back, by the facts alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::payment) struct Books {
    pub held: i64,
    pub taken: i64,
    pub back: i64,
}

impl Books {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other facts move nothing")]
    pub fn enter(&mut self, fact: &PaymentEvent) {
        match fact {
            PaymentEvent::Authorised { amount, .. } => self.held += amount.minor,
            PaymentEvent::Captured { amount, released, .. } => {
                // Captured at once, nothing was held before.
                let from_hold = if self.held == 0 {
                    0
                } else {
                    amount.minor + released.minor
                };
                self.held -= from_hold;
                self.taken += amount.minor;
            }
            PaymentEvent::Cancelled { released, .. } => self.held -= released.minor,
            PaymentEvent::Refunded { amount, .. } => self.back += amount.minor,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn money_is_taken_and_given_back_within_what_there_is(
        commands in prop::collection::vec(commands(), 1..40),
    ) {
        let mut payment = fold(&[started(PaymentMethod::Wallet)]);
        let mut books = Books::default();
        let mut numbers = 0;
        for command in commands {
            let Ok(facts) = decide(&payment, command.clone()) else { continue };
            prop_assert!(facts.len() <= 1);
            for fact in facts {
                if let PaymentEvent::Refunded { number, .. } = &fact {
                    numbers += 1;
                    prop_assert_eq!(*number, numbers, "refunds are numbered without gaps");
                }
                books.enter(&fact);
                payment.apply(fact);
            }
            let stands = Books {
                held: payment.held().minor,
                taken: payment.captured().minor,
                back: payment.refunded().minor,
            };
            prop_assert_eq!(&books, &stands);
            prop_assert!(0 <= books.back && books.back <= books.taken && books.taken <= 200_000);
            prop_assert!(0 <= books.held && (books.held == 0 || books.taken == 0));
            prop_assert_eq!(matches!(payment, Payment::Authorised(_)), books.held > 0);
            if payment.is_final() {
                prop_assert_eq!(books.held + books.taken - books.back, 0, "what is over holds no money");
            }
            if !matches!(command, PaymentCommand::Refund(_)) {
                prop_assert_eq!(decide(&payment, command), Ok(vec![]), "the same command twice is one command");
            }
        }
    }
}
