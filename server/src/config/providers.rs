//! Payment providers from the environment: all of it optional, but what is begun must be complete.

use std::path::PathBuf;

use api::return_targets::ReturnTargets;
use commands::ports::Vat;
use commands::{PAYOUT_MIN_DEFAULT, ReceiptTerms, RetrySchedule};
use domain::money::{Currency, Money};
use domain::payment::provider::Provider;
use domain::payout::{PAYOUT_MAX, PAYOUT_MIN};
use integrations::yookassa::Credentials;
use integrations::{BreakerOptions, Limits, Networks, tbank, yookassa};
use jiff::SignedDuration;
use url::Url;

use super::{ConfigErrors, Environment, Reader, timeouts};

/// Where the API takes T-Bank's notices.
const TBANK_NOTICES: &str = "/api/v1/webhooks/tbank";
/// YooKassa's codes of value added tax, from 1 on.
const VAT_CODES: [Vat; 12] = [
    Vat::None,
    Vat::Zero,
    Vat::Ten,
    Vat::Twenty,
    Vat::TenOf,
    Vat::TwentyOf,
    Vat::Five,
    Vat::Seven,
    Vat::FiveOf,
    Vat::SevenOf,
    Vat::TwentyTwo,
    Vat::TwentyTwoOf,
];
/// Tax systems of receipts (tag 1055) are numbered from 1 to this.
const TAX_SYSTEM_MAX: u8 = 6;

/// A shop's, a payout gateway's or a terminal's identifier and secret.
const YOOKASSA_SHOP: [&str; 2] = ["TOT_YOOKASSA_SHOP_ID", "TOT_YOOKASSA_SECRET_KEY"];
const YOOKASSA_GATEWAY: [&str; 2] = ["TOT_YOOKASSA_GATEWAY_ID", "TOT_YOOKASSA_GATEWAY_SECRET"];
const TBANK_TERMINAL: [&str; 2] = ["TOT_TBANK_TERMINAL_KEY", "TOT_TBANK_PASSWORD"];

/// Which providers there are, and how they are talked to.
#[derive(Clone, Debug)]
pub struct ProvidersConfig {
    /// YooKassa, if the shop or the payout gateway has keys.
    pub yookassa: YookassaConfig,
    pub tbank: TbankConfig,
    /// Who is asked for a payment by the faster payments system, in order (`TOT_SBP_PROVIDERS`).
    pub sbp_order: Vec<Provider>,
    /// Where patients come back to from a provider's page (`TOT_PAYMENT_RETURN_URL`).
    pub return_url: Option<Url>,
    /// Where else apps may have them come back to (`TOT_PAYMENT_RETURN_ALLOWED`); the origin of `return_url` among it.
    pub return_targets: ReturnTargets,
    /// Certificates trusted beside the usual ones (`TOT_PROVIDER_ROOTS`), such as a national authority's, in PEM.
    pub roots: Option<PathBuf>,
    /// What stands in fiscal receipts (`TOT_RECEIPT_VAT_CODE`, `TOT_RECEIPT_TAX_SYSTEM`); none are issued unless
    /// `TOT_RECEIPTS` is on.
    pub receipts: Option<ReceiptTerms>,
    /// How long, how often and how much (`TOT_PROVIDER_*`).
    pub limits: Limits,
    /// When a failing provider is left alone (`TOT_BREAKER_*`).
    pub breaker: BreakerOptions,
    /// When what is under way is looked after (`TOT_PLAN_*`).
    pub retries: RetrySchedule,
    /// The least that a doctor is paid out (`TOT_PAYOUT_MIN`).
    pub payout_min: Money,
}

#[derive(Clone, Debug)]
pub struct YookassaConfig {
    /// The shop (`TOT_YOOKASSA_SHOP_ID`, `TOT_YOOKASSA_SECRET_KEY`).
    pub shop: Option<Credentials>,
    /// The payout gateway (`TOT_YOOKASSA_GATEWAY_ID`, `TOT_YOOKASSA_GATEWAY_SECRET`).
    pub gateway: Option<Credentials>,
    /// Its address (`TOT_YOOKASSA_API_URL`).
    pub api_url: Url,
    /// Where its notices come from (`TOT_YOOKASSA_NETWORKS`).
    pub networks: Networks,
    /// How long a request may be repeated under its key (`TOT_YOOKASSA_REPEAT_HOURS`).
    pub repeat_within: SignedDuration,
}

#[derive(Clone, Debug)]
pub struct TbankConfig {
    /// The terminal (`TOT_TBANK_TERMINAL_KEY`, `TOT_TBANK_PASSWORD`).
    pub terminal: Option<tbank::Terminal>,
    /// The bank's address (`TOT_TBANK_API_URL`).
    pub api_url: Url,
    /// Where its notices come from (`TOT_TBANK_NETWORKS`).
    pub networks: Networks,
    /// Where it sends them (`TOT_TBANK_NOTIFICATION_URL`).
    pub notification_url: Option<Url>,
}

