//! What a process of one role works with: logins of its own, and none of the secrets that it must do without.

/// As whom a process of this role alone signs in, in Postgres and on NATS.
pub fn login(role: &str) -> Option<&'static str> {
    match role {
        "api" => Some("tot_api"),
        "workers" => Some("tot_worker"),
        "relay" => Some("tot_relay"),
        "intents" => Some("tot_intents"),
        "webhooks" => Some("tot_webhooks"),
        _ => None,
    }
}

/// The secrets that a process of this role alone has no use for, and must do without.
pub fn kept_from(role: &str) -> &'static [&'static str] {
    match role {
        "api" => &["TOT_MESSAGE_KEY", "TOT_SMTP_URL", "TOT_SMS_KEY"],
        "relay" | "workers" => &[
            "TOT_TOKEN_KEYS",
            "TOT_MASTER_KEYS",
            "TOT_COMMAND_SECRET",
            "TOT_WEBHOOK_KEY",
        ],
        "intents" => &[
            "TOT_TOKEN_KEYS",
            "TOT_COMMAND_SECRET",
            "TOT_MESSAGE_KEY",
            "TOT_WEBHOOK_KEY",
        ],
        "webhooks" => &[
            "TOT_TOKEN_KEYS",
            "TOT_MASTER_KEYS",
            "TOT_COMMAND_SECRET",
            "TOT_MESSAGE_KEY",
        ],
        _ => &[],
    }
}
