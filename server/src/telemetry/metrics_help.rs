//! What each metric says: the `# HELP` lines of `/metrics`.

use metrics::{describe_counter, describe_gauge, describe_histogram};

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Every metric, by name. A test holds that there are no others.
const METRICS: [(Kind, &str, &str); 67] = [
    (Kind::Histogram, "tot_append_batch_facts", "Facts of one append."),
    (
        Kind::Counter,
        "tot_append_connections_lost_total",
        "Connections of the appender that were lost while the outcome of an append was unknown.",
    ),
    (
        Kind::Counter,
        "tot_append_faults_total",
        "Appends that failed for a reason of the database.",
    ),
    (
        Kind::Histogram,
        "tot_append_seconds",
        "How long one append took, its commit included.",
    ),
    (
        Kind::Counter,
        "tot_bookings_escalated_total",
        "Urgent bookings that no doctor took in time, so that an operator was called.",
    ),
    (
        Kind::Counter,
        "tot_mail_attempts_total",
        "Mails and text messages handed over, by channel and what was answered.",
    ),
    (
        Kind::Counter,
        "tot_mail_lost_total",
        "Mails that were given up, refused for good or expired before a server took them.",
    ),
    (
        Kind::Gauge,
        "tot_mail_waiting",
        "Mails that no mail server has taken yet.",
    ),
    (
        Kind::Counter,
        "tot_audit_entries_lost_total",
        "Entries of the audit trail that were lost because too many waited to be written.",
    ),
    (
        Kind::Histogram,
        "tot_rate_limits_redis_seconds",
        "How long Redis took to answer about a rate limit, or was waited for in vain.",
    ),
    (
        Kind::Gauge,
        "tot_rate_limits_shared",
        "Whether rate limits are counted together with other processes (1), or in this process alone because Redis does not answer (0).",
    ),
    (
        Kind::Counter,
        "tot_rate_limits_unshared_total",
        "Checks of rate limits that this process decided alone because Redis did not answer.",
    ),
    (
        Kind::Counter,
        "tot_bus_refused_total",
        "Messages of NATS that were not believed, by reason.",
    ),
    (
        Kind::Counter,
        "tot_command_conflicts_total",
        "Commands that met another one on the same stream and were decided again.",
    ),
    (
        Kind::Counter,
        "tot_commands_appended_total",
        "Commands whose facts were appended.",
    ),
    (
        Kind::Counter,
        "tot_facts_applied_total",
        "Facts applied, by read model or process.",
    ),
    (
        Kind::Counter,
        "tot_http_connections_refused_total",
        "Connections that were refused, by the bound they exceeded.",
    ),
    (
        Kind::Histogram,
        "tot_http_request_duration_seconds",
        "How long requests took, by method, route and status.",
    ),
    (
        Kind::Counter,
        "tot_http_requests_total",
        "Requests answered, by method, route and status.",
    ),
    (
        Kind::Gauge,
        "tot_intents_due",
        "Intents that are due and not done.",
    ),
    (
        Kind::Gauge,
        "tot_intents_poisoned",
        "Intents that failed too often and wait for an operator.",
    ),
    (
        Kind::Counter,
        "tot_intents_poisoned_total",
        "Intents that failed too often.",
    ),
    (
        Kind::Counter,
        "tot_intents_pruned_total",
        "Closed intents that were forgotten after their time.",
    ),
    (
        Kind::Counter,
        "tot_intents_put_back_total",
        "Intents that wait for another try, by reason.",
    ),
    (
        Kind::Counter,
        "tot_intents_stated_total",
        "Intents that processes stated.",
    ),
    (
        Kind::Counter,
        "tot_intents_total",
        "Intents carried out, by outcome.",
    ),
    (
        Kind::Gauge,
        "tot_intents_waiting",
        "Intents that wait for another one or for their time.",
    ),
    (
        Kind::Counter,
        "tot_live_snapshots_total",
        "Whole states told on people's live streams: at connect, and where what was missed is no longer remembered.",
    ),
    (
        Kind::Gauge,
        "tot_live_streams",
        "Live streams that are open in this process.",
    ),
    (
        Kind::Counter,
        "tot_notary_facts_total",
        "Facts that the notary has hashed.",
    ),
    (
        Kind::Counter,
        "tot_notary_heads_total",
        "Tree heads that the notary has signed.",
    ),
    (
        Kind::Counter,
        "tot_notary_witness_failures_total",
        "Tree heads that a witness did not take, refused ones among them.",
    ),
    (
        Kind::Gauge,
        "tot_parked_keys",
        "Partition keys that wait behind a fact that cannot be applied.",
    ),
    (
        Kind::Counter,
        "tot_parked_total",
        "Partition keys that were parked, by read model or process.",
    ),
    (
        Kind::Counter,
        "tot_password_hashes_total",
        "Times that Argon2id was reckoned, to keep a password or to compare one.",
    ),
    (
        Kind::Gauge,
        "tot_payment_anomalies_open",
        "The same that nobody has settled yet, as of the last reconciliation.",
    ),
    (
        Kind::Counter,
        "tot_payment_anomalies_total",
        "Things a payment provider showed that cannot be true, as they were found.",
    ),
    (
        Kind::Counter,
        "tot_payout_anomalies_total",
        "Things the payout gateway showed that cannot be true, as they were found.",
    ),
    (
        Kind::Counter,
        "tot_payout_run_faults_total",
        "Doctors whose payout a run could not ask for.",
    ),
    (
        Kind::Gauge,
        "tot_provider_breaker_open",
        "1 while a failing provider is left alone, by provider and class of call.",
    ),
    (
        Kind::Counter,
        "tot_provider_calls_total",
        "Calls of providers, by provider, class and answer.",
    ),
    (
        Kind::Counter,
        "tot_provider_notices_ignored_total",
        "Notices of providers that changed nothing, by reason.",
    ),
    (
        Kind::Counter,
        "tot_provider_notices_total",
        "Notices of providers, by provider, subject and outcome.",
    ),
    (
        Kind::Counter,
        "tot_provider_unknown_words_total",
        "Words of providers that this release does not know, by what they stand for.",
    ),
    (
        Kind::Gauge,
        "tot_read_model_lag_facts",
        "Facts in the log that a read model does not show yet.",
    ),
    (
        Kind::Gauge,
        "tot_read_model_lag_milliseconds",
        "How long the first of them has waited.",
    ),
    (
        Kind::Gauge,
        "tot_ready_check_ok",
        "1 while what the process depends on is as it should be, by check, as of the last question at /readyz.",
    ),
    (
        Kind::Gauge,
        "tot_reconciliation_differences",
        "Differences that the last reconciliation found.",
    ),
    (
        Kind::Gauge,
        "tot_reconciliation_finished_seconds",
        "When the last reconciliation ended, in seconds since the Unix epoch.",
    ),
    (
        Kind::Gauge,
        "tot_reconciliation_gaps",
        "What the last reconciliation could not compare.",
    ),
    (
        Kind::Counter,
        "tot_reconciliations_total",
        "Reconciliations, by result.",
    ),
    (
        Kind::Counter,
        "tot_relay_facts_total",
        "Facts that the relay published.",
    ),
    (
        Kind::Gauge,
        "tot_relay_lag_facts",
        "Facts in the log that the relay has not published.",
    ),
    (
        Kind::Counter,
        "tot_spans_dropped_total",
        "Spans that no collector will have, by reason.",
    ),
    (
        Kind::Counter,
        "tot_spans_sent_total",
        "Spans that the collector took.",
    ),
    (
        Kind::Counter,
        "tot_tasks_died_total",
        "Tasks of this process that ended although nobody told them to.",
    ),
    (
        Kind::Gauge,
        "tot_tls_certificate_valid_until_seconds",
        "When the certificate that is served expires, in seconds since 1970.",
    ),
    (
        Kind::Counter,
        "tot_tls_handshakes_failed_total",
        "Connections that came to no TLS, by reason: clear (plain HTTP), handshake, slow.",
    ),
    (
        Kind::Histogram,
        "tot_webhook_attempt_seconds",
        "How long attempts to deliver a webhook took, by outcome.",
    ),
    (
        Kind::Counter,
        "tot_webhook_attempts_total",
        "Attempts to deliver a webhook, by outcome: delivered, failed, given_up.",
    ),
    (
        Kind::Counter,
        "tot_security_events_total",
        "What concerns security, by kind and result as the audit trail has them.",
    ),
    (
        Kind::Gauge,
        "tot_webhook_endpoints_disabled",
        "Endpoints that the platform switched off: gone, or failing for days.",
    ),
    (
        Kind::Counter,
        "tot_webhook_endpoints_disabled_total",
        "Endpoints that the platform switched off, by reason.",
    ),
    (
        Kind::Gauge,
        "tot_webhook_endpoints_failing",
        "Active endpoints that took nothing last time.",
    ),
    (
        Kind::Gauge,
        "tot_webhooks_behind_facts",
        "Facts in the log that no endpoint was told of yet.",
    ),
    (
        Kind::Gauge,
        "tot_webhooks_oldest_milliseconds",
        "How long the delivery that is due longest waits, of endpoints in no trouble.",
    ),
    (
        Kind::Gauge,
        "tot_webhooks_waiting",
        "Deliveries that wait, 100 000 at most.",
    ),
];

/// Describes all of them to the recorder that is installed.
pub fn describe_all() {
    for (kind, name, help) in METRICS {
        match kind {
            Kind::Counter => describe_counter!(name, help),
            Kind::Gauge => describe_gauge!(name, help),
            Kind::Histogram => describe_histogram!(name, help),
        }
    }
}
