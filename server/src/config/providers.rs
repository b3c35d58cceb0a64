//! Payment providers from the environment: all of it optional, but what is begun must be complete.

use std::path::PathBuf;

use commands::ports::{ProviderName, Vat};
use commands::{PAYOUT_MIN_DEFAULT, ReceiptTerms, RetrySchedule};
use domain::money::{Currency, Money};
use domain::payout::{PAYOUT_MAX, PAYOUT_MIN};
use integrations::yookassa::Credentials;
use integrations::{BreakerOptions, Limits, Networks, tbank, yookassa};
use jiff::SignedDuration;
use url::Url;

use super::{ConfigFaults, Environment, Reader, timeouts};

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

/// Which providers there are, and how they are talked to.
#[derive(Clone, Debug)]
pub struct ProvidersConfig {
    /// YooKassa, if the shop or the payout gateway has keys.
    pub yookassa: YookassaConfig,
    pub tbank: TbankConfig,
    /// Who is asked for a payment by the faster payments system, in order (`TOT_SBP_PROVIDERS`).
    pub sbp_order: Vec<ProviderName>,
    /// Where patients come back to from a provider's page (`TOT_PAYMENT_RETURN_URL`).
    pub return_url: Option<Url>,
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
            ProviderName::Yookassa => yookassa.as_ref().is_some_and(|it| it.shop.is_some()),
            ProviderName::Tbank => tbank.as_ref().is_some_and(|it| it.terminal.is_some()),
        };
        let sbp_order = sbp_order(reader, set_up);
        let return_url = own_url(reader, "TOT_PAYMENT_RETURN_URL", public_url, "/");
        let receipts = receipts(reader, set_up(ProviderName::Tbank));
        let payout_min = payout_min(reader);
        let (limits, breaker, retries) = (
            timeouts::limits(reader),
            timeouts::breaker(reader),
            timeouts::retries(reader),
        );
        Some(Self {
            yookassa: yookassa?,
            tbank: tbank?,
            sbp_order: sbp_order?,
            return_url: return_url?,
            roots: reader.text("TOT_PROVIDER_ROOTS").map(PathBuf::from),
            receipts: receipts?,
            limits: limits?,
            breaker: breaker?,
            retries: retries?,
            payout_min: payout_min?,
        })
    }

    /// For a role that asks nobody: when what is under way is looked after, and no provider's keys are looked at.
    pub fn plans_alone(reader: &mut Reader<'_>) -> Option<Self> {
        let retries = timeouts::retries(reader);
        let nothing = Environment::default();
        let nobody = Self::read(&mut Reader::new(&nothing), None)?;
        Some(Self {
            retries: retries?,
            ..nobody
        })
    }

    /// The same, for an operator's command that asks a provider.
    pub fn of(environment: &Environment) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new(environment);
        let public_url = reader.url("TOT_PUBLIC_URL", "http://localhost:3000");
        let providers = Self::read(&mut reader, public_url.as_ref());
        reader.finish(|| providers)
    }

    /// Whether any provider has keys among these variables, complete or not.
    pub fn is_any_set(is_set: impl Fn(&str) -> bool) -> bool {
        [
            "TOT_YOOKASSA_SHOP_ID",
            "TOT_YOOKASSA_SECRET_KEY",
            "TOT_YOOKASSA_GATEWAY_ID",
            "TOT_YOOKASSA_GATEWAY_SECRET",
            "TOT_TBANK_TERMINAL_KEY",
            "TOT_TBANK_PASSWORD",
        ]
        .into_iter()
        .any(is_set)
    }
}

/// Less than this is not worth a doctor's payout yet (`TOT_PAYOUT_MIN`, in roubles).
fn payout_min(reader: &mut Reader<'_>) -> Option<Money> {
    const VARIABLE: &str = "TOT_PAYOUT_MIN";
    let Some(text) = reader.text(VARIABLE) else {
        return Some(PAYOUT_MIN_DEFAULT);
    };
    let in_range = |amount: &Money| (PAYOUT_MIN.minor..=PAYOUT_MAX.minor).contains(&amount.minor);
    match Money::parse(text, Currency::Rub).ok().filter(in_range) {
        Some(amount) => Some(amount),
        None => reader.wrong(
            VARIABLE,
            "roubles from 1.00 to 500000.00, such as 100.00".to_owned(),
        ),
    }
}

fn yookassa(reader: &mut Reader<'_>) -> Option<YookassaConfig> {
    const SHOP: &str =
        "give the shop's id and secret key together, from YooKassa's cabinet (see docs/how-to/go-live.md)";
    const GATEWAY: &str = "give the payout gateway's id and secret key together; they are not the shop's";
    let credentials = |keys: Option<Option<(String, secrecy::SecretString)>>| {
        keys.map(|pair| pair.map(|(id, secret)| Credentials { id, secret }))
    };
    let gateway = reader.keys(
        "TOT_YOOKASSA_GATEWAY_ID",
        "TOT_YOOKASSA_GATEWAY_SECRET",
        false,
        GATEWAY,
    );
    // Settings for nobody are a mistake, most likely a lost key.
    let begun = matches!(gateway, Some(None))
        && (reader.is_set("TOT_YOOKASSA_API_URL") || reader.is_set("TOT_YOOKASSA_NETWORKS"));
    let shop = reader.keys("TOT_YOOKASSA_SHOP_ID", "TOT_YOOKASSA_SECRET_KEY", begun, SHOP);
    let api_url = http_url(reader, "TOT_YOOKASSA_API_URL", "https://api.yookassa.ru/v3");
    let networks = networks(reader, "TOT_YOOKASSA_NETWORKS", &yookassa::NETWORKS);
    let repeat_within = repeat_within(reader);
    Some(YookassaConfig {
        shop: credentials(shop)?,
        gateway: credentials(gateway)?,
        api_url: api_url?,
        networks: networks?,
        repeat_within: repeat_within?,
    })
}

