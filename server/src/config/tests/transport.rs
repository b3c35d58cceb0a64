//! What leaves this machine is encrypted and checked, or is refused with all other faults, unless it is named.

use super::*;
use crate::config::{OperatorConfig, OwnerConfig};

fn database(address: &str) -> Environment {
    complete().with("TOT_DATABASE_URL", format!("postgres://tot_app:hush@{address}"))
}

#[test]
fn a_database_beyond_this_machine_shows_a_checked_certificate() {
    for near in [
        "127.0.0.1/tot",
        "127.9.9.9/tot",
        "[::1]:5433/tot",
        "localhost/tot",
        "localhost/tot?host=/var/run/postgresql",
        "db.example/tot?sslmode=verify-full",
        "db.example/tot?sslmode=verify-full&sslrootcert=/etc/tot/roots.pem",
    ] {
        assert!(read(&database(near)).is_ok(), "{near}");
    }
    for far in [
        "db.example/tot",
        "10.0.0.1/tot",
        "[2001:db8::1]/tot",
        "localhost.example/tot",
        "db.example/tot?sslmode=prefer",
        "db.example/tot?sslmode=require",
        "db.example/tot?sslmode=verify-ca",
        "db.example/tot?sslmode=verify-full&sslmode=disable",
        // The parameter is what is connected to.
        "localhost/tot?host=db.example",
        "localhost/tot?hostaddr=10.0.0.1",
    ] {
        assert_eq!(named(&database(far)), ["TOT_DATABASE_URL"], "{far}");
        assert!(OperatorConfig::read(&database(far)).is_err(), "{far}");
        let owner = complete().with(
            "TOT_DATABASE_OWNER_URL",
            format!("postgres://tot_owner:hush@{far}"),
        );
        assert!(OwnerConfig::read(&owner).is_err(), "{far}");
        let allowed = database(far).with("TOT_CLEAR_TEXT_ALLOWED", "database");
        assert!(read(&allowed).is_ok(), "{far}");
    }
}

#[test]
fn a_nats_beyond_this_machine_is_spoken_to_by_tls() {
    let nats = |url: &str| complete().with("TOT_NATS_URL", url);
    for near in [
        "nats://u:p@127.0.0.1",
        "nats://[::1]:4222",
        "tls://u:p@nats.example",
        "tls://localhost",
    ] {
        assert!(read(&nats(near)).is_ok(), "{near}");
    }
    for far in [
        "nats://u:p@nats.example:4222",
        "nats://10.0.0.1",
        "nats://localhost.example",
    ] {
        assert_eq!(named(&nats(far)), ["TOT_NATS_URL"], "{far}");
        assert!(read(&nats(far).with("TOT_CLEAR_TEXT_ALLOWED", "http,nats")).is_ok());
    }
    let roots = |path: &str| named(&complete().with("TOT_NATS_ROOTS", path));
    assert_eq!(roots("/nowhere/roots.pem"), ["TOT_NATS_ROOTS"]);
    assert_eq!(
        roots(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        ["TOT_NATS_ROOTS"]
    );
}

#[test]
fn a_redis_beyond_this_machine_is_spoken_to_by_tls() {
    assert!(read(&complete()).unwrap().redis.is_none());
    let redis = |url: &str| complete().with("TOT_REDIS_URL", url);
    for near in [
        "redis://:p@127.0.0.1",
        "redis://[::1]:6379/3",
        "rediss://:p@redis.example",
    ] {
        assert!(read(&redis(near)).unwrap().redis.is_some(), "{near}");
    }
    for far in [
        "redis://:hush@redis.example",
        "redis://10.0.0.1:6379",
        "http://localhost",
    ] {
        assert_eq!(named(&redis(far)), ["TOT_REDIS_URL"], "{far}");
        let told = read(&redis(far)).unwrap_err().to_string();
        assert!(!told.contains("hush"), "{told}");
    }
    let far = redis("redis://redis.example").with("TOT_CLEAR_TEXT_ALLOWED", "redis");
    assert!(read(&far).is_ok());
    let roots = complete().with("TOT_REDIS_ROOTS", "/nowhere/roots.pem");
    assert_eq!(named(&roots), ["TOT_REDIS_ROOTS"]);
}

#[test]
fn a_public_address_in_clear_is_of_this_machine_or_is_named() {
    let public = |url: &str| complete().with("TOT_PUBLIC_URL", url);
    for fine in [
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://[::1]:3000",
        "https://tot.example",
    ] {
        assert!(read(&public(fine)).is_ok(), "{fine}");
    }
    for clear in ["http://tot.example", "http://10.0.0.1:3000"] {
        assert_eq!(named(&public(clear)), ["TOT_PUBLIC_URL"], "{clear}");
        assert!(read(&public(clear).with("TOT_CLEAR_TEXT_ALLOWED", "http")).is_ok());
        // Operators' commands answer nobody there.
        let operator = public(clear).with("TOT_DATABASE_URL", "postgres://tot_app:hush@localhost/tot");
        assert!(crate::config::PeopleConfig::read(&operator).is_ok());
    }
}

#[test]
fn all_of_it_is_told_at_once_and_a_misspelt_way_is_none() {
    let all = database("db.example/tot")
        .with("TOT_NATS_URL", "nats://nats.example")
        .with("TOT_TLS_KEY_FILE", "/etc/tot/key.pem")
        .with("TOT_PUBLIC_URL", "http://tot.example")
        .with("TOT_CLEAR_TEXT_ALLOWED", "databases");
    assert_eq!(
        named(&all),
        [
            "TOT_DATABASE_URL",
            "TOT_NATS_URL",
            "TOT_TLS_CERTIFICATE_FILE",
            "TOT_PUBLIC_URL",
            "TOT_CLEAR_TEXT_ALLOWED"
        ]
    );
    let told = read(&all).unwrap_err().to_string();
    assert!(
        told.contains("name `database` in TOT_CLEAR_TEXT_ALLOWED"),
        "{told}"
    );
    assert!(!told.contains("hush"), "{told}");
}

#[test]
fn the_certificate_is_the_apis_and_never_half() {
    let both = complete()
        .with("TOT_TLS_CERTIFICATE_FILE", "/etc/tot/chain.pem")
        .with("TOT_TLS_KEY_FILE", "/etc/tot/key.pem");
    let tls = read(&both).unwrap().tls.unwrap();
    assert_eq!(tls.certificate.to_str(), Some("/etc/tot/chain.pem"));
    assert_eq!(tls.key.to_str(), Some("/etc/tot/key.pem"));
    assert!(Config::read(&both, &[Role::Relay]).unwrap().tls.is_none());
    assert!(read(&complete()).unwrap().tls.is_none());
    assert_eq!(named(&both.without("TOT_TLS_KEY_FILE")), ["TOT_TLS_KEY_FILE"]);
}
