//! What waits for an operator is told, whoever recorded it: counted, and logged without anything personal. It states no
//! intent, so it is no process; it stands among them in `tests/golden/consumers.txt`.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::payment::events::PaymentEvent;
use domain::payout::events::PayoutEvent;

/// How consumers.txt calls it.
pub const NAME: &str = "operator_alerts";

/// Counts payments' anomalies by kind.
const PAYMENT_ANOMALIES: &str = "tot_payment_anomalies_total";
/// Counts payouts' anomalies by kind.
const PAYOUT_ANOMALIES: &str = "tot_payout_anomalies_total";
/// Counts bookings that get nowhere, by reason.
const ESCALATED_BOOKINGS: &str = "tot_bookings_escalated_total";

/// Whether the fact is one that [`observe`] tells of.
pub const fn is_alert(event: &AnyEvent) -> bool {
    matches!(
        event,
        AnyEvent::Payment(PaymentEvent::AnomalyRecorded { .. })
            | AnyEvent::Payout(PayoutEvent::AnomalyRecorded { .. })
            | AnyEvent::Booking(BookingEvent::Escalated { .. })
    )
}

/// Counts and logs the fact if it records an anomaly or a booking that gets nowhere; answers the metric it is counted in. A batch
/// of facts that is told again tells it again.
pub fn observe(stream: &str, event: &AnyEvent) -> Option<&'static str> {
    match event {
        AnyEvent::Payment(PaymentEvent::AnomalyRecorded {
            number,
            anomaly,
            source,
            ..
        }) => {
            let kind = anomaly.kind.as_str();
            metrics::counter!(PAYMENT_ANOMALIES, "kind" => kind).increment(1);
            tracing::error!(
                payment.id = stream,
                anomaly.number = number,
                anomaly.kind = kind,
                anomaly.source = source.as_str(),
                "A provider shows what cannot be true: an operator must look"
            );
            Some(PAYMENT_ANOMALIES)
        }
        AnyEvent::Payout(PayoutEvent::AnomalyRecorded {
            number,
            anomaly,
            source,
            ..
        }) => {
            let kind = anomaly.kind.as_str();
            metrics::counter!(PAYOUT_ANOMALIES, "kind" => kind).increment(1);
            tracing::error!(
                payout.id = stream,
                anomaly.number = number,
                anomaly.kind = kind,
                anomaly.source = source.as_str(),
                "A payout gateway shows what cannot be true: an operator must look"
            );
            Some(PAYOUT_ANOMALIES)
        }
        AnyEvent::Booking(BookingEvent::Escalated { reason, .. }) => {
            let reason = reason.as_str();
            metrics::counter!(ESCALATED_BOOKINGS, "reason" => reason).increment(1);
            tracing::warn!(
                booking.id = stream,
                escalation.reason = reason,
                "A paid booking gets nowhere: an operator must look"
            );
            Some(ESCALATED_BOOKINGS)
        }
        _ => None,
    }
}
