//! Providers that never answer, or whose keys are gone: within ninety days all money is ended, or an operator's task.

use std::sync::Arc;

use commands::payments::{self, DepositMoney, RefundPayment, StartPayment};
use commands::ports::Status;
use commands::{ProviderPorts, RetrySchedule};
use domain::booking::status::BookingStatus;
use domain::ids::{BookingId, PaymentId};
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::purpose::Purpose;

use crate::endings::{called_off, ninety_days_pass, passes};
use crate::kit::{Kit, as_admin, as_patient};
use crate::scripted::Scripted;

/// How far a payment had come when its provider fell silent for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silent {
    /// It was never answered.
    FromTheBeginning,
    /// The patient had been offered a link.
    AfterCreating,
    /// The patient had paid.
    AfterPaying,
    /// The patient had paid, and it was to go back.
    BeforeGivingBack,
}

/// A platform beside a provider that a test silences.
async fn beside(provider: &Scripted) -> Kit {
    Kit::with_providers(ProviderPorts {
        providers: Arc::new(provider.clone()),
        retries: few_looks(),
        ..ProviderPorts::none()
    })
    .await
}

/// Few looks, since the clock moves in leaps here.
pub fn few_looks() -> RetrySchedule {
    RetrySchedule {
        payment_polls_max: 3,
        follow_ups_max: 3,
        ..RetrySchedule::default()
    }
}

/// A visit that its patient starts to pay this way.
async fn paid_by(kit: &mut Kit, method: PaymentMethod) -> (BookingId, PaymentId) {
    let (doctor, slots) = kit.open_doctor(2).await;
    let patient = kit.patient().await;
    let booking_id = kit.requested(patient, doctor, slots[12]).await;
    let command = StartPayment {
        booking_id,
        method,
        return_url: None,
    };
    let started = payments::start(&kit.services, &as_patient(patient), command)
        .await
        .unwrap();
    let payment_id = started.answer.payment.terms().unwrap().payment_id;
    (booking_id, payment_id)
}

/// The payment was started at the provider; it goes on to where the provider falls silent.
async fn pay_until(kit: &mut Kit, provider: &Scripted, silent: Silent, paid: Status) {
    if silent == Silent::FromTheBeginning {
        provider.fall_silent();
    }
    kit.drain().await;
    if matches!(silent, Silent::AfterPaying | Silent::BeforeGivingBack) {
        provider.pay(paid);
        passes(kit, 1).await;
    }
    provider.fall_silent();
}

async fn assert_ended_or_told(kit: &Kit, payment_id: PaymentId, what: &str) {
    let payment = kit.payment(payment_id).await;
    let told = payment.attempt().unwrap().anomalies.iter();
    let waits = told.filter(|anomaly| anomaly.resolution.is_none()).count();
    // A deposit is where it should be once it is in the wallet and nothing of it is on its way back.
    let attempt = payment.attempt().unwrap();
    let is_credited = matches!(payment, Payment::Captured(_))
        && attempt.terms.purpose == Purpose::Deposit
        && attempt.refund_list.iter().all(|refund| refund.stage.is_final());
    assert!(
        payment.is_final() || is_credited || waits > 0,
        "{what}: {:?}, and nobody was told",
        payment.status()
    );
}

/// A visit paid at a provider that falls silent for ever.
async fn silent_provider(method: PaymentMethod, silent: Silent) {
    let what = format!("{method:?} {silent:?}");
    let provider = Scripted::default();
    let mut kit = beside(&provider).await;
    let (booking_id, payment_id) = paid_by(&mut kit, method).await;
    let paid = match method {
        PaymentMethod::Yookassa => Status::WaitingForCapture,
        PaymentMethod::Sbp | PaymentMethod::Wallet => Status::Succeeded,
    };
    pay_until(&mut kit, &provider, silent, paid).await;
    if silent == Silent::BeforeGivingBack {
        called_off(&kit, booking_id).await;
        kit.drain().await;
    }
    ninety_days_pass(&mut kit).await;
    let status = kit.booking(booking_id).await.status();
    let ended = [
        BookingStatus::Cancelled,
        BookingStatus::Expired,
        BookingStatus::Missed,
    ];
    assert!(ended.contains(&status), "{what}: {status:?}");
    assert_ended_or_told(&kit, payment_id, &what).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ninety_days_of_a_silent_provider_all_money_is_ended_or_an_operators_task() {
    for method in [PaymentMethod::Yookassa, PaymentMethod::Sbp] {
        for silent in [
            Silent::FromTheBeginning,
            Silent::AfterCreating,
            Silent::AfterPaying,
            Silent::BeforeGivingBack,
        ] {
            silent_provider(method, silent).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ninety_days_of_a_silent_provider_every_deposit_is_ended_or_an_operators_task() {
    let amount = Money::kopecks(500_000);
    for silent in [
        Silent::FromTheBeginning,
        Silent::AfterCreating,
        Silent::AfterPaying,
        Silent::BeforeGivingBack,
    ] {
        let provider = Scripted::default();
        let mut kit = beside(&provider).await;
        let patient = kit.patient().await;
        let command = DepositMoney {
            amount,
            method: PaymentMethod::Sbp,
            return_url: None,
        };
        let begun = payments::deposit(&kit.services, &as_patient(patient), command)
            .await
            .unwrap();
        let payment_id = begun.answer.payment.terms().unwrap().payment_id;
        pay_until(&mut kit, &provider, silent, Status::Succeeded).await;
        if silent == Silent::BeforeGivingBack {
            let command = RefundPayment {
                payment_id,
                amount,
                reason: RefundReason::Complaint,
                again: false,
            };
            payments::refund(&kit.services, &as_admin(), command)
                .await
                .unwrap();
            kit.drain().await;
        }
        ninety_days_pass(&mut kit).await;
        assert_ended_or_told(&kit, payment_id, &format!("{silent:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ninety_days_without_a_providers_keys_all_money_is_ended_or_an_operators_task() {
    for (method, paid) in [
        (PaymentMethod::Yookassa, None),
        (PaymentMethod::Yookassa, Some(Status::WaitingForCapture)),
        (PaymentMethod::Sbp, None),
        (PaymentMethod::Sbp, Some(Status::Succeeded)),
    ] {
        let what = format!("{method:?} {paid:?}");
        let provider = Scripted::default();
        let mut kit = beside(&provider).await;
        let (_, payment_id) = paid_by(&mut kit, method).await;
        kit.drain().await;
        if let Some(paid) = paid {
            provider.pay(paid);
            passes(&mut kit, 1).await;
        }
        kit.reaches(ProviderPorts {
            retries: few_looks(),
            ..ProviderPorts::none()
        });
        ninety_days_pass(&mut kit).await;
        assert_ended_or_told(&kit, payment_id, &what).await;
    }
}
