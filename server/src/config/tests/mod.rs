//! The configuration refuses with every fault at once and shows no secret.

mod otlp;
mod secrets;
mod transport;

use std::time::Duration;

use api::return_targets::ReturnTargets;
use commands::RetrySchedule;
use commands::ports::Vat;
use domain::payment::provider::Provider;
use secrecy::ExposeSecret;

use super::secrets::file_of;
use super::{Config, ConfigError, ConfigErrors, Environment, MigrateConfig};
use crate::role::Role;

/// Every variable that holds a secret.
const SECRETS: [&str; 15] = [
    "TOT_DATABASE_URL",
    "TOT_DATABASE_OWNER_URL",
    "TOT_NATS_URL",
    "TOT_COMMAND_SECRET",
    "TOT_MESSAGE_KEY",
    "TOT_MESSAGE_KEY_PREVIOUS",
    "TOT_WEBHOOK_KEY",
    "TOT_WEBHOOK_KEY_PREVIOUS",
    "TOT_YOOKASSA_SECRET_KEY",
    "TOT_YOOKASSA_GATEWAY_SECRET",
    "TOT_TBANK_PASSWORD",
    "TOT_OTLP_HEADERS",
    "TOT_SMTP_URL",
    "TOT_REDIS_URL",
    "TOT_SMS_KEY",
];

/// The configuration of a process that plays every role.
fn read(environment: &Environment) -> Result<Config, ConfigErrors> {
    Config::read(environment, &Role::ALL)
}

/// An environment with everything that has no default, and nothing else.
pub fn complete() -> Environment {
    Environment::default()
        .with("TOT_DATABASE_URL", "postgres://tot_app:hush@127.0.0.1:5432/tot")
        .with("TOT_NATS_URL", "nats://127.0.0.1:4222")
        .with("TOT_TOKEN_KEYS", "/run/secrets/tot-keys.json")
        .with("TOT_MASTER_KEYS", "/run/secrets/tot-master-keys.json")
        .with("TOT_COMMAND_SECRET", "ab".repeat(32))
        .with("TOT_MESSAGE_KEY", "cd".repeat(32))
        .with("TOT_WEBHOOK_KEY", "ef".repeat(32))
}

/// The variables a configuration is at fault with, in the order in which they are told.
fn named(environment: &Environment) -> Vec<&'static str> {
    let faults = read(environment).map(drop).unwrap_err().0;
    let variable = |fault: &ConfigError| match fault {
        ConfigError::Missing { variable, .. }
        | ConfigError::Twice { variable }
        | ConfigError::File { variable, .. }
        | ConfigError::Wrong { variable, .. } => *variable,
    };
    faults.iter().map(variable).collect()
}

fn with_providers() -> Environment {
    complete()
        .with("TOT_PUBLIC_URL", "https://clinic.example")
        .with("TOT_YOOKASSA_SHOP_ID", "100500")
        .with("TOT_YOOKASSA_SECRET_KEY", "live_hush")
        .with("TOT_TBANK_TERMINAL_KEY", "1234567890DEMO")
        .with("TOT_TBANK_PASSWORD", "hush")
}

#[test]
fn a_complete_environment_is_read() {
    let config = read(&complete()).unwrap();
    assert_eq!(config.listen.port(), 3000);
    assert_eq!(config.command_secret.unwrap().expose_secret().len(), 64);
}

