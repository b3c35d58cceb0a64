//! Doctors with visits behind them and a payout gateway whose answers are written beforehand.

mod answers;
mod running;

use std::sync::Arc;

use commands::intents::{IntentWorker, IntentWorkerOptions};
use commands::payouts::{self, Destination, RunOutcome, RunPayouts, RunReport, Skipped, Withdrawal};
use commands::ports::{Hint, IdempotencyKey, ObjectKind, PayoutSnapshot, RefusalKind, Status};
use commands::{CommandServices, ProviderPorts, bookings, payments};
use domain::booking::events::CancelReason;
use domain::ids::{AccountId, BookingId, DoctorId, PatientId, PaymentId, PayoutId};
use domain::money::Money;
use domain::payment::anomaly::AnomalyKind;
use domain::payment::events::RefundReason;
use domain::payment::provider::Provider;
use domain::payout::Payout;
use domain::payout::order;
use domain::payout::rest::DESTINATION_REST;
use domain::payout::status::PayoutStatus;
use event_store::AsOf;
use identity::{BankId, Phone};

use crate::gateway::{Fate, Gateway};
use crate::kit::{Kit, SCHEDULED, as_admin, as_doctor, as_patient, refused};
use crate::price_lists::publish_prices;
use crate::silent_providers::few_looks;
use crate::spoilt;

/// What a scheduled visit of 2000.00 leaves its doctor.
const SHARE: i64 = 160_000;

struct Scene {
    kit: Kit,
    gateway: Gateway,
    doctor: DoctorId,
    patient: PatientId,
    slots: Vec<jiff::Timestamp>,
}

impl Scene {
    async fn new() -> Self {
        // How earnings rest is told by a test of its own.
        Self::resting(0).await
    }

    /// Where earnings rest so many hours.
    async fn resting(hours: u16) -> Self {
        let mut kit = Kit::without_prices().await;
        publish_prices(&kit.services, 1, |terms| terms.visit.earning_rest_hours = hours).await;
        let gateway = Gateway::default();
        kit.services = with_gateway(&kit.services, &gateway);
        kit.intents = IntentWorker::new(kit.services.clone(), IntentWorkerOptions::default());
        let (doctor, slots) = kit.open_doctor(2).await;
        let patient = kit.patient_with(10_000_000).await;
        Self {
            kit,
            gateway,
            doctor,
            patient,
            slots,
        }
    }

    /// A doctor with one completed visit's money and a bank account.
    async fn earned() -> Self {
        let mut scene = Self::new().await;
        scene.complete(0).await;
        scene.name_destination().await;
        scene
    }

    async fn assigned(&mut self, slot: usize) -> (BookingId, PaymentId) {
        let starts_at = self.slots[slot * 3];
        self.kit.assigned(self.patient, self.doctor, starts_at).await
    }

    async fn complete(&mut self, slot: usize) -> (BookingId, PaymentId) {
        let (booking_id, payment_id) = self.assigned(slot).await;
        self.kit.visited(booking_id).await;
        self.kit.drain().await;
        (booking_id, payment_id)
    }

    async fn name_destination(&self) {
        let command = Destination {
            phone: Phone::parse("+79995550123").unwrap(),
            bank_id: BankId::parse("100000000111").unwrap(),
        };
        self.named_a_day_ago(self.doctor.into(), &command).await;
        payouts::name_destination(&self.kit.services, &as_doctor(self.doctor), command)
            .await
            .unwrap();
    }

    /// That a new bank account gets nothing for a day is told by a test of its own.
    async fn named_a_day_ago(&self, owner: AccountId, to: &Destination) {
        let (people, now) = (&self.kit.services.people, self.kit.services.log.clock().now());
        people
            .remember_bank_account(owner, &to.phone, &to.bank_id, now - DESTINATION_REST)
            .await
            .unwrap();
    }

    async fn owed(&self) -> i64 {
        let done = commands::wallet::balance(&self.kit.services, self.doctor.into()).await;
        done.unwrap().answer.available.minor
    }

    async fn run(&self) -> RunOutcome {
        let report = run(&self.kit.services, false).await;
        assert_eq!(report.lines.len(), 1);
        report.lines[0].outcome.clone()
    }

    /// Runs, and answers the payout that was asked for.
    async fn paid(&self) -> PayoutId {
        match self.run().await {
            RunOutcome::Paid { payout_id, .. } => payout_id,
            RunOutcome::Skipped(skipped) => panic!("{skipped:?}"),
        }
    }

    async fn payout(&self, id: PayoutId) -> Payout {
        let (log, stream) = (&self.kit.services.log, id.to_string());
        let facts = log.read_stream("payout", &stream, AsOf::Head).await.unwrap();
        let mut payout = Payout::default();
        for fact in facts {
            cqrs_es::Aggregate::apply(&mut payout, serde_json::from_str(fact.payload.get()).unwrap());
        }
        payout
    }

    async fn status(&self, id: PayoutId) -> PayoutStatus {
        self.payout(id).await.status()
    }

    async fn later(&mut self, minutes: i64) {
        self.kit.advance(minutes).await;
        self.kit.drain().await;
    }
}

fn with_gateway(services: &CommandServices, gateway: &Gateway) -> CommandServices {
    services.clone().with_providers(ProviderPorts {
        payouts: Some(Arc::new(gateway.clone())),
        ..ProviderPorts::none()
    })
}

async fn run(services: &CommandServices, dry_run: bool) -> RunReport {
    let command = RunPayouts {
        through: today(services),
        dry_run,
    };
    payouts::run(services, &as_admin(), command).await.unwrap()
}

/// The day it is on the platform.
fn today(services: &CommandServices) -> jiff::civil::Date {
    jiff::tz::Offset::UTC
        .to_datetime(services.log.clock().now())
        .date()
}
