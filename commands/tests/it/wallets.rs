//! Wallets: statement periods are turned when they are full, and a long past costs nothing.

use commands::Refusal;
use commands::wallet::{self, DepositCash, WithdrawCash};
use domain::ids::{AccountId, TransferId};
use domain::money::Money;
use domain::people::Actor;
use domain::wallet::commands::Deposit;
use domain::wallet::events::DepositSource;
use domain::wallet::{ENTRIES_PER_PERIOD, Wallet, decide, roll_over};
use event_store::{AsOf, CommandContext, StreamName, execute};
use uuid::Uuid;

use crate::checks::World;
use crate::kit::{Kit, as_admin, as_patient, refused};

fn deposit(owner: domain::ids::PatientId, kopecks: i64) -> DepositCash {
    DepositCash {
        owner_id: owner.into(),
        amount: Money::kopecks(kopecks),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_period_is_closed_and_carried_forward_with_its_holds() {
    let mut kit = Kit::new().await;
    let patient = kit.patient_with(150_000).await;
    let booking_id = kit.requested_urgently(patient).await;
    kit.pay(patient, booking_id).await.unwrap();
    let entries = i64::from(ENTRIES_PER_PERIOD) * 2;
    for _ in 0..entries {
        kit.deposit(patient, 100).await;
    }
    let now = wallet::balance(&kit.services, patient.into())
        .await
        .unwrap()
        .answer;
    assert_eq!(now.period, 3);
    assert_eq!(
        (now.balance.minor, now.held.minor),
        (150_000 + entries * 100, 150_000)
    );
    assert_eq!(kit.count("WalletPeriodClosed").await, 2);
    assert_eq!(kit.count("WalletPeriodOpened").await, 3);
    // What was held two pages ago is found on the new page.
    kit.drain().await;
    let command = commands::bookings::CancelBooking {
        booking_id,
        reason: domain::booking::events::CancelReason::Mistake,
        note: None,
        expected_fee: None,
    };
    commands::bookings::cancel(&kit.services, &as_patient(patient), command)
        .await
        .unwrap();
    kit.drain().await;
    assert_eq!(kit.available(patient).await, 150_000 + entries * 100);
    World::of(&kit.facts().await).check_at_rest();
}

/// A past of whole pages, appended page by page under the same rules.
async fn live_through(kit: &Kit, owner_id: AccountId, pages: u32) {
    for period in 1..=pages {
        let name = |period| StreamName::of::<Wallet>(Wallet::stream_id(owner_id, period), owner_id);
        let (page, next) = (name(period), name(period + 1));
        let context = CommandContext {
            command_id: Uuid::from_u128(u128::from(period)),
            repeatable: false,
            remembers_no_op: false,
            digest: String::new(),
            actor_id: "past".to_owned(),
            actor_role: "process",
            correlation_id: String::new(),
            causation: None,
            trace_id: String::new(),
            channel: None,
            app_id: None,
            expected: None,
        };
        execute::<Refusal, _>(&kit.services.log, &context, &[], |work| {
            let at = work.now();
            for entry in 0..ENTRIES_PER_PERIOD {
                let deposit = Deposit {
                    owner_id,
                    transfer_id: TransferId::from_uuid(Uuid::from_u64_pair(
                        u64::from(period),
                        u64::from(entry),
                    )),
                    amount: Money::kopecks(1),
                    source: DepositSource::Cash,
                    by: Actor::Process,
                    at,
                };
                work.decide(&page, |wallet: &Wallet| decide::decide(wallet, deposit))?;
            }
            let full = work.state::<Wallet>(&page)?;
            let (closed, opened) = roll_over(&full, owner_id, at).expect("the page is full");
            work.record::<Wallet>(&page, vec![closed])?;
            work.state::<Wallet>(&next)?;
            work.record::<Wallet>(&next, vec![opened])
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_with_ten_thousand_past_entries_loads_one_fact() {
    let kit = Kit::new().await;
    let patient = kit.patient().await;
    live_through(&kit, patient.into(), 50).await;
    assert_eq!(kit.count("WalletDeposited").await, 10_000);
    let last = kit
        .services
        .log
        .last_stream_id("wallet", &patient.to_string())
        .await
        .unwrap()
        .unwrap();
    let page = kit
        .services
        .log
        .read_stream("wallet", &last, AsOf::Head)
        .await
        .unwrap();
    assert!(last.ends_with("_000051"), "{last}");
    assert_eq!(page.len(), 1, "all that a decision reads of the past");
    // A process that knows nothing finds that page at once, and it is all it names.
    let fresh = kit.another_process().await;
    let done = wallet::deposit_cash(&fresh, &as_admin(), deposit(patient, 1))
        .await
        .unwrap();
    assert_eq!(
        (done.answer.period, done.answer.balance.minor, done.version),
        (51, 10_001, 2)
    );
    World::of(&kit.facts().await).check_at_rest();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_hint_is_old_finds_the_period_in_force() {
    let kit = Kit::new().await;
    let patient = kit.patient_with(1).await; // This process now believes in page 1.
    let other = kit.another_process().await;
    for _ in 0..ENTRIES_PER_PERIOD * 5 {
        wallet::deposit_cash(&other, &as_admin(), deposit(patient, 1))
            .await
            .unwrap();
    }
    let done = wallet::deposit_cash(&kit.services, &as_admin(), deposit(patient, 1))
        .await
        .unwrap();
    assert_eq!(done.answer.period, 6);
    assert_eq!(done.answer.balance.minor, i64::from(ENTRIES_PER_PERIOD) * 5 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_repeated_after_the_period_was_closed_is_still_one_deposit() {
    let kit = Kit::new().await;
    let patient = kit.patient().await;
    let asked = as_admin().with_key(Some("cash".to_owned()));
    let first = wallet::deposit_cash(&kit.services, &asked, deposit(patient, 500))
        .await
        .unwrap();
    for _ in 0..ENTRIES_PER_PERIOD {
        kit.deposit(patient, 1).await;
    }
    for services in [&kit.services, &kit.another_process().await] {
        let again = wallet::deposit_cash(services, &asked, deposit(patient, 500))
            .await
            .unwrap();
        assert!(again.replayed);
        assert_eq!(
            (again.position, again.version, again.answer),
            (first.position, first.version, first.answer)
        );
    }
    assert_eq!(kit.balance(patient).await, 500 + i64::from(ENTRIES_PER_PERIOD));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cash_goes_only_to_patients_only_by_admins_and_only_out_of_what_is_there() {
    let kit = Kit::new().await;
    let patient = kit.patient().await;
    let by_patient = wallet::deposit_cash(&kit.services, &as_patient(patient), deposit(patient, 1)).await;
    assert_eq!(refused(by_patient), "forbidden");
    let doctor = domain::ids::PatientId::from_uuid(kit.doctor(true).await.uuid());
    assert_eq!(
        refused(wallet::deposit_cash(&kit.services, &as_admin(), deposit(doctor, 1)).await),
        "not_found"
    );
    for nothing in [0, -5] {
        let answer = wallet::deposit_cash(&kit.services, &as_admin(), deposit(patient, nothing)).await;
        assert_eq!(refused(answer), "amount_out_of_range");
    }
    let out = |kopecks| WithdrawCash {
        owner_id: patient.into(),
        amount: Money::kopecks(kopecks),
    };
    assert_eq!(
        refused(wallet::withdraw(&kit.services, &as_admin(), out(1)).await),
        "insufficient_funds"
    );
    kit.deposit(patient, 300).await;
    assert_eq!(
        wallet::withdraw(&kit.services, &as_admin(), out(200))
            .await
            .unwrap()
            .answer
            .balance
            .minor,
        100
    );
    assert_eq!(kit.available(patient).await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_racing_for_one_wallet_never_overdraw_it() {
    let kit = Kit::new().await;
    let patient = kit.patient_with(150_000 * 3 + 1).await;
    let mut bookings = Vec::new();
    for _ in 0..12 {
        bookings.push(kit.requested_urgently(patient).await);
    }
    let races = bookings.iter().map(|booking_id| kit.pay(patient, *booking_id));
    let answers: Vec<_> = futures::future::join_all(races)
        .await
        .into_iter()
        .map(refused)
        .collect();
    assert_eq!(
        answers.iter().filter(|code| **code == "done").count(),
        3,
        "{answers:?}"
    );
    assert_eq!(
        answers
            .iter()
            .filter(|code| **code == "insufficient_funds")
            .count(),
        9
    );
    assert_eq!(kit.available(patient).await, 1);
    World::of(&kit.facts().await).check_always();
}