#[test]
fn bounds_have_defaults_and_are_taken_as_they_are_set() {
    const DAY: u64 = 24 * 3_600;
    let config = read(&complete()).unwrap();
    let seconds = |span: Duration| span.as_secs();
    assert_eq!(config.connections, api::connections::ConnectionLimits::default());
    assert_eq!(seconds(config.database_statement_within), 30);
    assert_eq!(seconds(config.closed_intents_kept), 90 * DAY);
    assert_eq!((config.erasure_days, config.data_operator.as_deref()), (7, None));
    let set = complete()
        .with("TOT_HTTP_HEADER_SECONDS", "5")
        .with("TOT_HTTP_IDLE_SECONDS", "40")
        .with("TOT_HTTP_HEADER_BYTES_MAX", "9000")
        .with("TOT_HTTP_CONNECTIONS_PER_ADDRESS", "7")
        .with("TOT_HTTP_CONNECTIONS_MAX", "70")
        .with("TOT_DATABASE_STATEMENT_SECONDS", "2")
        .with("TOT_INTENTS_KEEP_DAYS", "3")
        .with("TOT_ERASURE_DAYS", "0")
        .with("TOT_DATA_OPERATOR", "ООО «Опора»");
    let config = read(&set).unwrap();
    assert_eq!(
        (config.erasure_days, config.data_operator.as_deref()),
        (0, Some("ООО «Опора»"))
    );
    let bounds = config.connections;
    assert_eq!(
        (seconds(bounds.header_within), seconds(bounds.idle_within)),
        (5, 40)
    );
    assert_eq!(bounds.header_bytes_max, 9_000);
    assert_eq!((bounds.per_address_max, bounds.total_max), (7, 70));
    assert_eq!(seconds(config.database_statement_within), 2);
    assert_eq!(seconds(config.closed_intents_kept), 3 * DAY);
    let wrong = complete()
        .with("TOT_DATABASE_STATEMENT_SECONDS", "0")
        .with("TOT_INTENTS_KEEP_DAYS", "0")
        .with("TOT_ERASURE_DAYS", "31")
        .with("TOT_HTTP_HEADER_BYTES_MAX", "100")
        .with("TOT_HTTP_CONNECTIONS_MAX", "0");
    assert_eq!(
        named(&wrong),
        [
            "TOT_DATABASE_STATEMENT_SECONDS",
            "TOT_INTENTS_KEEP_DAYS",
            "TOT_ERASURE_DAYS",
            "TOT_HTTP_HEADER_BYTES_MAX",
            "TOT_HTTP_CONNECTIONS_MAX"
        ]
    );
}

#[test]
fn every_missing_variable_is_named_at_once() {
    assert_eq!(
        named(&Environment::default()),
        [
            "TOT_DATABASE_URL",
            "TOT_NATS_URL",
            "TOT_TOKEN_KEYS",
            "TOT_MASTER_KEYS",
            "TOT_COMMAND_SECRET",
            "TOT_MESSAGE_KEY",
            "TOT_WEBHOOK_KEY"
        ]
    );
}

#[test]
fn an_empty_secret_counts_as_missing_and_a_short_one_as_wrong() {
    let empty = read(&complete().with("TOT_COMMAND_SECRET", "")).unwrap_err();
    assert!(matches!(
        empty.0.as_slice(),
        [ConfigError::Missing {
            variable: "TOT_COMMAND_SECRET",
            ..
        }]
    ));
    let short = read(&complete().with("TOT_COMMAND_SECRET", "abcd")).unwrap_err();
    assert!(matches!(
        short.0.as_slice(),
        [ConfigError::Wrong {
            variable: "TOT_COMMAND_SECRET",
            ..
        }]
    ));
}

#[test]
fn neither_a_config_nor_its_faults_show_a_secret() {
    let config = read(&complete()).unwrap();
    let wrong = complete().with("TOT_DATABASE_URL", "mysql://root:hush@db/x");
    let faults = read(&wrong).unwrap_err();
    for shown in [format!("{config:?}"), format!("{faults:?}"), faults.to_string()] {
        assert!(!shown.contains("hush"), "{shown}");
        assert!(!shown.contains("abab"), "{shown}");
    }
}

#[test]
fn without_keys_there_are_no_providers_and_nothing_is_missing() {
    let providers = read(&complete()).unwrap().providers;
    assert!(providers.yookassa.shop.is_none() && providers.yookassa.gateway.is_none());
    assert!(providers.tbank.terminal.is_none() && providers.receipts.is_none());
    assert!(providers.sbp_order.is_empty());
    // The defaults of the configuration are the adapters' own.
    assert_eq!(providers.limits, integrations::Limits::default());
    assert_eq!(providers.breaker, integrations::BreakerOptions::default());
}

#[test]
fn given_keys_are_read_with_addresses_of_ours_and_published_networks() {
    let providers = read(&with_providers()).unwrap().providers;
    assert_eq!(providers.yookassa.shop.unwrap().id, "100500");
    assert!(
        providers
            .yookassa
            .networks
            .contain("185.71.76.1".parse().unwrap())
    );
    assert!(!providers.yookassa.networks.contain("127.0.0.1".parse().unwrap()));
    assert_eq!(
        providers.tbank.notification_url.unwrap().as_str(),
        "https://clinic.example/api/v1/webhooks/tbank"
    );
    assert_eq!(providers.return_url.unwrap().as_str(), "https://clinic.example/");
    let ours = ReturnTargets::parse("https://clinic.example");
    assert_eq!(Some(providers.return_targets), ours);
    assert_eq!(providers.sbp_order, [Provider::Tbank, Provider::Yookassa]);
}

