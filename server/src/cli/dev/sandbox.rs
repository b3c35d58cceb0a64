//! Payment providers for a first look: the sandbox in this process, unless there are real keys.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use jiff::Timestamp;
use provider_sandbox::{Options, RunningSandbox, Sandbox, SandboxError, Settings};

use url::Url;

use super::CONTROL_VARIABLE;
use crate::cli::clock::{self, ClockError};
use crate::config::{Environment, ProvidersConfig, is_given};

/// Notices of the sandbox come from this machine.
const NETWORKS: &str = "127.0.0.0/8";

/// A sandbox that runs, and how the platform reaches it.
pub struct DevSandbox {
    /// The sandbox.
    pub sandbox: RunningSandbox,
    settings: Settings,
}

/// What [`DevSandbox::in_environment`] sets beside keys, each to an address of this machine or to [`NETWORKS`].
const ADDRESSES: [&str; 5] = [
    "TOT_YOOKASSA_API_URL",
    "TOT_YOOKASSA_NETWORKS",
    "TOT_TBANK_API_URL",
    "TOT_TBANK_NETWORKS",
    "TOT_TBANK_NOTIFICATION_URL",
];
/// How receipts are issued in the sandbox, unless told otherwise.
const RECEIPTS: [(&str, &str); 3] = [
    ("TOT_RECEIPTS", "on"),
    ("TOT_RECEIPT_VAT_CODE", "1"),
    ("TOT_RECEIPT_TAX_SYSTEM", "2"),
];

/// The same without what an earlier `tot dev` wrote into `operator.env` for operators' commands, where a shell has read it: the
/// sandbox's keys are no real ones, and that sandbox is gone. Real keys stay. Answers whether there was any of it.
pub fn without_earlier(environment: Environment) -> (Environment, bool) {
    if environment.get(CONTROL_VARIABLE).is_none() {
        return (environment, false);
    }
    let Settings {
        shop,
        gateway,
        terminal,
        ..
    } = Settings::default();
    let pairs = [
        [
            ("TOT_YOOKASSA_SHOP_ID", shop.id),
            ("TOT_YOOKASSA_SECRET_KEY", shop.secret),
        ],
        [
            ("TOT_YOOKASSA_GATEWAY_ID", gateway.id),
            ("TOT_YOOKASSA_GATEWAY_SECRET", gateway.secret),
        ],
        [
            ("TOT_TBANK_TERMINAL_KEY", terminal.key),
            ("TOT_TBANK_PASSWORD", terminal.password),
        ],
    ];
    let mut kept = environment.without(CONTROL_VARIABLE);
    for pair in pairs {
        if pair
            .iter()
            .all(|(name, value)| kept.get(name) == Some(value.as_str()))
        {
            kept = pair.iter().fold(kept, |kept, (name, _)| kept.without(name));
        }
    }
    for name in ADDRESSES {
        if kept
            .get(name)
            .is_some_and(|value| value == NETWORKS || is_here(value))
        {
            kept = kept.without(name);
        }
    }
    if RECEIPTS
        .iter()
        .all(|(name, value)| kept.get(name) == Some(*value))
    {
        kept = RECEIPTS.iter().fold(kept, |kept, (name, _)| kept.without(name));
    }
    // The notary's key and the file of heads lie beside each other where `tot dev` keeps them, which may be another folder's or gone.
    let folder = |name: &str| {
        kept.get(name)
            .and_then(|path| Path::new(path).parent())
            .map(Path::to_owned)
    };
    if folder("TOT_NOTARY_KEY_FILE").is_some() && folder("TOT_NOTARY_KEY_FILE") == folder("TOT_WITNESS_FILE")
    {
        kept = kept.without("TOT_NOTARY_KEY_FILE").without("TOT_WITNESS_FILE");
    }
    (kept, true)
}

/// Whether it is the URL of something on this machine.
fn is_here(url: &str) -> bool {
    let url = Url::parse(url).ok();
    url.is_some_and(|url| matches!(url.host_str(), Some("127.0.0.1" | "localhost")))
}

