//! What cannot be true is recorded once, and settled by an operator.

use jiff::Timestamp;

use crate::payment::Payment;
use crate::payment::anomaly::{Anomaly, AnomalyKind, Resolution, Source};
use crate::payment::attempt::Attempt;
use crate::payment::commands::{RecordSnapshot, ResolveAnomaly};
use crate::payment::decide::{Decision, present};
use crate::payment::events::PaymentEvent;
use crate::payment::refusal::PaymentRefusal;
use crate::people::Actor;

/// An operator settles an anomaly; the first word counts.
pub(super) fn resolve(payment: &Payment, command: &ResolveAnomaly) -> Decision {
    let anomalies = &present(payment)?.anomalies;
    let entry = anomalies.iter().find(|entry| entry.number == command.number);
    match entry.ok_or(PaymentRefusal::NoSuchPayment)?.resolution {
        Some(_) => Ok(vec![]),
        None => Ok(vec![PaymentEvent::AnomalyResolved {
            number: command.number,
            resolution: command.resolution,
            by: command.by,
            at: command.at,
        }]),
    }
}

/// Every open anomaly of a kind, accepted: what came after shows that it is as it should be.
pub(super) fn accept(attempt: &Attempt, kind: AnomalyKind, by: Actor, at: Timestamp) -> Vec<PaymentEvent> {
    let open = attempt
        .anomalies
        .iter()
        .filter(|entry| entry.anomaly.kind == kind && entry.resolution.is_none());
    open.map(|entry| PaymentEvent::AnomalyResolved {
        number: entry.number,
        resolution: Resolution::Accepted,
        by,
        at,
    })
    .collect()
}

/// An anomaly of a payment's snapshot.
pub(super) fn seen(attempt: &Attempt, kind: AnomalyKind, command: &RecordSnapshot) -> Option<PaymentEvent> {
    let sum = match kind {
        AnomalyKind::ForeignRefund => command.refunded,
        AnomalyKind::AmountMismatch
        | AnomalyKind::FinalContradicted
        | AnomalyKind::SecondPayment
        | AnomalyKind::HoldLost
        | AnomalyKind::RefundStuck
        | AnomalyKind::ReceiptStuck
        | AnomalyKind::CallStuck
        | AnomalyKind::OutcomeStuck
        | AnomalyKind::ReceiptUnexpected => command.captured.or(Some(command.amount)),
    };
    let anomaly = Anomaly {
        kind,
        provider_id: Some(command.provider_id.clone()),
        seen: sum,
        call: None,
    };
    news(attempt, anomaly, command.source, command.at)
}

/// The fact of an anomaly, unless the very same was recorded before, settled or not.
pub(super) fn news(
    attempt: &Attempt,
    anomaly: Anomaly,
    source: Source,
    at: Timestamp,
) -> Option<PaymentEvent> {
    Some(PaymentEvent::AnomalyRecorded {
        number: anomaly.next_number(&attempt.anomalies)?,
        anomaly,
        source,
        at,
    })
}
