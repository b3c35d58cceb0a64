//! What visits earn, who is paid in the weekly run, and what a patient may take out of a wallet.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_earns_once_and_what_is_given_back_later_is_the_clinics_loss() {
    let mut scene = Scene::new().await;
    let (booking_id, payment_id) = scene.complete(0).await;
    assert_eq!(scene.owed().await, SHARE);
    let command = payments::RefundPayment {
        payment_id,
        amount: SCHEDULED,
        reason: RefundReason::Complaint,
        again: false,
    };
    payments::refund(&scene.kit.services, &as_admin(), command)
        .await
        .unwrap();
    scene.kit.drain().await;
    assert_eq!(scene.owed().await, SHARE, "fixed once and for all");
    assert_eq!(scene.kit.count("BookingEarned").await, 1);
    let booking = scene.kit.booking(booking_id).await;
    assert_eq!(booking.agreement().unwrap().earned, Some(Money::kopecks(SHARE)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fee_earns_its_part_and_a_free_cancellation_nothing() {
    let mut scene = Scene::new().await;
    let (late, _) = scene.assigned(0).await;
    let (free, _) = scene.assigned(1).await;
    let cancel = |booking_id| bookings::CancelBooking {
        booking_id,
        reason: CancelReason::Recovered,
        note: None,
        expected_fee: None,
    };
    let services = scene.kit.services.clone();
    bookings::cancel(&services, &as_doctor(scene.doctor), cancel(free))
        .await
        .unwrap();
    let starts_at = scene.slots[0];
    let minutes = starts_at.duration_since(scene.kit.now()).as_mins() - 60;
    scene.later(minutes).await;
    let fee = bookings::quote(&services, &as_patient(scene.patient), late)
        .await
        .unwrap();
    let named = bookings::CancelBooking {
        expected_fee: Some(fee.answer.fee),
        ..cancel(late)
    };
    bookings::cancel(&services, &as_patient(scene.patient), named)
        .await
        .unwrap();
    scene.kit.drain().await;
    let fee = scene.kit.booking(late).await.agreement().unwrap().fee.unwrap();
    assert_eq!(fee, Money::kopecks(SCHEDULED.minor / 2));
    assert_eq!(scene.owed().await, SHARE / 2);
    assert_eq!(scene.kit.count("BookingEarned").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_the_same_time_and_again_pay_once() {
    let mut scene = Scene::earned().await;
    let other = with_gateway(&scene.kit.another_process().await, &scene.gateway);
    let (one, two) = tokio::join!(run(&scene.kit.services, false), run(&other, false));
    let paid = |report: &RunReport| matches!(report.lines[0].outcome, RunOutcome::Paid { .. });
    assert!(paid(&one) || paid(&two));
    scene.kit.drain().await;
    assert!(matches!(
        scene.run().await,
        RunOutcome::Skipped(Skipped::AlreadyThisWeek {
            status: PayoutStatus::Paid,
            ..
        })
    ));
    assert_eq!(scene.kit.count("PayoutRequested").await, 1);
    assert_eq!((scene.gateway.payouts().len(), scene.owed().await), (1, 0));
    scene.complete(1).await;
    assert!(matches!(
        scene.run().await,
        RunOutcome::Skipped(Skipped::AlreadyThisWeek { .. })
    ));
    scene.later(7 * 24 * 60).await;
    let next = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(
        scene.status(next).await,
        PayoutStatus::Paid,
        "the next week's run pays the rest"
    );
    assert_eq!(scene.gateway.payouts().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_doctors_unreadable_wallet_keeps_no_other_doctors_money() {
    let scene = Scene::earned().await;
    let unlucky = scene.kit.doctor(true).await;
    spoilt::wallet(&scene.kit.another_process().await, unlucky.into()).await;
    let report = run(&scene.kit.services, false).await;
    let outcome = |doctor| {
        let line = report.lines.iter().find(|line| line.doctor_id == doctor);
        &line.unwrap().outcome
    };
    assert_eq!(report.lines.len(), 2);
    assert_eq!(*outcome(unlucky), RunOutcome::Skipped(Skipped::Faulty));
    assert!(matches!(outcome(scene.doctor), RunOutcome::Paid { amount, .. } if amount.minor == SHARE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_paid_hears_why() {
    let mut scene = Scene::new().await;
    let skipped = |scene: &Scene| {
        let services = scene.kit.services.clone();
        async move {
            match run(&services, false).await.lines[0].outcome.clone() {
                RunOutcome::Skipped(skipped) => skipped.word(),
                RunOutcome::Paid { .. } => "paid",
            }
        }
    };
    assert_eq!(skipped(&scene).await, "below_minimum");
    scene.complete(0).await;
    assert_eq!(skipped(&scene).await, "no_payout_destination");
    scene.name_destination().await;
    let dry = run(&scene.kit.services, true).await;
    assert!(matches!(dry.lines[0].outcome, RunOutcome::Paid { amount, .. } if amount.minor == SHARE));
    assert_eq!(scene.kit.count("PayoutRequested").await, 0, "only told");
    let today_run = RunPayouts {
        through: today(&scene.kit.services),
        dry_run: false,
    };
    let by_doctor = payouts::run(&scene.kit.services, &as_doctor(scene.doctor), today_run).await;
    assert_eq!(refused(by_doctor), "forbidden");
    let tomorrow = RunPayouts {
        through: jiff::civil::date(2999, 1, 1),
        dry_run: false,
    };
    assert_eq!(
        refused(payouts::run(&scene.kit.services, &as_admin(), tomorrow).await),
        "too_early"
    );
    let nobody = scene.kit.services.clone().with_providers(ProviderPorts::none());
    assert_eq!(
        refused(payouts::run(&nobody, &as_admin(), today_run).await),
        "payout_unavailable"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_payout_moves_no_more_than_the_gateway_lets_it() {
    let mut scene = Scene::earned().await;
    let patient = scene.patient;
    // Enough visits would take a long test: the doctor's wallet is credited as a patient's is, by its own rules.
    let doctor = scene.doctor;
    let name = event_store::StreamName::of::<domain::wallet::Wallet>(format_args!("{doctor}_000001"), doctor);
    let context = event_store::CommandContext {
        command_id: uuid::Uuid::from_u128(7),
        repeatable: false,
        remembers_no_op: false,
        digest: String::new(),
        actor_id: patient.to_string(),
        actor_role: "process",
        correlation_id: String::new(),
        causation: None,
        trace_id: String::new(),
        channel: None,
        app_id: None,
        expected: None,
    };
    let earned = domain::wallet::events::WalletEvent::Earned {
        owner_id: doctor.into(),
        booking_id: BookingId::from_uuid(uuid::Uuid::from_u128(9)),
        amount: Money::kopecks(60_000_000),
        rests_until: None,
        at: scene.kit.now(),
    };
    event_store::execute::<commands::Refusal, _>(&scene.kit.services.log, &context, &[], |work| {
        work.state::<domain::wallet::Wallet>(&name)?;
        work.record::<domain::wallet::Wallet>(&name, vec![earned.clone()])
    })
    .await
    .unwrap();
    let outcome = scene.run().await;
    let RunOutcome::Paid { amount, left, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((amount.minor, left.minor), (50_000_000, 10_000_000 + SHARE));
    scene.kit.drain().await;
    assert_eq!(scene.owed().await, 10_000_000 + SHARE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_stands_in_the_vault_alone() {
    let mut scene = Scene::earned().await;
    let payout_id = scene.paid().await;
    let payout = scene.payout(payout_id).await;
    let sealed = payout.order().unwrap().destination.clone();
    let rows = identity::vault::open(&scene.kit.services.people, &[sealed.id])
        .await
        .unwrap();
    let row = &rows[&sealed.id];
    assert_eq!(
        (row.kind.as_str(), row.subject_id),
        (payouts::PAYOUT_DESTINATION, scene.doctor.into())
    );
    assert_eq!(row.body["phone"], "+79995550123");
    assert!(row.is_what(&sealed));
    for fact in scene.kit.facts().await {
        let (said, told) = (fact.payload.get(), fact.metadata.get());
        assert!(
            !said.contains("9995550123") && !told.contains("9995550123"),
            "{}",
            fact.event_type
        );
    }
    scene.kit.drain().await;
    assert_eq!(scene.status(payout_id).await, PayoutStatus::Paid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_is_within_what_is_there_and_the_banks_are_listed_once() {
    let mut scene = Scene::new().await;
    let by = as_patient(scene.patient);
    let services = scene.kit.services.clone();
    let to = |bank: &str| {
        Some(Destination {
            phone: Phone::parse("89991234567").unwrap(),
            bank_id: BankId::parse(bank).unwrap(),
        })
    };
    let command = |amount: i64, to| Withdrawal {
        amount: Money::kopecks(amount),
        to,
        proven: true,
    };
    let code = async |command| refused(payouts::withdraw(&services, &by, command).await);
    assert_eq!(code(command(100, None)).await, "no_payout_destination");
    assert_eq!(code(command(100, to("999999999999"))).await, "unknown_bank");
    let stolen = Withdrawal {
        proven: false,
        ..command(100, to("100000000111"))
    };
    assert_eq!(code(stolen).await, "proof_required");
    scene
        .named_a_day_ago(scene.patient.into(), &to("100000000111").unwrap())
        .await;
    assert_eq!(code(command(99, to("100000000111"))).await, "amount_out_of_range");
    assert_eq!(
        code(command(10_000_001, to("100000000111"))).await,
        "insufficient_funds"
    );
    assert_eq!(code(command(10_000_000, to("100000000111"))).await, "done");
    assert_eq!(scene.kit.available(scene.patient).await, 0);
    scene.kit.drain().await;
    assert_eq!(scene.gateway.payouts()[0].0.phone.as_str(), "+79991234567");
    assert_eq!(scene.gateway.banks_listed(), 1);
    let doctor = payouts::withdraw(
        &services,
        &as_doctor(scene.doctor),
        command(100, to("100000000111")),
    )
    .await;
    assert_eq!(refused(doctor), "forbidden");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_visit_earned_is_paid_out_a_day_later_and_no_sooner() {
    let mut scene = Scene::resting(24).await;
    scene.complete(0).await;
    scene.name_destination().await;
    let done = commands::wallet::balance(&scene.kit.services, scene.doctor.into()).await;
    let wallet = done.unwrap().answer;
    assert_eq!((wallet.resting.minor, wallet.available.minor), (SHARE, 0));
    scene.later(23 * 60).await;
    let none = Skipped::BelowMinimum {
        available: Money::ZERO,
    };
    assert_eq!(scene.run().await, RunOutcome::Skipped(none));
    scene.later(60).await;
    assert_eq!(scene.owed().await, SHARE);
    let payout_id = scene.paid().await;
    scene.kit.drain().await;
    assert_eq!(
        scene.payout(payout_id).await.order().unwrap().terms.amount.minor,
        SHARE
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_account_that_is_new_gets_nothing_for_a_day_whoever_pays() {
    let mut scene = Scene::new().await;
    scene.complete(0).await;
    let to = Destination {
        phone: Phone::parse("89991234567").unwrap(),
        bank_id: BankId::parse("100000000111").unwrap(),
    };
    let services = scene.kit.services.clone();
    payouts::name_destination(&services, &as_doctor(scene.doctor), to.clone())
        .await
        .unwrap();
    let withdrawal = Withdrawal {
        amount: Money::kopecks(100),
        to: Some(to.clone()),
        proven: true,
    };
    let by = as_patient(scene.patient);
    let withdraw = async |withdrawal| refused(payouts::withdraw(&services, &by, withdrawal).await);
    assert_eq!(withdraw(withdrawal.clone()).await, "destination_resting");
    scene.later(24 * 60 - 1).await;
    assert_eq!(withdraw(withdrawal.clone()).await, "destination_resting");
    let skipped = scene.run().await;
    assert!(
        matches!(skipped, RunOutcome::Skipped(Skipped::DestinationResting { .. })),
        "{skipped:?}"
    );
    // Named again it is not newer.
    payouts::name_destination(&services, &as_doctor(scene.doctor), to)
        .await
        .unwrap();
    scene.later(1).await;
    scene.paid().await;
    assert_eq!(withdraw(withdrawal).await, "done");
    assert_eq!(
        scene.kit.count("BankAccountNamed").await,
        2,
        "of each owner, once"
    );
}
