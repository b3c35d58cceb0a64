//! The configuration refuses with every fault at once and shows no secret.

use secrecy::ExposeSecret;

use super::{Config, ConfigFault, Environment};

fn complete() -> Environment {
    Environment::default()
        .with("TOT_DATABASE_URL", "postgres://tot_app:hush@127.0.0.1:5432/tot")
        .with("TOT_NATS_URL", "nats://127.0.0.1:4222")
        .with("TOT_TOKEN_KEYS", "/run/secrets/tot-keys.json")
        .with("TOT_COMMAND_SECRET", "ab".repeat(32))
}

#[test]
fn a_complete_environment_is_read() {
    let config = Config::read(&complete()).unwrap();
    assert_eq!(config.listen.port(), 3000);
    assert_eq!(config.command_secret.expose_secret().len(), 64);
}

#[test]
fn every_missing_variable_is_named_at_once() {
    let faults = Config::read(&Environment::default()).unwrap_err().0;
    let missing: Vec<&str> = faults
        .iter()
        .map(|fault| match fault {
            ConfigFault::Missing { variable, .. } | ConfigFault::Wrong { variable, .. } => *variable,
        })
        .collect();
    assert_eq!(
        missing,
        [
            "TOT_DATABASE_URL",
            "TOT_NATS_URL",
            "TOT_TOKEN_KEYS",
            "TOT_COMMAND_SECRET"
        ]
    );
}

#[test]
fn an_empty_secret_counts_as_missing_and_a_short_one_as_wrong() {
    let empty = Config::read(&complete().with("TOT_COMMAND_SECRET", "")).unwrap_err();
    assert!(matches!(
        empty.0.as_slice(),
        [ConfigFault::Missing {
            variable: "TOT_COMMAND_SECRET",
            ..
        }]
    ));
    let short = Config::read(&complete().with("TOT_COMMAND_SECRET", "abcd")).unwrap_err();
    assert!(matches!(
        short.0.as_slice(),
        [ConfigFault::Wrong {
            variable: "TOT_COMMAND_SECRET",
            ..
        }]
    ));
}

#[test]
fn neither_a_config_nor_its_faults_show_a_secret() {
    let config = Config::read(&complete()).unwrap();
    let wrong = complete().with("TOT_DATABASE_URL", "mysql://root:hush@db/x");
    let faults = Config::read(&wrong).unwrap_err();
    for shown in [format!("{config:?}"), format!("{faults:?}"), faults.to_string()] {
        assert!(!shown.contains("hush"), "{shown}");
        assert!(!shown.contains("abab"), "{shown}");
    }
}
