//! Given these facts of a wallet, when this is asked, then that happens.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::Timestamp;

use crate::ids::AccountId;
use crate::money::Money;
use crate::people::Role;
use crate::tests::fixtures::{id, moment, person, rub};
use crate::wallet::commands::{
    CreditEarnings, CreditRefund, Deposit, HoldMoney, PayOut, Post, RestoreDeposit, ReturnDeposit,
    ReturnPayout, Void, Withdraw,
};
use crate::wallet::decide::decide;
use crate::wallet::events::{DepositSource, WalletEvent, WalletHold};
use crate::wallet::refusal::WalletRefusal;
use crate::wallet::{ENTRIES_PER_PERIOD, Wallet, WalletCommand, roll_over};

pub(super) fn at() -> Timestamp {
    moment("2026-12-01T09:00:00Z")
}

pub(super) fn owner() -> AccountId {
    id(1)
}

pub(super) fn deposit(transfer: u128, amount: Money) -> Deposit {
    Deposit {
        owner_id: owner(),
        transfer_id: id(transfer),
        amount,
        source: DepositSource::Cash,
        by: person(Role::Admin),
        at: at(),
    }
}

pub(super) fn withdraw(transfer: u128, amount: Money) -> Withdraw {
    Withdraw {
        owner_id: owner(),
        transfer_id: id(transfer),
        amount,
        by: person(Role::Admin),
        at: at(),
    }
}

pub(super) fn hold(payment: u128, amount: Money) -> HoldMoney {
    HoldMoney {
        owner_id: owner(),
        payment_id: id(payment),
        amount,
        at: at(),
    }
}

pub(super) fn post(payment: u128, amount: Money) -> Post {
    Post {
        owner_id: owner(),
        payment_id: id(payment),
        amount,
        at: at(),
    }
}

pub(super) fn void(payment: u128) -> Void {
    Void {
        owner_id: owner(),
        payment_id: id(payment),
        at: at(),
    }
}

pub(super) fn refund(payment: u128, number: u32, amount: Money) -> CreditRefund {
    CreditRefund {
        owner_id: owner(),
        payment_id: id(payment),
        number,
        amount,
        at: at(),
    }
}

pub(super) fn earn(booking: u128, amount: Money) -> CreditEarnings {
    CreditEarnings {
        owner_id: owner(),
        booking_id: id(booking),
        amount,
        rests_until: None,
        at: at(),
    }
}

pub(super) fn pay_out(payout: u128, amount: Money) -> PayOut {
    PayOut {
        owner_id: owner(),
        payout_id: id(payout),
        amount,
        at: at(),
    }
}

pub(super) fn return_payout(payout: u128, amount: Money) -> ReturnPayout {
    ReturnPayout {
        owner_id: owner(),
        payout_id: id(payout),
        amount,
        at: at(),
    }
}

pub(super) fn give_back(transfer: u128, number: u32, amount: Money) -> ReturnDeposit {
    ReturnDeposit {
        owner_id: owner(),
        transfer_id: id(transfer),
        number,
        amount,
        at: at(),
    }
}

pub(super) fn restore(transfer: u128, number: u32, amount: Money) -> RestoreDeposit {
    RestoreDeposit {
        owner_id: owner(),
        transfer_id: id(transfer),
        number,
        amount,
        at: at(),
    }
}

fn opened(period: u32, balance: Money, holds: Vec<WalletHold>) -> WalletEvent {
    WalletEvent::PeriodOpened {
        owner_id: owner(),
        period,
        balance,
        holds,
        resting: vec![],
        at: at(),
    }
}

fn held(payment: u128, amount: Money) -> WalletEvent {
    WalletEvent::Held {
        owner_id: owner(),
        payment_id: id(payment),
        amount,
        at: at(),
    }
}

fn fold(facts: &[WalletEvent]) -> Wallet {
    let mut wallet = Wallet::default();
    for fact in facts {
        wallet.apply(fact.clone());
    }
    wallet
}

/// A wallet of 100 roubles, 30 of them kept back for payment 20.
fn hundred() -> Vec<WalletEvent> {
    vec![opened(1, rub(100), vec![]), held(20, rub(30))]
}

#[test]
fn the_first_money_opens_the_first_period() {
    let command = deposit(1, rub(100));
    TestFramework::<Wallet>::with(())
        .given_no_previous_events()
        .when(command.into())
        .then_expect_events(vec![
            opened(1, rub(0), vec![]),
            WalletEvent::Deposited {
                owner_id: owner(),
                transfer_id: id(1),
                amount: rub(100),
                source: DepositSource::Cash,
                by: person(Role::Admin),
                at: at(),
            },
        ]);
    let returned = decide(&Wallet::Absent, refund(20, 1, rub(5))).unwrap();
    assert_eq!(fold(&returned).available(), rub(5));
}