impl ProvidersConfig {
    /// Reads the providers' settings; addresses of our own begin with `public_url`.
    pub fn read(reader: &mut Reader<'_>, public_url: Option<&Url>) -> Option<Self> {
        let yookassa = yookassa(reader);
        let tbank = tbank(reader, public_url);
        let set_up = |name| match name {
            Provider::Yookassa => yookassa.as_ref().is_some_and(|it| it.shop.is_some()),
            Provider::Tbank => tbank.as_ref().is_some_and(|it| it.terminal.is_some()),
        };
        let sbp_order = sbp_order(reader, set_up);
        let return_url = own_url(reader, "TOT_PAYMENT_RETURN_URL", public_url, "/");
        let return_targets = return_targets(reader, return_url.as_ref().and_then(Option::as_ref));
        let receipts = receipts(reader, set_up(Provider::Tbank));
        let payout_min = payout_min(reader);
        Some(Self {
            sbp_order,
            roots: reader.text("TOT_PROVIDER_ROOTS").map(PathBuf::from),
            receipts,
            payout_min,
            limits: timeouts::limits(reader),
            breaker: timeouts::breaker(reader),
            retries: timeouts::retries(reader),
            yookassa: yookassa?,
            tbank: tbank?,
            return_url: return_url?,
            return_targets,
        })
    }

    /// For a role that asks nobody: when what is under way is looked after, and no provider's keys are looked at.
    pub fn plans_alone(reader: &mut Reader<'_>) -> Option<Self> {
        let retries = timeouts::retries(reader);
        let nobody = Reader::read(&Environment::default(), |reader| Self::read(reader, None)).ok()?;
        Some(Self { retries, ..nobody })
    }

    /// The same, for an operator's command that asks a provider.
    pub fn of(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| {
            let public_url = reader.public_url();
            Self::read(reader, public_url.as_ref())
        })
    }

    /// Whether any provider has keys among these variables, complete or not.
    pub fn is_any_set(is_set: impl Fn(&str) -> bool) -> bool {
        let keys = [YOOKASSA_SHOP, YOOKASSA_GATEWAY, TBANK_TERMINAL];
        keys.into_iter().flatten().any(is_set)
    }
}

/// Less than this is not worth a doctor's payout yet (`TOT_PAYOUT_MIN`, in roubles).
fn payout_min(reader: &mut Reader<'_>) -> Money {
    let in_range = |amount: &Money| (PAYOUT_MIN.minor..=PAYOUT_MAX.minor).contains(&amount.minor);
    let read = |text: &str| Money::parse(text, Currency::Rub).ok().filter(in_range);
    let expected = "roubles from 1.00 to 500000.00, such as 100.00";
    reader.parsed_or("TOT_PAYOUT_MIN", PAYOUT_MIN_DEFAULT, read, expected)
}

fn yookassa(reader: &mut Reader<'_>) -> Option<YookassaConfig> {
    const SHOP: &str =
        "give the shop's id and secret key together, from YooKassa's cabinet (see docs/how-to/go-live.md)";
    const GATEWAY: &str = "give the payout gateway's id and secret key together; they are not the shop's";
    let credentials = |(id, secret)| Credentials { id, secret };
    let gateway = reader.keys(YOOKASSA_GATEWAY, false, GATEWAY);
    // Settings for nobody are a mistake, most likely a lost key.
    let begun = !reader.is_any_given(YOOKASSA_GATEWAY)
        && (reader.is_set("TOT_YOOKASSA_API_URL") || reader.is_set("TOT_YOOKASSA_NETWORKS"));
    let shop = reader.keys(YOOKASSA_SHOP, begun, SHOP);
    let api_url = http_url(reader, "TOT_YOOKASSA_API_URL", "https://api.yookassa.ru/v3");
    let networks = networks(reader, "TOT_YOOKASSA_NETWORKS", &yookassa::NETWORKS);
    let repeat_within = repeat_within(reader);
    Some(YookassaConfig {
        shop: shop.map(credentials),
        gateway: gateway.map(credentials),
        repeat_within,
        api_url: api_url?,
        networks: networks?,
    })
}

/// YooKassa forgets keys after a day; longer than the adapter's own limit would be paying twice.
fn repeat_within(reader: &mut Reader<'_>) -> SignedDuration {
    const VARIABLE: &str = "TOT_YOOKASSA_REPEAT_HOURS";
    let hours_max = yookassa::REPEAT_WITHIN.as_hours();
    let hours = reader.number(VARIABLE, hours_max);
    if !(1..=hours_max).contains(&hours) {
        reader.wrong(VARIABLE, format!("a whole number from 1 to {hours_max}"));
    }
    SignedDuration::from_hours(hours)
}

