//! YooKassa's notices. They are not signed: only where they come from speaks for them, and only as a hint to re-read.

use std::net::IpAddr;

use commands::ports::{Hint, NoticeError, Notices, ObjectKind};
use serde::Deserialize;

use crate::networks::Networks;

/// Where YooKassa says its notices come from (its page on notifications, 2026).
pub const NETWORKS: [&str; 7] = [
    "185.71.76.0/27",
    "185.71.77.0/27",
    "77.75.153.0/25",
    "77.75.156.11/32",
    "77.75.156.35/32",
    "77.75.154.128/25",
    "2a02:5180::/32",
];

/// YooKassa signs nothing: whoever speaks from its networks is believed as a hint.
#[derive(Clone, Debug)]
pub struct YookassaNotices {
    networks: Networks,
}

impl YookassaNotices {
    /// Believes notices from these networks; see [`NETWORKS`].
    pub const fn new(networks: Networks) -> Self {
        Self { networks }
    }
}

#[derive(Deserialize)]
struct Notice {
    #[serde(rename = "type")]
    kind: String,
    event: String,
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    id: String,
    status: Option<String>,
    payment_id: Option<String>,
    refunded_amount: Option<super::wire::Amount>,
}

impl Notices for YookassaNotices {
    fn read(&self, peer: IpAddr, body: &[u8]) -> Result<Hint, NoticeError> {
        if !self.networks.contain(peer) {
            return Err(NoticeError::UnknownSource);
        }
        let notice: Notice = serde_json::from_slice(body).map_err(|_| NoticeError::Malformed)?;
        if notice.kind != "notification" || notice.object.id.is_empty() {
            return Err(NoticeError::Malformed);
        }
        Ok(hint(notice))
    }

    fn receipt(&self) -> &'static str {
        ""
    }
}

fn hint(notice: Notice) -> Hint {
    let (event, object) = (notice.event, notice.object);
    let kind = match event.split('.').next().unwrap_or_default() {
        "payment" => ObjectKind::Payment,
        "refund" => ObjectKind::Refund,
        "payout" => ObjectKind::Payout,
        other => ObjectKind::Other(other.to_owned()),
    };
    // In a notice about a refund the object is the refund; its payment stands beside it.
    let payment_id = match kind {
        ObjectKind::Payment => Some(object.id.clone()),
        ObjectKind::Refund => object.payment_id,
        ObjectKind::Payout | ObjectKind::Receipt(_) | ObjectKind::Other(_) => None,
    };
    let refunded = object
        .refunded_amount
        .map(|amount| amount.value)
        .unwrap_or_default();
    let status = object.status.unwrap_or_default();
    Hint {
        dedup: format!("{event}/{}/{status}/{refunded}", object.id),
        event,
        object: kind,
        object_id: object.id,
        payment_id,
    }
}
