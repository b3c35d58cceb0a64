//! Earnings, and the payouts that took them: given a wallet's facts, whose money each payout took.

use domain::ids::{AccountId, BookingId, PayoutId, TransferId};
use domain::money::Money;
use domain::people::Actor;
use domain::wallet::events::{DepositSource, RestingEarning, WalletEvent};
use event_store::Position;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::paid_out::allocation::Allocation;

/// What happens in a wallet, in words.
enum Wallet {
    /// A statement period begins with so many rubles, of which the earning of that booking rests.
    Opened(i64, Option<(u128, i64)>),
    /// A visit earned so many rubles, which rest for so many hours.
    Earned(u128, i64, i64),
    Deposited(i64),
    /// A payout takes so many rubles.
    PaidOut(u128, i64),
    Returned(u128, i64),
}

use Wallet::{Deposited, Earned, Opened, PaidOut, Returned};

const OWNER: AccountId = AccountId::from_uuid(Uuid::from_u128(1));

fn booking(number: u128) -> BookingId {
    BookingId::from_uuid(Uuid::from_u128(number))
}

fn rubles(rubles: i64) -> Money {
    Money::kopecks(rubles * 100)
}

/// The event, which happens at this hour.
fn event(wallet: &Wallet, hour: i64) -> WalletEvent {
    let start: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    let at = start + SignedDuration::from_hours(hour);
    let payout = |number| PayoutId::from_uuid(Uuid::from_u128(number));
    match *wallet {
        Opened(balance, resting) => WalletEvent::PeriodOpened {
            owner_id: OWNER,
            period: 1,
            balance: rubles(balance),
            holds: vec![],
            resting: resting
                .map(|(number, amount)| RestingEarning {
                    booking_id: booking(number),
                    amount: rubles(amount),
                    rests_until: at + SignedDuration::from_hours(24),
                })
                .into_iter()
                .collect(),
            at,
        },
        Earned(number, amount, rest_hours) => WalletEvent::Earned {
            owner_id: OWNER,
            booking_id: booking(number),
            amount: rubles(amount),
            rests_until: (rest_hours > 0).then(|| at + SignedDuration::from_hours(rest_hours)),
            at,
        },
        Deposited(amount) => WalletEvent::Deposited {
            owner_id: OWNER,
            transfer_id: TransferId::from_uuid(Uuid::from_u128(9)),
            amount: rubles(amount),
            source: DepositSource::Cash,
            by: Actor::Process,
            at,
        },
        PaidOut(number, amount) => WalletEvent::PaidOut {
            owner_id: OWNER,
            payout_id: payout(number),
            amount: rubles(amount),
            at,
        },
        Returned(number, amount) => WalletEvent::PayoutReturned {
            owner_id: OWNER,
            payout_id: payout(number),
            amount: rubles(amount),
            at,
        },
    }
}

/// Which payouts took how many rubles of what a booking's visit earned, each of how many, and whether all of it is out. One fact an hour.
fn out_of(earned: u128, facts: &[Wallet]) -> (Vec<(u128, i64, i64)>, bool) {
    let mut allocation = Allocation::new(booking(earned));
    for (hour, fact) in (0_i64..).zip(facts) {
        allocation.apply(&event(fact, hour), hour + 1);
    }
    let taken = allocation.of_visit().map(|taken| {
        let rubles = |money: Money| money.minor / 100;
        let number = taken.payout_id.uuid().as_u128();
        (number, rubles(taken.of_visit), rubles(taken.amount))
    });
    (taken.collect(), allocation.is_out())
}

#[test]
fn a_payout_that_came_to_nothing_and_the_one_that_paid_are_both_tries() {
    let facts = [
        Opened(0, None),
        Earned(1, 1_200, 0),
        PaidOut(7, 1_200),
        Returned(7, 1_200),
        PaidOut(8, 1_200),
        Earned(2, 500, 0),
        PaidOut(9, 500),
    ];
    assert_eq!(
        out_of(1, &facts),
        (vec![(7, 1_200, 1_200), (8, 1_200, 1_200)], true)
    );
    assert_eq!(out_of(1, &facts[..4]), (vec![(7, 1_200, 1_200)], false));
    assert_eq!(out_of(2, &facts), (vec![(9, 500, 500)], true));
}

#[test]
fn a_payout_of_several_earnings_says_how_much_of_it_each_is() {
    let facts = [
        Opened(0, None),
        Earned(1, 1_200, 0),
        Earned(2, 800, 0),
        PaidOut(7, 2_000),
    ];
    assert_eq!(out_of(1, &facts), (vec![(7, 1_200, 2_000)], true));
    assert_eq!(out_of(2, &facts), (vec![(7, 800, 2_000)], true));
}

#[test]
fn what_a_payout_leaves_over_is_the_youngest_money_and_goes_with_the_next_one() {
    let facts = [
        Opened(300, None),
        Earned(1, 1_000, 0),
        Earned(2, 1_000, 0),
        PaidOut(7, 1_500),
        PaidOut(8, 800),
    ];
    assert_eq!(out_of(1, &facts), (vec![(7, 1_000, 1_500)], true));
    assert_eq!(out_of(2, &facts), (vec![(7, 200, 1_500), (8, 800, 800)], true));
    assert_eq!(out_of(2, &facts[..4]), (vec![(7, 200, 1_500)], false));
}

#[test]
fn money_that_rests_is_not_paid_out_and_older_money_goes_first() {
    let facts = [
        Opened(100, Some((5, 40))),
        Earned(1, 1_000, 24),
        Deposited(50),
        PaidOut(7, 150),
        PaidOut(8, 10),
    ];
    assert_eq!(out_of(1, &facts), (vec![], false));
}

#[test]
fn what_comes_back_late_is_as_old_as_it_was() {
    let facts = [
        Opened(0, None),
        Earned(1, 1_000, 0),
        PaidOut(7, 1_000),
        Earned(2, 400, 0),
        PaidOut(8, 400),
        Returned(7, 1_000),
        // A later period carries forward what is known.
        Opened(1_000, None),
        PaidOut(9, 600),
        PaidOut(10, 400),
    ];
    let tries = vec![(7, 1_000, 1_000), (9, 600, 600), (10, 400, 400)];
    assert_eq!(out_of(1, &facts), (tries, true));
    assert_eq!(out_of(2, &facts), (vec![(8, 400, 400)], true));
}

#[test]
fn what_a_payout_of_an_earlier_period_brings_back_is_older_than_all() {
    let facts = [
        Opened(0, None),
        Earned(1, 1_000, 0),
        Returned(6, 500),
        PaidOut(7, 500),
    ];
    assert_eq!(out_of(1, &facts), (vec![], false));
}

#[test]
fn a_payout_knows_its_facts_in_the_wallet() {
    let mut allocation = Allocation::new(booking(1));
    for (position, fact) in (0_i64..).zip([Opened(0, None), Earned(1, 5, 0), PaidOut(7, 5), Returned(7, 5)]) {
        allocation.apply(&event(&fact, position), position);
    }
    let positions: Vec<&Vec<Position>> = allocation.of_visit().map(|taken| &taken.positions).collect();
    assert_eq!(positions, [&vec![2, 3]]);
}
