//! Where secrets may stand, and which of them a role reads.

use super::*;

/// An environment in which every secret is given.
fn with_every_secret() -> Environment {
    let environment = with_providers()
        .with(
            "TOT_DATABASE_OWNER_URL",
            "postgres://tot_owner:hush@127.0.0.1/tot",
        )
        .with("TOT_MESSAGE_KEY_PREVIOUS", "ef".repeat(32))
        .with("TOT_WEBHOOK_KEY_PREVIOUS", "12".repeat(32))
        .with("TOT_YOOKASSA_GATEWAY_ID", "100501")
        .with("TOT_YOOKASSA_GATEWAY_SECRET", "gateway_hush")
        .with("TOT_OTLP_ENDPOINT", "http://collector:4318")
        .with("TOT_OTLP_HEADERS", "authorization=otlp_hush")
        .with("TOT_MAIL_FROM", "TOT <no-reply@clinic.example>")
        .with("TOT_SMTP_URL", "smtps://tot:smtp_hush@mail.example")
        .with("TOT_REDIS_URL", "rediss://:redis_hush@redis.example")
        .with("TOT_SMS_SENDER", "TOT")
        .with("TOT_SMS_KEY", "sms_hush");
    for secret in SECRETS {
        assert!(environment.get(secret).is_some(), "{secret} is not in this test");
    }
    environment
}

/// Everything secret that is read from it.
fn told(environment: &Environment) -> Vec<String> {
    let (config, migrate) = (
        read(environment).unwrap(),
        MigrateConfig::read(environment).unwrap(),
    );
    let providers = config.providers;
    [
        Some(config.database_url),
        Some(config.nats_url),
        config.redis.map(|redis| redis.url),
        config.command_secret,
        config.message_key,
        config.message_key_previous,
        providers.yookassa.shop.map(|shop| shop.secret),
        providers.yookassa.gateway.map(|gateway| gateway.secret),
        providers.tbank.terminal.map(|terminal| terminal.password),
        config.otlp.map(|otlp| otlp.headers[0].1.clone()),
        Some(migrate.owner.url),
        Some(migrate.app_role.into()),
    ]
    .map(|secret| secret.unwrap().expose_secret().to_owned())
    .into()
}

#[test]
fn every_secret_can_stand_in_a_file_and_never_in_two_places() {
    let folder = std::env::temp_dir().join(format!("tot-secrets-{:016x}", rand::random::<u64>()));
    std::fs::create_dir(&folder).unwrap();
    let expected = told(&with_every_secret());
    for secret in SECRETS {
        let (path, file) = (folder.join(secret), file_of(secret));
        let path = path.to_str().unwrap();
        let given = with_every_secret();
        for end in ["", "\n", "\r\n"] {
            std::fs::write(path, format!("{}{end}", given.get(secret).unwrap())).unwrap();
            let moved = given.clone().with(secret, "").with(&file, path);
            assert_eq!(told(&moved), expected, "{secret}");
        }
        let faults = |environment: &Environment| {
            let both = [
                read(environment).map(drop),
                MigrateConfig::read(environment).map(drop),
            ];
            let faults = both.into_iter().filter_map(Result::err);
            faults.map(|faults| faults.to_string()).collect::<String>()
        };
        let said = faults(&given.clone().with(&file, path));
        assert!(
            said.contains(&format!("{secret} and {file} are both set: unset one")),
            "{said}"
        );
        let said = faults(&given.clone().with(secret, "").with(&file, "/nowhere/at/all"));
        assert!(
            said.contains(&format!("{file} is wrong: /nowhere/at/all cannot be opened")),
            "{said}"
        );
        assert!(!said.contains("hush"), "{said}");
        std::fs::write(path, "\n").unwrap();
        let said = faults(&given.clone().with(secret, "").with(&file, path));
        assert!(
            said.contains(&format!("{file} is wrong: {path} is empty")),
            "{said}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_role_reads_no_secret_that_it_does_not_use() {
    let unused = |secrets: &[&str]| {
        // A file that is not there: whoever looked at it would say so.
        secrets.iter().fold(with_every_secret(), |environment, secret| {
            environment
                .with(secret, "")
                .with(&file_of(secret), "/nowhere/at/all")
        })
    };
    let outside = [
        "TOT_YOOKASSA_SECRET_KEY",
        "TOT_YOOKASSA_GATEWAY_SECRET",
        "TOT_TBANK_PASSWORD",
    ];
    let messages = ["TOT_MESSAGE_KEY", "TOT_MESSAGE_KEY_PREVIOUS"];
    let owner = ["TOT_DATABASE_OWNER_URL"];
    let of_api = ["TOT_COMMAND_SECRET", "TOT_REDIS_URL"];
    let webhooks = ["TOT_WEBHOOK_KEY", "TOT_WEBHOOK_KEY_PREVIOUS"];
    let mail = ["TOT_SMTP_URL", "TOT_SMS_KEY"];
    for (role, secrets) in [
        (Role::Api, [&messages[..], &owner, &mail].concat()),
        (
            Role::Relay,
            [&outside[..], &owner, &of_api, &webhooks, &mail].concat(),
        ),
        (
            Role::Workers,
            [&outside[..], &owner, &of_api, &webhooks, &mail].concat(),
        ),
        (
            Role::Intents,
            [&messages[..], &owner, &of_api, &webhooks].concat(),
        ),
        (
            Role::Webhooks,
            [&outside[..], &messages, &owner, &of_api, &mail].concat(),
        ),
    ] {
        let config = Config::read(&unused(&secrets), &[role]).unwrap();
        assert_eq!(config.token_keys.is_some(), role == Role::Api, "{role:?}");
        let knows_people = matches!(role, Role::Api | Role::Intents);
        assert_eq!(config.master_keys.is_some(), knows_people, "{role:?}");
        let asks = config.providers.yookassa.shop.is_some();
        assert_eq!(asks, matches!(role, Role::Api | Role::Intents), "{role:?}");
        assert_eq!(config.sends_mail, knows_people, "{role:?}");
        assert_eq!(config.mail.is_some(), role == Role::Intents, "{role:?}");
        assert_eq!(config.sends_sms, knows_people, "{role:?}");
        assert_eq!(config.sms.is_some(), role == Role::Intents, "{role:?}");
        let seals = config.webhooks.is_some();
        assert_eq!(seals, matches!(role, Role::Api | Role::Webhooks), "{role:?}");
    }
}
