//! Opens the doors outward: payment providers behind their breakers, their payouts, and whose notices are believed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use api::outside::{DrawsCodes, KeepsNotices, Told};
use commands::payments;
use commands::ports::{Notices, PayBy, PaymentProvider, PayoutProvider, ProviderName};
use commands::{CommandFault, CommandServices, Outside};
use event_store::BoxFuture;
use integrations::routing::{GuardedPayouts, RoutingFault};
use integrations::tbank::{Tbank, TbankNotices, TbankSettings};
use integrations::yookassa::{Gateway, Yookassa, YookassaNotices};
use integrations::{Http, HttpFault, QrPicture, Routes};
use url::Url;

use crate::config::ProvidersConfig;

/// Why the doors cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OutwardFault {
    /// A client.
    #[error("the client of {0:?} cannot be made")]
    Http(ProviderName, #[source] HttpFault),
    /// The certificates trusted beside the usual ones.
    #[error("TOT_PROVIDER_ROOTS: {0} cannot be read")]
    Roots(PathBuf, #[source] std::io::Error),
    /// The order in which providers are asked.
    #[error("the providers cannot be asked in this order (TOT_SBP_PROVIDERS)")]
    Routing(#[from] RoutingFault),
}

/// The doors outward, and the one inward through which providers tell something.
#[derive(Clone)]
pub struct Outward {
    /// Whom the house may ask, as far as there are keys.
    pub outside: Outside,
    /// Whose notices are believed.
    pub notices: Vec<(ProviderName, Arc<dyn Notices>)>,
}

impl Outward {
    /// What the HTTP surface is given of it; the house keeps what is told.
    pub fn as_seen_by_api(&self, house: &CommandServices) -> api::outside::Outside {
        let seen = api::outside::Outside::default()
            .drawing(Arc::new(Codes))
            .keeping(Arc::new(Keeper(house.clone())));
        self.notices.iter().fold(seen, |seen, (name, notices)| {
            seen.believing(*name, Arc::clone(notices))
        })
    }
}

/// Keeps hints as intents of the house.
struct Keeper(CommandServices);

impl KeepsNotices for Keeper {
    fn keep(&self, told: Told) -> BoxFuture<'_, Result<(), CommandFault>> {
        Box::pin(async move {
            let Told {
                provider,
                hint,
                crowded,
                trace_id,
            } = told;
            payments::take_notice(&self.0, provider, &hint, crowded, &trace_id).await
        })
    }
}

/// Draws what a telephone scans.
struct Codes;

impl DrawsCodes for Codes {
    fn svg(&self, payload: &str) -> Option<String> {
        Some(QrPicture::of(payload).ok()?.svg())
    }

    fn png(&self, payload: &str) -> Option<Vec<u8>> {
        QrPicture::of(payload).ok()?.png().ok()
    }
}

/// Makes the clients, adapters and routes; nobody is called yet.
///
/// # Errors
/// [`OutwardFault`].
pub fn open(config: &ProvidersConfig) -> Result<Outward, OutwardFault> {
    let roots = match &config.roots {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.map_err(|fault| OutwardFault::Roots(path.clone(), fault))?)
        }
        None => None,
    };
    let http = |name: ProviderName, url: &Url| {
        Http::new(name, url.as_str(), config.limits, roots.as_deref())
            .map_err(|fault| OutwardFault::Http(name, fault))
    };
    let mut providers: Vec<Arc<dyn PaymentProvider>> = Vec::new();
    let mut notices: Vec<(ProviderName, Arc<dyn Notices>)> = Vec::new();
    let (yookassa, tbank) = (&config.yookassa, &config.tbank);
    let mut cards = Vec::new();
    if let Some(shop) = &yookassa.shop {
        let http = http(ProviderName::Yookassa, &yookassa.api_url)?;
        providers.push(Arc::new(Yookassa::new(
            http,
            shop.clone(),
            yookassa.repeat_within,
        )));
        cards.push(ProviderName::Yookassa);
    }
    if yookassa.shop.is_some() || yookassa.gateway.is_some() {
        let told = YookassaNotices::new(yookassa.networks.clone());
        notices.push((ProviderName::Yookassa, Arc::new(told)));
    }
    if let Some(terminal) = &tbank.terminal {
        let http = http(ProviderName::Tbank, &tbank.api_url)?;
        let settings = TbankSettings {
            notification_url: tbank.notification_url.as_ref().map(Url::to_string),
        };
        providers.push(Arc::new(Tbank::new(http, terminal.clone(), settings)));
        let told = TbankNotices::new(terminal.clone(), tbank.networks.clone());
        notices.push((ProviderName::Tbank, Arc::new(told)));
    }
    let payouts = match &yookassa.gateway {
        Some(gateway) => {
            let http = http(ProviderName::Yookassa, &yookassa.api_url)?;
            let gateway = Arc::new(Gateway::new(http, gateway.clone(), yookassa.repeat_within));
            let guarded = GuardedPayouts::new(gateway, config.breaker);
            Some(Arc::new(guarded) as Arc<dyn PayoutProvider>)
        }
        None => None,
    };
    let orders = BTreeMap::from([(PayBy::Card, cards), (PayBy::Sbp, config.sbp_order.clone())]);
    let return_url = config.return_url.as_ref().map(Url::to_string);
    Ok(Outward {
        outside: Outside {
            providers: Arc::new(Routes::new(providers, orders, config.breaker)?),
            payouts,
            return_url: return_url.unwrap_or_default(),
            receipts: config.receipts,
            plans: config.plans.clone(),
        },
        notices,
    })
}
