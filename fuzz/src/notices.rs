//! Providers' notices: YooKassa's are believed by their source, T-Bank's by their signature.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use commands::ports::{NoticeError, Notices};
use integrations::Networks;
use integrations::tbank::{self, TbankNotices, Terminal};
use integrations::yookassa::{self, YookassaNotices};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

const PASSWORD: &str = "a-terminal-of-nobody";

struct Providers {
    tbank: (TbankNotices, IpAddr),
    yookassa: (YookassaNotices, IpAddr),
}

static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| {
    let networks = |texts: &'static [&'static str]| Networks::parse(texts.iter().copied()).expect("networks");
    let terminal = Terminal {
        key: "FuzzDEMO".to_owned(),
        password: PASSWORD.into(),
    };
    Providers {
        tbank: (
            TbankNotices::new(terminal, networks(&tbank::NETWORKS)),
            IpAddr::from([91, 194, 226, 181]),
        ),
        yookassa: (
            YookassaNotices::new(networks(&yookassa::NETWORKS)),
            IpAddr::from([185, 71, 76, 5]),
        ),
    }
});

pub fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"TerminalKey":"FuzzDEMO","OrderId":"o1","Success":true,"Status":"CONFIRMED","PaymentId":3093639567,"ErrorCode":"0","Amount":150000,"Data":{"a":"b"}}"#,
        r#"{"TerminalKey":"FuzzDEMO","OrderId":"o1","Success":true,"Status":"RECEIPT","PaymentId":3093639567,"ErrorCode":"0","Amount":45000,"Type":"Income","FiscalNumber":7,"ShiftNumber":1,"ReceiptDatetime":"2026-11-23T12:00:00+03:00","FnNumber":"9280440300200000","FiscalDocumentNumber":1001,"FiscalDocumentAttribute":2147001,"Url":"https://receipts.example/1001"}"#,
        r#"{"TerminalKey":"FuzzDEMO","RequestKey":"k1","Success":true,"Status":"COMPLETED","NotificationType":"LINKACCOUNT"}"#,
        r#"{"type":"notification","event":"payment.succeeded","object":{"id":"2a9f0e4c-000f-5000-8000-1d0a6ad2c9d1","status":"succeeded","refunded_amount":{"value":"1.00","currency":"RUB"}}}"#,
        r#"{"type":"notification","event":"refund.succeeded","object":{"id":"r1","payment_id":"p1","status":"succeeded"}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

pub fn run(input: &[u8]) {
    let (yookassa, peer) = &PROVIDERS.yookassa;
    if let Ok(hint) = yookassa.read(*peer, input) {
        assert!(!hint.object_id.is_empty(), "a hint names its object");
    }
    let (tbank, peer) = &PROVIDERS.tbank;
    let nowhere = IpAddr::from([127, 0, 0, 1]);
    assert!(
        matches!(tbank.read(nowhere, input), Err(NoticeError::UnknownSource)),
        "nobody else's network is believed"
    );
    assert!(
        tbank.read(*peer, input).is_err(),
        "nobody else knows the password"
    );
    if let Some(signed) = signed(input) {
        let is_forged = matches!(tbank.read(*peer, &signed), Err(NoticeError::Forged));
        assert!(!is_forged, "{}", String::from_utf8_lossy(&signed));
    }
}

/// The notice as the bank would send it, by its documentation: every scalar but the token, by name, with the password among them. None
/// where the input is no object of this terminal's.
fn signed(input: &[u8]) -> Option<Vec<u8>> {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_slice(input).ok()?;
    let own = serde_json::value::to_raw_value("FuzzDEMO").ok()?;
    fields.insert("TerminalKey".to_owned(), &own);
    fields.remove("Token");
    let mut scalars: BTreeMap<&str, String> = BTreeMap::new();
    for (name, raw) in &fields {
        match serde_json::from_str(raw.get()).ok()? {
            Value::String(text) => drop(scalars.insert(name, text)),
            Value::Number(_) | Value::Bool(_) => drop(scalars.insert(name, raw.get().to_owned())),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        }
    }
    scalars.insert("Password", PASSWORD.to_owned());
    let values: String = scalars.into_values().collect();
    let token = serde_json::value::to_raw_value(&hex::encode(Sha256::digest(values))).ok()?;
    fields.insert("Token".to_owned(), &token);
    serde_json::to_vec(&fields).ok()
}
