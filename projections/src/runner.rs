//! The projectors, and the workers that feed them.

use std::sync::Arc;

use event_store::{Bus, Consumer, EventLog, Worker, WorkerOptions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::Model;
use crate::anomalies::projector::Anomalies;
use crate::booking_details::projector::BookingDetailsProjector;
use crate::doctor_agenda::projector::DoctorAgenda;
use crate::open_slots::projector::OpenSlots;
use crate::patient_bookings::projector::PatientBookings;
use crate::payment_ledger::projector::PaymentLedger;
use crate::payouts::projector::Payouts;
use crate::provider_payments::projector::ProviderPayments;

/// The projector of a model.
pub fn consumer(model: Model) -> Arc<dyn Consumer> {
    match model {
        Model::BookingDetails => Arc::new(BookingDetailsProjector),
        Model::PatientBookings => Arc::new(PatientBookings),
        Model::DoctorAgenda => Arc::new(DoctorAgenda),
        Model::OpenSlots => Arc::new(OpenSlots),
        Model::PaymentLedger => Arc::new(PaymentLedger),
        Model::ProviderPayments => Arc::new(ProviderPayments),
        Model::Payouts => Arc::new(Payouts),
        Model::Anomalies => Arc::new(Anomalies),
    }
}

/// Every projector.
pub fn all() -> Vec<Arc<dyn Consumer>> {
    Model::ALL.into_iter().map(consumer).collect()
}

/// One worker for each model, none of them started: tests step them by hand.
pub fn workers(log: &EventLog, bus: Option<&Bus>, options: &WorkerOptions) -> Vec<Worker> {
    all()
        .into_iter()
        .map(|consumer| Worker::new(log.clone(), bus.cloned(), consumer, options.clone()))
        .collect()
}

/// Runs a worker for each model until stopped, each a task of its own. Any number of processes may do so.
pub async fn run(log: EventLog, bus: Option<Bus>, options: WorkerOptions, stop: CancellationToken) {
    let mut running = JoinSet::new();
    for worker in workers(&log, bus.as_ref(), &options) {
        running.spawn(worker.run(stop.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Err(fault) = ended {
            error!(
                error = &fault as &dyn std::error::Error,
                "a read model's worker has died"
            );
        }
    }
}