/// Starts the sandbox, unless the environment holds keys of a provider. Its notices go to the API at `api`.
///
/// # Errors
/// [`SandboxError`] when an address is taken.
pub async fn start(
    environment: &Environment,
    pages: SocketAddr,
    control: SocketAddr,
    api: SocketAddr,
) -> Result<Option<DevSandbox>, SandboxError> {
    if ProvidersConfig::is_any_set(|variable| is_given(environment, variable)) {
        return Ok(None);
    }
    let here = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let yookassa = format!("http://{api}/api/v1/webhooks/yookassa");
    let mut settings = Settings::default();
    settings.shop.webhook_url = Some(yookassa.clone());
    settings.shop.webhook_source = here;
    settings.gateway.webhook_url = Some(yookassa);
    settings.terminal.notification_url = Some(format!("http://{api}/api/v1/webhooks/tbank"));
    settings.terminal.notification_source = here;
    let options = Options {
        api: pages,
        control,
        settings: settings.clone(),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await?;
    Ok(Some(DevSandbox { sandbox, settings }))
}

impl DevSandbox {
    /// Makes it `now` in the sandbox.
    pub async fn set_clock(&self, now: Timestamp) -> Result<(), ClockError> {
        let control =
            Url::parse(&self.sandbox.control_url).map_err(|_| ClockError::Address(CONTROL_VARIABLE))?;
        clock::set_sandbox(&reqwest::Client::new(), &control, now).await
    }

    /// The same environment with the sandbox's keys and addresses; receipts are issued, so that they can be seen.
    pub fn in_environment(&self, environment: Environment) -> Environment {
        let (shop, gateway) = (&self.settings.shop, &self.settings.gateway);
        let terminal = &self.settings.terminal;
        let api_url = &self.sandbox.api_url;
        let environment = environment
            .with(CONTROL_VARIABLE, self.sandbox.control_url.as_str())
            .with("TOT_YOOKASSA_SHOP_ID", shop.id.as_str())
            .with("TOT_YOOKASSA_SECRET_KEY", shop.secret.as_str())
            .with("TOT_YOOKASSA_GATEWAY_ID", gateway.id.as_str())
            .with("TOT_YOOKASSA_GATEWAY_SECRET", gateway.secret.as_str())
            .with("TOT_YOOKASSA_API_URL", format!("{api_url}/v3"))
            .with("TOT_YOOKASSA_NETWORKS", NETWORKS)
            .with("TOT_TBANK_TERMINAL_KEY", terminal.key.as_str())
            .with("TOT_TBANK_PASSWORD", terminal.password.as_str())
            .with("TOT_TBANK_API_URL", api_url.as_str())
            .with("TOT_TBANK_NETWORKS", NETWORKS)
            .with(
                "TOT_TBANK_NOTIFICATION_URL",
                terminal.notification_url.clone().unwrap_or_default(),
            );
        if environment.get("TOT_RECEIPTS").is_some() {
            return environment;
        }
        RECEIPTS
            .into_iter()
            .fold(environment, |environment, (name, value)| {
                environment.with(name, value)
            })
    }
}

#[cfg(test)]
mod tests {
    use commands::ports::PaymentRail;
    use domain::payment::provider::{CaptureMode, Provider};

    use super::*;
    use crate::config::{Config, complete};
    use crate::providers;
    use crate::role::Role;

    fn any() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }

    #[tokio::test]
    async fn the_sandbox_is_a_shop_and_a_terminal_that_answer_to_their_keys() {
        let dev_sandbox = start(&complete(), any(), any(), any()).await.unwrap().unwrap();
        let config = Config::read(&dev_sandbox.in_environment(complete()), &Role::ALL).unwrap();
        let outside = providers::open(&config.providers).unwrap().ports;
        let now = Timestamp::UNIX_EPOCH;
        let card = outside
            .providers
            .for_new(PaymentRail::Card, CaptureMode::Held, now)
            .unwrap();
        let sbp = outside
            .providers
            .for_new(PaymentRail::Sbp, CaptureMode::AtOnce, now)
            .unwrap();
        assert_eq!((card.name(), sbp.name()), (Provider::Yookassa, Provider::Tbank));
        for provider in [card, sbp] {
            assert_eq!(provider.probe().await.word(), "accepted", "{:?}", provider.name());
        }
        assert!(
            !outside
                .payouts
                .unwrap()
                .banks()
                .await
                .accepted::<()>()
                .unwrap()
                .is_empty()
        );
        assert!(outside.receipts.unwrap().tax_system.is_some());
        dev_sandbox.sandbox.stop().await;
    }

    #[tokio::test]
    async fn what_an_earlier_one_wrote_for_operators_is_not_taken_for_real_keys_and_real_ones_are() {
        let first = start(&complete(), any(), any(), any()).await.unwrap().unwrap();
        let sourced = first
            .in_environment(complete())
            .with("TOT_NOTARY_KEY_FILE", "/elsewhere/data/notary.pem")
            .with("TOT_WITNESS_FILE", "/elsewhere/data/heads.jsonl");
        first.sandbox.stop().await;
        let (kept, was_there) = without_earlier(sourced.clone());
        assert!(was_there);
        let names = |environment: &Environment| -> Vec<String> {
            environment.settings().map(|(name, _)| name.to_owned()).collect()
        };
        assert_eq!(names(&kept), names(&complete()));
        let second = start(&kept, any(), any(), any()).await.unwrap().unwrap();
        second.sandbox.stop().await;

        let real = sourced
            .with("TOT_YOOKASSA_SHOP_ID", "100500")
            .with("TOT_YOOKASSA_SECRET_KEY", "live_1")
            .with("TOT_RECEIPT_VAT_CODE", "4");
        let (kept, _) = without_earlier(real);
        assert_eq!(kept.get("TOT_YOOKASSA_SHOP_ID"), Some("100500"));
        assert_eq!(kept.get("TOT_RECEIPT_VAT_CODE"), Some("4"));
        assert_eq!(
            (kept.get("TOT_YOOKASSA_API_URL"), kept.get("TOT_TBANK_PASSWORD")),
            (None, None)
        );
        assert!(start(&kept, any(), any(), any()).await.unwrap().is_none());
        // A deployment's settings are nobody's to forget.
        assert!(!without_earlier(complete().with("TOT_TBANK_PASSWORD", "1")).1);
    }

    #[tokio::test]
    async fn real_keys_replace_the_sandbox() {
        for variable in ["TOT_YOOKASSA_SHOP_ID", "TOT_TBANK_PASSWORD"] {
            let environment = complete().with(variable, "1");
            let begun = start(&environment, any(), any(), any()).await.unwrap();
            assert!(begun.is_none(), "{variable}");
        }
    }
}