/// YooKassa forgets keys after a day; longer than the adapter's own limit would be paying twice.
fn repeat_within(reader: &mut Reader<'_>) -> Option<SignedDuration> {
    const VARIABLE: &str = "TOT_YOOKASSA_REPEAT_HOURS";
    let hours_max = yookassa::REPEAT_WITHIN.as_hours();
    let hours: i64 = reader.number(VARIABLE, hours_max)?;
    if (1..=hours_max).contains(&hours) {
        return Some(SignedDuration::from_hours(hours));
    }
    reader.wrong(VARIABLE, format!("a whole number from 1 to {hours_max}"))
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
        "TOT_TBANK_TERMINAL_KEY",
        "TOT_TBANK_PASSWORD",
        begun,
        "give the terminal's key and password together, from T-Bank's cabinet (see docs/how-to/go-live.md)",
    );
    let api_url = http_url(reader, "TOT_TBANK_API_URL", "https://securepay.tinkoff.ru");
    let networks = networks(reader, "TOT_TBANK_NETWORKS", &tbank::NETWORKS);
    let notification_url = own_url(reader, "TOT_TBANK_NOTIFICATION_URL", public_url, TBANK_NOTICES);
    Some(TbankConfig {
        terminal: keys?.map(|(key, password)| tbank::Terminal { key, password }),
        api_url: api_url?,
        networks: networks?,
        notification_url: notification_url?,
    })
}

/// Those who are set up, T-Bank before YooKassa, unless told otherwise.
fn sbp_order(reader: &mut Reader<'_>, set_up: impl Fn(ProviderName) -> bool) -> Option<Vec<ProviderName>> {
    const VARIABLE: &str = "TOT_SBP_PROVIDERS";
    let Some(text) = reader.text(VARIABLE) else {
        let order = [ProviderName::Tbank, ProviderName::Yookassa];
        return Some(order.into_iter().filter(|name| set_up(*name)).collect());
    };
    let mut order = Vec::new();
    for word in text.split(',').map(str::trim) {
        match ProviderName::parse(word) {
            Some(name) if set_up(name) && !order.contains(&name) => order.push(name),
            Some(_) | None => {
                return reader.wrong(
                    VARIABLE,
                    "providers whose keys are given, each once, such as `tbank,yookassa`".to_owned(),
                );
            }
        }
    }
    Some(order)
}

fn receipts(reader: &mut Reader<'_>, at_tbank: bool) -> Option<Option<ReceiptTerms>> {
    const VAT: &str = "TOT_RECEIPT_VAT_CODE";
    const TAX_SYSTEM: &str = "TOT_RECEIPT_TAX_SYSTEM";
    if !reader.switch("TOT_RECEIPTS")? {
        return Some(None);
    }
    let vat = reader
        .required(
            VAT,
            "ask the accountant: 1 is free of tax, as licensed medical care normally is",
        )
        .map(|text| {
            text.parse::<usize>()
                .ok()
                .and_then(|code| VAT_CODES.get(code.checked_sub(1)?))
        });
    let vat = match vat {
        Some(Some(vat)) => Some(*vat),
        Some(None) => reader.wrong(VAT, format!("a whole number from 1 to {}", VAT_CODES.len())),
        None => None,
    };
    let tax_system = match reader.text(TAX_SYSTEM).map(str::parse::<u8>) {
        None if at_tbank => reader
            .required(
                TAX_SYSTEM,
                "T-Bank's till asks for the clinic's tax system; ask the accountant",
            )
            .map(|_| None),
        None => Some(None),
        Some(Ok(number)) if (1..=TAX_SYSTEM_MAX).contains(&number) => Some(Some(number)),
        Some(Ok(_) | Err(_)) => {
            reader.wrong(TAX_SYSTEM, format!("a whole number from 1 to {TAX_SYSTEM_MAX}"))
        }
    };
    Some(Some(ReceiptTerms {
        vat: vat?,
        tax_system: tax_system?,
    }))
}

fn networks(reader: &mut Reader<'_>, variable: &'static str, published: &[&str]) -> Option<Networks> {
    let networks = match reader.text(variable) {
        Some(text) => Networks::parse(text.split(',').map(str::trim)),
        None => Networks::parse(published.iter().copied()),
    };
    match networks {
        Ok(networks) => Some(networks),
        Err(_) => reader.wrong(
            variable,
            "networks and addresses such as 185.71.76.0/27,77.75.156.11".to_owned(),
        ),
    }
}

fn http_url(reader: &mut Reader<'_>, variable: &'static str, default: &str) -> Option<Url> {
    let url = reader.url(variable, default)?;
    if matches!(url.scheme(), "http" | "https") {
        return Some(url);
    }
    reader.wrong(variable, format!("a URL such as {default}"))
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
