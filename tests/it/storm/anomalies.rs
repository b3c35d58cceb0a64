//! What of the storm an operator is told, and what of it nobody should be.

use std::collections::HashSet;

use kit::database::Fact;
use serde_json::Value;

/// The payments' anomalies of these kinds.
pub fn anomalies<'a>(facts: &'a [Fact], kinds: &[&str]) -> Vec<&'a Fact> {
    let is_meant = |fact: &&Fact| {
        let kind = fact.body["anomaly"]["kind"].as_str();
        fact.event_type == "PaymentAnomalyRecorded" && kind.is_some_and(|kind| kinds.contains(&kind))
    };
    facts.iter().filter(is_meant).collect()
}

pub fn holds_lost(facts: &[Fact]) -> HashSet<String> {
    let lost = anomalies(facts, &["hold_lost"]);
    lost.iter().map(|fact| fact.aggregate_id.clone()).collect()
}

/// Lies of strangers and lost replies are no anomalies: only holds that ended too early are, receipts whose news came too late,
/// and advances that T-Bank's cash register will not close, since part of them went back before their visit was settled.
pub fn only_expected_anomalies(facts: &[Fact]) {
    let odd: Vec<_> = facts
        .iter()
        .filter(|fact| fact.event_type == "PaymentAnomalyRecorded")
        .filter(|fact| {
            let kind = fact.body["anomaly"]["kind"].as_str().unwrap();
            match kind {
                "hold_lost" | "receipt_unexpected" => false,
                "receipt_stuck" => !refunded_before_settled(facts, &fact.aggregate_id),
                _ => true,
            }
        })
        .map(|odd| story(facts, &odd.aggregate_id))
        .collect();
    assert!(odd.is_empty(), "{odd:#?}");
}

fn refunded_before_settled(facts: &[Fact], payment: &str) -> bool {
    let mut story = story(facts, payment)
        .into_iter()
        .map(|(recorded, _)| recorded.as_str());
    let told = story.find(|recorded| ["PaymentRefundRequested", "PaymentSettlementSet"].contains(recorded));
    told == Some("PaymentRefundRequested")
}

/// Everything that was recorded of a payment.
pub fn story<'a>(facts: &'a [Fact], payment: &str) -> Vec<(&'a String, &'a Value)> {
    facts
        .iter()
        .filter(|fact| fact.aggregate_id == payment)
        .map(|fact| (&fact.event_type, &fact.body))
        .collect()
}