fn tbank(reader: &mut Reader<'_>, public_url: Option<&Url>) -> Option<TbankConfig> {
    let begun = [
        "TOT_TBANK_API_URL",
        "TOT_TBANK_NETWORKS",
        "TOT_TBANK_NOTIFICATION_URL",
    ]
    .into_iter()
    .any(|variable| reader.is_set(variable));
    let keys = reader.keys(
        TBANK_TERMINAL,
        begun,
        "give the terminal's key and password together, from T-Bank's cabinet (see docs/how-to/go-live.md)",
    );
    let api_url = http_url(reader, "TOT_TBANK_API_URL", "https://securepay.tinkoff.ru");
    let networks = networks(reader, "TOT_TBANK_NETWORKS", &tbank::NETWORKS);
    let notification_url = own_url(reader, "TOT_TBANK_NOTIFICATION_URL", public_url, TBANK_NOTICES);
    Some(TbankConfig {
        terminal: keys.map(|(key, password)| tbank::Terminal { key, password }),
        api_url: api_url?,
        networks: networks?,
        notification_url: notification_url?,
    })
}

/// Those who are set up, T-Bank before YooKassa, unless told otherwise.
fn sbp_order(reader: &mut Reader<'_>, set_up: impl Fn(Provider) -> bool) -> Vec<Provider> {
    let order = [Provider::Tbank, Provider::Yookassa];
    let default = order.into_iter().filter(|name| set_up(*name)).collect();
    let read = |text: &str| {
        let mut order = Vec::new();
        for word in text.split(',').map(str::trim) {
            let new = |name: &Provider| set_up(*name) && !order.contains(name);
            order.push(Provider::parse(word).filter(new)?);
        }
        Some(order)
    };
    let expected = "providers whose keys are given, each once, such as `tbank,yookassa`";
    reader.parsed_or("TOT_SBP_PROVIDERS", default, read, expected)
}

/// Origins and app schemes, and the origin of our own address.
fn return_targets(reader: &mut Reader<'_>, ours: Option<&Url>) -> ReturnTargets {
    let expected = "origins and app schemes, separated by commas, such as `https://app.example,tot-patient:`";
    let default = ReturnTargets::default();
    let named = reader.parsed_or(
        "TOT_PAYMENT_RETURN_ALLOWED",
        default,
        ReturnTargets::parse,
        expected,
    );
    match ours {
        Some(ours) => named.with_origin_of(ours),
        None => named,
    }
}

fn receipts(reader: &mut Reader<'_>, at_tbank: bool) -> Option<ReceiptTerms> {
    const VAT: &str = "TOT_RECEIPT_VAT_CODE";
    const TAX_SYSTEM: &str = "TOT_RECEIPT_TAX_SYSTEM";
    if !reader.switch("TOT_RECEIPTS") {
        return None;
    }
    reader.required(
        VAT,
        "ask the accountant: 1 is free of tax, as licensed medical care normally is",
    );
    let vat = |text: &str| {
        VAT_CODES
            .get(text.parse::<usize>().ok()?.checked_sub(1)?)
            .copied()
    };
    let expected = format!("a whole number from 1 to {}", VAT_CODES.len());
    let vat = reader.parsed_or(VAT, Vat::None, vat, expected);
    if at_tbank {
        let mend = "T-Bank's cash register asks for the clinic's tax system; ask the accountant";
        reader.required(TAX_SYSTEM, mend);
    }
    let number = |text: &str| {
        text.parse()
            .ok()
            .filter(|number| (1..=TAX_SYSTEM_MAX).contains(number))
    };
    let expected = format!("a whole number from 1 to {TAX_SYSTEM_MAX}");
    let tax_system = reader.parsed_or(TAX_SYSTEM, None, |text| number(text).map(Some), expected);
    Some(ReceiptTerms { vat, tax_system })
}

fn networks(reader: &mut Reader<'_>, variable: &'static str, published: &[&str]) -> Option<Networks> {
    let networks = match reader.text(variable) {
        Some(text) => Networks::parse(text.split(',').map(str::trim)),
        None => Networks::parse(published.iter().copied()),
    };
    if networks.is_err() {
        reader.wrong(
            variable,
            "networks and addresses such as 185.71.76.0/27,77.75.156.11",
        );
    }
    networks.ok()
}

fn http_url(reader: &mut Reader<'_>, variable: &'static str, default: &str) -> Option<Url> {
    let url = reader.url(variable, default)?;
    let is_web = matches!(url.scheme(), "http" | "https");
    if !is_web {
        reader.wrong(variable, format!("a URL such as {default}"));
    }
    is_web.then_some(url)
}

/// An address of ours: as told, or `path` below the public address.
fn own_url(
    reader: &mut Reader<'_>,
    variable: &'static str,
    public_url: Option<&Url>,
    path: &str,
) -> Option<Option<Url>> {
    if reader.is_set(variable) {
        return http_url(reader, variable, "https://tot.example").map(Some);
    }
    // Without a public address there is a fault already.
    Some(public_url.and_then(|url| url.join(path).ok()))
}