#[test]
fn a_wallet_that_never_was_has_nothing_to_give() {
    let none = WalletRefusal::InsufficientFunds { available: rub(0) };
    assert_eq!(decide(&Wallet::Absent, hold(20, rub(1))), Err(none.clone()));
    assert_eq!(decide(&Wallet::Absent, withdraw(2, rub(1))), Err(none));
    assert_eq!(
        decide(&Wallet::Absent, post(20, rub(1))),
        Err(WalletRefusal::NoSuchHold)
    );
    assert_eq!(decide(&Wallet::Absent, void(20)), Ok(vec![]));
    assert_eq!(Wallet::Absent.available(), rub(0));
    for fact in hundred()
        .into_iter()
        .skip(1)
        .chain([WalletEvent::PeriodClosed { at: at() }])
    {
        assert_eq!(fold(&[fact]), Wallet::Absent);
    }
}

#[test]
fn what_is_kept_back_is_not_available() {
    let wallet = fold(&hundred());
    assert_eq!(wallet.available(), rub(70));
    let short = Err(WalletRefusal::InsufficientFunds { available: rub(70) });
    let more = Money::kopecks(7_001);
    assert_eq!(decide(&wallet, hold(21, more)), short);
    assert_eq!(decide(&wallet, withdraw(2, more)), short);
    assert_eq!(decide(&wallet, hold(21, rub(70))), Ok(vec![held(21, rub(70))]));
    assert_eq!(
        decide(&wallet, withdraw(2, rub(70))).map(|facts| facts.len()),
        Ok(1)
    );
}

#[test]
fn a_hold_is_posted_in_part_and_the_rest_is_free() {
    let given = || TestFramework::<Wallet>::with(()).given(hundred());
    let posted = WalletEvent::Posted {
        owner_id: owner(),
        payment_id: id(20),
        amount: rub(10),
        at: at(),
    };
    given()
        .when(post(20, rub(10)).into())
        .then_expect_events(vec![posted.clone()]);
    given()
        .when(post(20, rub(31)).into())
        .then_expect_error(WalletRefusal::AmountOutOfRange);
    given()
        .when(post(20, rub(0)).into())
        .then_expect_error(WalletRefusal::AmountOutOfRange);
    given()
        .when(post(21, rub(1)).into())
        .then_expect_error(WalletRefusal::NoSuchHold);
    let wallet = fold(&[hundred(), vec![posted]].concat());
    assert_eq!(wallet.available(), rub(90));
    assert_eq!(wallet.statement().unwrap().balance, rub(90));
}

#[test]
fn a_void_frees_the_hold() {
    let voided = WalletEvent::Voided {
        owner_id: owner(),
        payment_id: id(20),
        at: at(),
    };
    TestFramework::<Wallet>::with(())
        .given(hundred())
        .when(void(20).into())
        .then_expect_events(vec![voided.clone()]);
    assert_eq!(fold(&[hundred(), vec![voided]].concat()).available(), rub(100));
}

#[test]
fn the_same_command_twice_is_one_command() {
    let mut facts = hundred();
    let commands: [WalletCommand; 6] = [
        deposit(1, rub(5)).into(),
        withdraw(2, rub(5)).into(),
        hold(21, rub(5)).into(),
        post(20, rub(30)).into(),
        void(21).into(),
        refund(20, 1, rub(30)).into(),
    ];
    for command in commands {
        let decided = decide(&fold(&facts), command.clone()).unwrap();
        assert_eq!(decided.len(), 1, "{command:?}");
        facts.extend(decided);
        assert_eq!(decide(&fold(&facts), command), Ok(vec![]));
    }
    assert_eq!(fold(&facts).available(), rub(100));
    assert_eq!(
        decide(&fold(&facts), hold(20, rub(30))),
        Ok(vec![]),
        "what is paid is not held again"
    );
    let changed = decide(&fold(&hundred()), hold(20, rub(31)));
    assert_eq!(changed, Err(WalletRefusal::AmountOutOfRange));
    let next = decide(&fold(&facts), refund(20, 2, rub(1))).unwrap();
    assert_eq!(next.len(), 1, "another refund of the payment is another command");
}

#[test]
fn amounts_are_more_than_nothing_and_fit() {
    let wallet = fold(&hundred());
    let refused = Err(WalletRefusal::AmountOutOfRange);
    for amount in [rub(0), rub(-1)] {
        assert_eq!(decide(&wallet, deposit(1, amount)), refused);
        assert_eq!(decide(&wallet, withdraw(2, amount)), refused);
        assert_eq!(decide(&wallet, hold(21, amount)), refused);
        assert_eq!(decide(&wallet, refund(20, 1, amount)), refused);
    }
    assert_eq!(decide(&wallet, deposit(1, Money::kopecks(i64::MAX))), refused);
}

