//! What could not be believed is told to operators, whoever recorded it: counted, and logged without anything personal.

use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

/// Counts and logs the fact if it records an anomaly. A batch of facts that is told again tells it again.
pub(super) fn hear(payment_id: &str, event: &AnyEvent) {
    let AnyEvent::Payment(PaymentEvent::AnomalyRecorded {
        number,
        anomaly,
        source,
        ..
    }) = event
    else {
        return;
    };
    let kind = anomaly.kind.as_str();
    metrics::counter!("tot_payment_anomalies_total", "kind" => kind).increment(1);
    tracing::error!(
        payment.id = payment_id,
        anomaly.number = number,
        anomaly.kind = kind,
        anomaly.source = source.as_str(),
        "A provider shows what cannot be true: an operator must look"
    );
}
