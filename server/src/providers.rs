//! Opens the ports to providers: payment providers behind their breakers, their payouts, and whose notices are believed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use api::webhook_ports::{NoticeSink, QrRenderer, ReceivedNotice};
use commands::payments;
use commands::ports::{Notices, PaymentProvider, PaymentRail, PayoutProvider};
use commands::{CommandError, CommandServices, ProviderPorts};
use domain::payment::provider::Provider;
use event_store::BoxFuture;
use integrations::routing::{GuardedPayouts, RoutingError};
use integrations::tbank::{Tbank, TbankNotices, TbankSettings};
use integrations::yookassa::{Gateway, Yookassa, YookassaNotices};
use integrations::{Http, HttpError, QrPicture, Routes};
use url::Url;

use crate::config::ProvidersConfig;

/// Why the ports cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ProviderStackError {
    #[error("the client of {0:?} cannot be made")]
    Http(Provider, #[source] HttpError),
    /// The certificates trusted beside the usual ones.
    #[error("TOT_PROVIDER_ROOTS: {0} cannot be read")]
    Roots(PathBuf, #[source] std::io::Error),
    /// The order in which providers are asked.
    #[error("the providers cannot be asked in this order (TOT_SBP_PROVIDERS)")]
    Routing(#[from] RoutingError),
}

/// The ports to providers, and the one inward through which providers tell something.
#[derive(Clone)]
pub struct ProviderStack {
    /// Whom the platform may ask, as far as there are keys.
    pub ports: ProviderPorts,
    /// Whose notices are believed.
    pub notices: Vec<(Provider, Arc<dyn Notices>)>,
}

impl ProviderStack {
    /// What the HTTP surface is given of it; the platform keeps what is told.
    pub fn as_seen_by_api(&self, services: &CommandServices) -> api::webhook_ports::WebhookPorts {
        let seen = api::webhook_ports::WebhookPorts::default()
            .with_qr_renderer(Arc::new(QrImages))
            .with_notice_sink(Arc::new(IntentNoticeSink(services.clone())));
        self.notices.iter().fold(seen, |seen, (name, notices)| {
            seen.with_notice_verifier(*name, Arc::clone(notices))
        })
    }
}

/// Keeps hints as intents of the platform.
struct IntentNoticeSink(CommandServices);

impl NoticeSink for IntentNoticeSink {
    fn keep(&self, told: ReceivedNotice) -> BoxFuture<'_, Result<(), CommandError>> {
        Box::pin(async move {
            let ReceivedNotice {
                provider,
                hint,
                crowded,
                trace_id,
            } = told;
            payments::enqueue_notice(&self.0, provider, &hint, crowded, &trace_id).await
        })
    }
}

/// Draws what a telephone scans.
struct QrImages;

impl QrRenderer for QrImages {
    fn svg(&self, payload: &str) -> Option<String> {
        Some(QrPicture::of(payload).ok()?.svg())
    }

    fn png(&self, payload: &str) -> Option<Vec<u8>> {
        QrPicture::of(payload).ok()?.png().ok()
    }
}

/// Makes the clients, adapters and routes; nobody is called yet.
pub fn open(config: &ProvidersConfig) -> Result<ProviderStack, ProviderStackError> {
    let roots = match &config.roots {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.map_err(|error| ProviderStackError::Roots(path.clone(), error))?)
        }
        None => None,
    };
    let http = |name: Provider, url: &Url| {
        Http::new(name, url.as_str(), config.limits, roots.as_deref())
            .map_err(|error| ProviderStackError::Http(name, error))
    };
    let mut providers: Vec<Arc<dyn PaymentProvider>> = Vec::new();
    let mut notices: Vec<(Provider, Arc<dyn Notices>)> = Vec::new();
    let (yookassa, tbank) = (&config.yookassa, &config.tbank);
    let mut cards = Vec::new();
    if let Some(shop) = &yookassa.shop {
        let http = http(Provider::Yookassa, &yookassa.api_url)?;
        providers.push(Arc::new(Yookassa::new(
            http,
            shop.clone(),
            yookassa.repeat_within,
        )));
        cards.push(Provider::Yookassa);
    }
    if yookassa.shop.is_some() || yookassa.gateway.is_some() {
        let told = YookassaNotices::new(yookassa.networks.clone());
        notices.push((Provider::Yookassa, Arc::new(told)));
    }
    if let Some(terminal) = &tbank.terminal {
        let http = http(Provider::Tbank, &tbank.api_url)?;
        let settings = TbankSettings {
            notification_url: tbank.notification_url.as_ref().map(Url::to_string),
        };
        providers.push(Arc::new(Tbank::new(http, terminal.clone(), settings)));
        let told = TbankNotices::new(terminal.clone(), tbank.networks.clone());
        notices.push((Provider::Tbank, Arc::new(told)));
    }
    let payouts = match &yookassa.gateway {
        Some(gateway) => {
            let http = http(Provider::Yookassa, &yookassa.api_url)?;
            let gateway = Arc::new(Gateway::new(http, gateway.clone(), yookassa.repeat_within));
            let guarded = GuardedPayouts::new(gateway, config.breaker);
            Some(Arc::new(guarded) as Arc<dyn PayoutProvider>)
        }
        None => None,
    };
    let orders = BTreeMap::from([
        (PaymentRail::Card, cards),
        (PaymentRail::Sbp, config.sbp_order.clone()),
    ]);
    let return_url = config.return_url.as_ref().map(Url::as_str);
    Ok(ProviderStack {
        ports: ProviderPorts {
            providers: Arc::new(Routes::new(providers, orders, config.breaker)?),
            payouts,
            return_url: return_url.unwrap_or_default().into(),
            receipts: config.receipts,
            retries: config.retries.clone(),
        },
        notices,
    })
}