#[test]
fn what_is_set_differently_is_taken() {
    let environment = with_providers()
        .with("TOT_SBP_PROVIDERS", "yookassa")
        .with("TOT_PAYMENT_RETURN_URL", "https://pay.example/back")
        .with("TOT_PAYMENT_RETURN_ALLOWED", "tot-patient:, https://app.example")
        .with("TOT_YOOKASSA_NETWORKS", "10.0.0.0/8, 192.0.2.1")
        .with("TOT_PROVIDER_ACT_SECONDS", "40")
        .with("TOT_BREAKER_FAILURES_PERCENT", "20")
        .with("TOT_BREAKER_TRIALS_NEEDED", "3")
        .with("TOT_PLAN_REPEAT_SECONDS", "5")
        .with("TOT_PLAN_TAIL_LOOKS", "1, 2,3")
        .with("TOT_PLAN_RECEIPT_NOTICE_SECONDS", "86400")
        .with("TOT_PLAN_CLOSING_SECONDS", "90")
        .with("TOT_PLAN_UNHEARD_SECONDS", "45")
        .with("TOT_PAYOUT_MIN", "250.50")
        .with("TOT_RECEIPTS", "on")
        .with("TOT_RECEIPT_VAT_CODE", "11")
        .with("TOT_RECEIPT_TAX_SYSTEM", "2");
    let providers = read(&environment).unwrap().providers;
    assert_eq!(providers.sbp_order, [Provider::Yookassa]);
    let allowed = ReturnTargets::parse("https://app.example,https://pay.example,tot-patient:");
    assert_eq!(Some(providers.return_targets), allowed);
    assert_eq!(providers.payout_min.minor, 25_050);
    assert!(providers.yookassa.networks.contain("192.0.2.1".parse().unwrap()));
    assert_eq!(providers.limits.act, Duration::from_secs(40));
    assert_eq!(providers.breaker.failures_percent, 20);
    assert_eq!(providers.breaker.trials_needed, 3);
    assert_eq!(
        providers.retries,
        RetrySchedule {
            repeat: 5,
            follow_up_delays: vec![1, 2, 3],
            receipt_notice: 86_400,
            closing_receipt_timeout: 90,
            receipt_notice_timeout: 45,
            ..RetrySchedule::default()
        }
    );
    let receipts = providers.receipts.unwrap();
    assert_eq!((receipts.vat, receipts.tax_system), (Vat::TwentyTwo, Some(2)));
}

#[test]
fn what_is_begun_must_be_complete_and_every_gap_is_named_at_once() {
    let half = complete()
        .with("TOT_NATS_URL", "")
        .with("TOT_YOOKASSA_SHOP_ID", "100500")
        .with("TOT_YOOKASSA_GATEWAY_SECRET", "hush")
        .with("TOT_TBANK_PASSWORD", "hush")
        .with("TOT_RECEIPTS", "on");
    assert_eq!(
        named(&half),
        [
            "TOT_NATS_URL",
            "TOT_YOOKASSA_GATEWAY_ID",
            "TOT_YOOKASSA_SECRET_KEY",
            "TOT_TBANK_TERMINAL_KEY",
            "TOT_RECEIPT_VAT_CODE",
        ]
    );
    // T-Bank refuses receipts without a tax system; that is known before the first payment.
    let no_system = with_providers()
        .with("TOT_RECEIPTS", "on")
        .with("TOT_RECEIPT_VAT_CODE", "1");
    assert_eq!(named(&no_system), ["TOT_RECEIPT_TAX_SYSTEM"]);
    // Settings for a shop whose keys got lost.
    let nobody = complete().with("TOT_YOOKASSA_NETWORKS", "10.0.0.0/8");
    assert_eq!(
        named(&nobody),
        ["TOT_YOOKASSA_SHOP_ID", "TOT_YOOKASSA_SECRET_KEY"]
    );
}

