//! What a visit earned rests before it can be paid out, by whatever way, and over the turn of a statement period.

use cqrs_es::{Aggregate, DomainEvent};
use jiff::{SignedDuration, Timestamp};

use crate::money::Money;
use crate::tests::fixtures::{id, rub};
use crate::wallet::commands::{CreditEarnings, PayOut, Withdraw};
use crate::wallet::decide::decide;
use crate::wallet::events::{RestingEarning, WalletEvent};
use crate::wallet::refusal::WalletRefusal;
use crate::wallet::tests::{at, deposit, earn, owner, pay_out, withdraw};
use crate::wallet::{ENTRIES_PER_PERIOD, Wallet, WalletCommand, roll_over};

fn later(hours: i64) -> Timestamp {
    at() + SignedDuration::from_hours(hours)
}

fn earned(booking: u128, amount: Money, hours: i64) -> CreditEarnings {
    CreditEarnings {
        rests_until: Some(later(24 + hours)),
        at: later(hours),
        ..earn(booking, amount)
    }
}

fn told(wallet: &mut Wallet, command: impl Into<WalletCommand>) {
    for fact in decide(wallet, command).unwrap() {
        wallet.apply(fact);
    }
}

/// Ten roubles that rest until tomorrow.
fn resting() -> Wallet {
    let mut wallet = Wallet::default();
    told(&mut wallet, earned(1, rub(10), 0));
    wallet
}

#[test]
fn what_rests_is_paid_out_by_no_way_and_all_of_it_a_day_later() {
    let wallet = resting();
    let short = Err(WalletRefusal::InsufficientFunds { available: rub(0) });
    assert_eq!((wallet.available(), wallet.available_at(at())), (rub(10), rub(0)));
    let last = later(24) - SignedDuration::from_nanos(1);
    for now in [at(), last] {
        let out = PayOut {
            at: now,
            ..pay_out(30, rub(1))
        };
        assert_eq!(decide(&wallet, out), short, "{now}");
        let cash = Withdraw {
            at: now,
            ..withdraw(31, rub(1))
        };
        assert_eq!(decide(&wallet, cash), short, "{now}");
    }
    let out = PayOut {
        at: later(24),
        ..pay_out(30, rub(10))
    };
    assert_eq!(decide(&wallet, out).map(|facts| facts.len()), Ok(1));
}

#[test]
fn what_has_rested_is_paid_while_the_rest_waits_and_is_forgotten() {
    let mut wallet = resting();
    told(&mut wallet, earned(2, rub(20), 20));
    assert_eq!(wallet.available_at(later(24)), rub(10));
    assert_eq!(wallet.available_at(later(44)), rub(30));
    told(&mut wallet, earned(3, rub(5), 25));
    let kept: Vec<_> = wallet
        .statement()
        .unwrap()
        .resting
        .iter()
        .map(|it| it.booking_id)
        .collect();
    assert_eq!(kept, [id(2), id(3)], "the first one has rested");
}

#[test]
fn what_rests_is_carried_into_the_next_statement_period() {
    let mut wallet = resting();
    let mut number = 100;
    while wallet.statement().unwrap().entries < ENTRIES_PER_PERIOD {
        told(&mut wallet, deposit(number, rub(1)));
        number += 1;
    }
    let (_, opened) = roll_over(&wallet, owner(), later(1)).unwrap();
    let mut next = Wallet::default();
    next.apply(opened.clone());
    assert_eq!(next.available_at(later(1)), wallet.available_at(later(1)));
    assert_eq!(opened.event_version(), "2");
    let (_, rested) = roll_over(&wallet, owner(), later(24)).unwrap();
    assert_eq!(rested.event_version(), "1", "nothing new is said in old words");
}

#[test]
fn earnings_of_old_facts_never_rested() {
    let mut wallet = Wallet::default();
    told(&mut wallet, earn(1, rub(10)));
    assert_eq!(wallet.available_at(at()), rub(10));
    let old = decide(&Wallet::default(), earn(1, rub(10))).unwrap();
    assert!(old.iter().all(|fact| fact.event_version() == "1"));
    let new = WalletEvent::Earned {
        owner_id: owner(),
        booking_id: id(1),
        amount: rub(10),
        rests_until: Some(later(24)),
        at: at(),
    };
    assert_eq!(new.event_version(), "2");
    wallet.apply(new);
    let expected = RestingEarning {
        booking_id: id(1),
        amount: rub(10),
        rests_until: later(24),
    };
    assert_eq!(wallet.statement().unwrap().resting, [expected]);
}