#[test]
fn a_full_period_is_closed_and_carried_forward() {
    let mut facts = hundred();
    for number in 2..ENTRIES_PER_PERIOD {
        assert_eq!(roll_over(&fold(&facts), owner(), at()), None);
        facts.extend(decide(&fold(&facts), deposit(100 + u128::from(number), rub(1))).unwrap());
    }
    facts.extend(decide(&fold(&facts), deposit(1, rub(1))).unwrap());
    let full = fold(&facts);
    assert_eq!(
        roll_over(&full, id(99), at()),
        None,
        "a page is turned by its owner's name"
    );
    let (closed, next) = roll_over(&full, owner(), at()).unwrap();
    let carried = vec![WalletHold {
        payment_id: id(20),
        amount: rub(30),
    }];
    assert_eq!(next, opened(2, rub(299), carried));
    facts.push(closed.clone());
    let past = fold(&facts);
    assert_eq!(
        decide(&past, deposit(1, rub(1))),
        Err(WalletRefusal::PeriodClosed)
    );
    assert_eq!(decide(&past, void(20)), Err(WalletRefusal::PeriodClosed));
    assert_eq!(roll_over(&past, owner(), at()), None);
    let present = fold(&[next]);
    assert_eq!(present.available(), full.available());
    assert_eq!(present.statement().unwrap().entries, 0);
    assert_eq!(
        decide(&present, post(20, rub(30))).map(|facts| facts.len()),
        Ok(1),
        "holds are carried"
    );
    assert_eq!(fold(&[facts, vec![closed]].concat()), past);
}

#[test]
fn periods_have_numbers_and_streams() {
    assert_eq!(Wallet::stream_id(owner(), 7), format!("{}_000007", owner()));
    assert!(Wallet::stream_id(owner(), 9) < Wallet::stream_id(owner(), 10));
}

#[test]
fn a_wallet_survives_being_written_down() {
    let mut facts = hundred();
    facts.extend(decide(&fold(&facts), refund(20, 1, rub(1))).unwrap());
    let wallet = fold(&facts);
    let text = serde_json::to_string(&wallet).unwrap();
    assert_eq!(serde_json::from_str::<Wallet>(&text).unwrap(), wallet);
}

#[test]
fn what_a_visit_earned_can_be_paid_out_once_and_comes_back_once() {
    let mut wallet = Wallet::default();
    let mut told = |command: WalletCommand| {
        let facts = decide(&wallet, command.clone())?;
        facts.into_iter().for_each(|fact| wallet.apply(fact));
        assert_eq!(decide(&wallet, command), Ok(vec![]), "twice is once");
        Ok::<_, WalletRefusal>(wallet.available())
    };
    assert_eq!(told(earn(1, rub(1_200)).into()), Ok(rub(1_200)));
    assert_eq!(told(pay_out(2, rub(1_000)).into()), Ok(rub(200)));
    let too_much = WalletRefusal::InsufficientFunds { available: rub(200) };
    assert_eq!(told(pay_out(3, rub(201)).into()), Err(too_much));
    assert_eq!(told(return_payout(2, rub(1_000)).into()), Ok(rub(1_200)));
    assert_eq!(told(pay_out(4, rub(1_200)).into()), Ok(rub(0)));
    assert_eq!(told(earn(5, rub(0)).into()), Err(WalletRefusal::AmountOutOfRange));
}

#[test]
fn deposited_money_goes_back_once_as_far_as_it_is_there_and_comes_back_once() {
    let mut wallet = Wallet::default();
    let mut told = |command: WalletCommand| {
        let facts = decide(&wallet, command)?;
        facts.iter().cloned().for_each(|fact| wallet.apply(fact));
        Ok((facts.len(), wallet.available()))
    };
    told(deposit(1, rub(500)).into()).unwrap();
    told(hold(7, rub(200)).into()).unwrap();
    let too_much: Result<_, WalletRefusal> = told(give_back(1, 1, rub(301)).into());
    assert_eq!(
        too_much,
        Err(WalletRefusal::InsufficientFunds { available: rub(300) }),
        "what is held for a visit is spent"
    );
    assert_eq!(told(give_back(1, 1, rub(300)).into()), Ok((1, rub(0))));
    assert_eq!(told(give_back(1, 1, rub(300)).into()), Ok((0, rub(0))));
    assert_eq!(told(restore(1, 1, rub(300)).into()), Ok((1, rub(300))));
    assert_eq!(told(restore(1, 1, rub(300)).into()), Ok((0, rub(300))));
    assert_eq!(told(give_back(1, 2, rub(100)).into()), Ok((1, rub(200))));
}
