//! What waits for an operator is told, whoever recorded it: counted, and logged without anything personal.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::payment::events::PaymentEvent;
use domain::payout::events::PayoutEvent;

/// Counts and logs the fact if it records an anomaly or a booking that gets nowhere. A batch of facts that is told again tells it again.
pub(super) fn observe(stream: &str, event: &AnyEvent) {
    if let AnyEvent::Payment(PaymentEvent::AnomalyRecorded {
        number,
        anomaly,
        source,
        ..
    }) = event
    {
        let kind = anomaly.kind.as_str();
        metrics::counter!("tot_payment_anomalies_total", "kind" => kind).increment(1);
        tracing::error!(
            payment.id = stream,
            anomaly.number = number,
            anomaly.kind = kind,
            anomaly.source = source.as_str(),
            "A provider shows what cannot be true: an operator must look"
        );
    } else if let AnyEvent::Payout(PayoutEvent::AnomalyRecorded {
        number,
        anomaly,
        source,
        ..
    }) = event
    {
        let kind = anomaly.kind.as_str();
        metrics::counter!("tot_payout_anomalies_total", "kind" => kind).increment(1);
        tracing::error!(
            payout.id = stream,
            anomaly.number = number,
            anomaly.kind = kind,
            anomaly.source = source.as_str(),
            "A payout gateway shows what cannot be true: an operator must look"
        );
    } else if let AnyEvent::Booking(BookingEvent::Escalated { reason, .. }) = event {
        let reason = reason.as_str();
        metrics::counter!("tot_bookings_escalated_total", "reason" => reason).increment(1);
        tracing::warn!(
            booking.id = stream,
            escalation.reason = reason,
            "A paid booking gets nowhere: an operator must look"
        );
    }
}
