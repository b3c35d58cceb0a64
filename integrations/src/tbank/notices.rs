//! T-Bank's notices: signed with the terminal's password, but without a time, so that an old one verifies for ever.

use std::collections::BTreeMap;
use std::net::IpAddr;

use commands::ports::{Fiscal, Hint, NoticeError, Notices, ObjectKind, ReceiptNotice};
use domain::money::Money;
use serde_json::value::RawValue;

use super::client::Terminal;
use super::token;
use super::wire::Text;
use crate::networks::Networks;

/// Where T-Bank says its notices come from (its page on notices, OpenAPI 1.80).
pub const NETWORKS: [&str; 10] = [
    "91.194.226.0/23",
    "91.218.132.0/24",
    "91.218.133.0/24",
    "91.218.134.0/24",
    "91.218.135.0/24",
    "212.49.24.0/24",
    "212.233.80.0/24",
    "212.233.81.0/24",
    "212.233.82.0/24",
    "212.233.83.0/24",
];

/// Believes what the terminal's password signed and comes from the bank's networks.
#[derive(Clone, Debug)]
pub struct TbankNotices {
    terminal: Terminal,
    networks: Networks,
}

impl TbankNotices {
    /// Believes notices about this terminal from these networks; see [`NETWORKS`].
    pub const fn new(terminal: Terminal, networks: Networks) -> Self {
        Self { terminal, networks }
    }
}

/// The longest address of a copy of a receipt that is kept.
const COPY_URL_MAX: usize = 1_000;

/// Whether an app may be told to open it.
fn is_web_address(url: &str) -> bool {
    url.len() <= COPY_URL_MAX && url::Url::parse(url).is_ok_and(|url| url.scheme() == "https")
}

/// The status of a notice about a receipt.
const PRINTED: &str = "RECEIPT";

/// A notice of the till: `NotificationFiscalization`. There is no other place where its proof is shown.
fn printed(
    payment_id: String,
    amount: &str,
    text: impl Fn(&str) -> Option<String>,
    success: Option<&&RawValue>,
) -> Result<Hint, NoticeError> {
    let kopecks: i64 = amount.parse().map_err(|_| NoticeError::Malformed)?;
    // `Income` or `IncomeReturn`.
    let kind = text("Type").unwrap_or_default();
    let done = success.is_some_and(|raw| raw.get().trim_matches('"').eq_ignore_ascii_case("true"));
    let fiscal = text("FiscalDocumentNumber")
        .zip(text("FnNumber"))
        .zip(text("FiscalDocumentAttribute"))
        .filter(|_| done)
        .map(|((document_number, storage_number), attribute)| Fiscal {
            document_number,
            storage_number,
            attribute,
            registered_at: text("ReceiptDatetime").and_then(|moment| moment.parse().ok()),
        });
    // Without its numbers nothing is proved, and nothing failed either: printing it again would print it twice.
    let is_word = ["Income", "IncomeReturn"].contains(&kind.as_str()) && done == fiscal.is_some();
    if !is_word {
        tracing::warn!("A notice of a receipt says too little to be believed");
    }
    let number = fiscal
        .as_ref()
        .map_or("none", |fiscal| fiscal.document_number.as_str());
    Ok(Hint {
        dedup: format!("{payment_id}/{PRINTED}/{kind}/{amount}/{number}"),
        event: PRINTED.to_owned(),
        object: if is_word {
            ObjectKind::Receipt(Box::new(ReceiptNotice {
                incoming: kind == "Income",
                amount: Money::kopecks(kopecks),
                fiscal,
                copy_url: text("Url").filter(|url| is_web_address(url)),
            }))
        } else {
            ObjectKind::Other(PRINTED.to_owned())
        },
        object_id: payment_id.clone(),
        payment_id: Some(payment_id),
    })
}

impl Notices for TbankNotices {
    fn read(&self, peer: IpAddr, body: &[u8]) -> Result<Hint, NoticeError> {
        if !self.networks.contain(peer) {
            return Err(NoticeError::UnknownSource);
        }
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_slice(body).map_err(|_| NoticeError::Malformed)?;
        let text = |name: &str| {
            let raw = fields.get(name)?;
            serde_json::from_str::<Text>(raw.get()).ok().map(|text| text.0)
        };
        let (Some(terminal), Some(status)) = (text("TerminalKey"), text("Status")) else {
            return Err(NoticeError::Malformed);
        };
        if terminal != self.terminal.key || !token::verifies(&fields, &self.terminal.password) {
            return Err(NoticeError::Forged);
        }
        let amount = text("Amount").unwrap_or_default();
        if status == PRINTED {
            let payment_id = text("PaymentId").ok_or(NoticeError::Malformed)?;
            return printed(payment_id, &amount, text, fields.get("Success"));
        }
        match (text("PaymentId"), text("NotificationType")) {
            (Some(payment_id), None) => Ok(Hint {
                dedup: format!("{payment_id}/{status}/{amount}"),
                event: status,
                object: ObjectKind::Payment,
                object_id: payment_id.clone(),
                payment_id: Some(payment_id),
            }),
            (_, Some(kind)) => {
                let object_id = text("RequestKey").unwrap_or_default();
                Ok(Hint {
                    dedup: format!("{kind}/{object_id}/{status}"),
                    event: status,
                    object: ObjectKind::Other(kind),
                    object_id,
                    payment_id: None,
                })
            }
            (None, None) => Err(NoticeError::Malformed),
        }
    }

    fn receipt(&self) -> &'static str {
        "OK"
    }
}