#[test]
fn values_that_cannot_be_are_named_and_no_secret_is_shown() {
    let wrong = with_providers()
        .with("TOT_YOOKASSA_API_URL", "ftp://example.com")
        .with("TOT_YOOKASSA_NETWORKS", "10.0.0.0/33")
        .with("TOT_YOOKASSA_REPEAT_HOURS", "24")
        .with("TOT_SBP_PROVIDERS", "tbank,tbank")
        .with("TOT_PAYMENT_RETURN_ALLOWED", "http://app.example")
        .with("TOT_RECEIPTS", "yes")
        .with("TOT_PAYOUT_MIN", "0.99")
        .with("TOT_PROVIDER_ASK_SECONDS", "0")
        .with("TOT_BREAKER_FAILURES_PERCENT", "0")
        .with("TOT_PLAN_REPEAT_SECONDS", "0")
        .with("TOT_PLAN_PAYMENT_LOOKS", "10,soon");
    assert_eq!(
        named(&wrong),
        [
            "TOT_YOOKASSA_API_URL",
            "TOT_YOOKASSA_NETWORKS",
            "TOT_YOOKASSA_REPEAT_HOURS",
            "TOT_SBP_PROVIDERS",
            "TOT_PAYMENT_RETURN_ALLOWED",
            "TOT_RECEIPTS",
            "TOT_PAYOUT_MIN",
            "TOT_PROVIDER_ASK_SECONDS",
            "TOT_BREAKER_FAILURES_PERCENT",
            "TOT_PLAN_REPEAT_SECONDS",
            "TOT_PLAN_PAYMENT_LOOKS",
        ]
    );
    let faults = read(&wrong).unwrap_err();
    let config = read(&with_providers()).unwrap();
    for shown in [format!("{config:?}"), format!("{faults:?}"), faults.to_string()] {
        assert!(!shown.contains("hush"), "{shown}");
    }
}

#[test]
fn every_night_has_its_time_unless_there_is_none() {
    let at = |text: &str| read(&complete().with("TOT_RECONCILE_AT", text)).map(|config| config.reconcile_at);
    assert_eq!(
        read(&complete()).unwrap().reconcile_at,
        at("03:00 Europe/Moscow").unwrap()
    );
    assert!(read(&complete()).unwrap().reconcile_at.is_some());
    assert_eq!(at("off").unwrap(), None);
    assert_ne!(at("04:30 Asia/Tehran").unwrap(), at("04:30").unwrap());
    for wrong in ["on", "3", "25:00", "03:00 Atlantis"] {
        assert_eq!(
            named(&complete().with("TOT_RECONCILE_AT", wrong)),
            ["TOT_RECONCILE_AT"],
            "{wrong}"
        );
    }
}

#[test]
fn the_zone_of_analysts_is_an_iana_name_or_left_as_it_is() {
    let of_owner = complete().with(
        "TOT_DATABASE_OWNER_URL",
        "postgres://tot_owner:hush@127.0.0.1/tot",
    );
    let zone =
        |text: &str| MigrateConfig::read(&of_owner.clone().with("TOT_ZONE", text)).map(|config| config.zone);
    assert!(zone("").unwrap().is_none());
    assert_eq!(zone("Asia/Tehran").unwrap().unwrap().as_str(), "Asia/Tehran");
    for wrong in ["Atlantis", "+03:00", "Europe/Moskau"] {
        let told = zone(wrong).unwrap_err().to_string();
        assert!(told.contains("TOT_ZONE is wrong"), "{wrong}: {told}");
    }
}

#[test]
fn a_provider_that_is_not_set_up_cannot_be_asked_first() {
    let only_shop = complete()
        .with("TOT_YOOKASSA_SHOP_ID", "100500")
        .with("TOT_YOOKASSA_SECRET_KEY", "live_hush");
    assert_eq!(
        named(&only_shop.with("TOT_SBP_PROVIDERS", "tbank,yookassa")),
        ["TOT_SBP_PROVIDERS"]
    );
}

#[test]
fn the_notary_is_the_relays_and_its_interval_is_a_time() {
    let set = complete()
        .with("TOT_NOTARY_KEY_FILE", "/run/secrets/notary.pem")
        .with("TOT_NOTARY_INTERVAL", "5m")
        .with("TOT_WITNESS_URL", "https://witness.example");
    let notary = read(&set).unwrap().notary.unwrap();
    assert_eq!(notary.interval, Duration::from_secs(300));
    assert_eq!(notary.key_file.unwrap().to_str(), Some("/run/secrets/notary.pem"));
    assert_eq!(notary.witness_url.unwrap().host_str(), Some("witness.example"));
    let api = Config::read(&set, &[Role::Api]).unwrap();
    assert_eq!(
        (api.notary, api.notary_interval),
        (None, Duration::from_secs(300))
    );
    assert_eq!(
        read(&complete()).unwrap().notary_interval,
        Duration::from_secs(60)
    );
    for wrong in ["0s", "60", "-5m", "often"] {
        let set = complete().with("TOT_NOTARY_INTERVAL", wrong);
        assert_eq!(named(&set), ["TOT_NOTARY_INTERVAL"], "{wrong}");
    }
    let wrong = complete().with("TOT_WITNESS_URL", "ftp://witness.example");
    assert_eq!(named(&wrong), ["TOT_WITNESS_URL"]);
}
