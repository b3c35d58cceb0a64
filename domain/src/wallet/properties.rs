//! Whatever is asked of a wallet, over as many pages as it takes: what is available never falls below nothing, and
//! no kopeck appears or vanishes.

use cqrs_es::Aggregate;
use proptest::prelude::*;

use crate::money::Money;
use crate::wallet::decide::decide;
use crate::wallet::events::WalletEvent;
use crate::wallet::tests::{
    at, deposit, earn, give_back, hold, owner, pay_out, post, refund, restore, return_payout, void, withdraw,
};
use crate::wallet::{ENTRIES_PER_PERIOD, Wallet, WalletCommand, roll_over};

fn commands() -> impl Strategy<Value = WalletCommand> {
    (0u8..13, 0u128..40, 1i64..20_000, 1u32..4).prop_map(|(kind, number, minor, refunds)| {
        let amount = Money::kopecks(minor);
        match kind {
            0 | 1 => deposit(number, amount).into(),
            2 => withdraw(number, amount).into(),
            3 | 4 => hold(number, amount).into(),
            5 => post(number, amount).into(),
            6 => void(number).into(),
            8 => earn(number, amount).into(),
            9 => pay_out(number, amount).into(),
            10 => return_payout(number, amount).into(),
            11 => give_back(number, refunds, amount).into(),
            12 => restore(number, refunds, amount).into(),
            _ => refund(number, refunds, amount).into(),
        }
    })
}

/// What the facts alone say came in, less what they say went out.
fn flow(fact: &WalletEvent) -> i64 {
    match fact {
        WalletEvent::Deposited { amount, .. }
        | WalletEvent::Refunded { amount, .. }
        | WalletEvent::Earned { amount, .. }
        | WalletEvent::PayoutReturned { amount, .. }
        | WalletEvent::DepositRestored { amount, .. } => amount.minor,
        WalletEvent::Withdrawn { amount, .. }
        | WalletEvent::Posted { amount, .. }
        | WalletEvent::PaidOut { amount, .. }
        | WalletEvent::DepositReturned { amount, .. } => -amount.minor,
        WalletEvent::PeriodOpened { .. }
        | WalletEvent::PeriodClosed { .. }
        | WalletEvent::Held { .. }
        | WalletEvent::Voided { .. } => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_kopeck_appears_or_vanishes(commands in prop::collection::vec(commands(), 1..900)) {
        let mut wallet = Wallet::default();
        let mut balance = 0;
        let mut pages = 1;
        for command in commands {
            if let Some((closed, opened)) = roll_over(&wallet, owner(), at()) {
                let available = wallet.available();
                wallet.apply(closed);
                prop_assert!(matches!(wallet, Wallet::Closed(_)));
                wallet = Wallet::default();
                wallet.apply(opened);
                pages += 1;
                prop_assert_eq!(wallet.available(), available);
            }
            if let Ok(facts) = decide(&wallet, command.clone()) {
                for fact in facts {
                    balance += flow(&fact);
                    wallet.apply(fact);
                }
                prop_assert_eq!(decide(&wallet, command), Ok(vec![]), "the same command twice is one command");
            }
            if let Some(statement) = wallet.statement() {
                prop_assert_eq!(statement.balance.minor, balance);
                prop_assert!(statement.available().unwrap().minor >= 0);
                prop_assert!(statement.holds.iter().all(|hold| hold.amount.is_positive()));
                prop_assert_eq!(statement.period, pages);
                prop_assert!(statement.entries <= ENTRIES_PER_PERIOD);
            }
        }
    }
}
