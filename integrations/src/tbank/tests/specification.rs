//! The bank's own examples, read by our types. Its specification is not ours to copy; without it this says so.

use commands::ports::ProviderReply;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::answers::classify;
use super::super::wire::{Cancelled, Nothing, Order, Qr, QrState, StartedPayment, State};
use crate::http::Reply;
use crate::tests::specs;

fn reads<T: DeserializeOwned>(specification: &Value, path: &str) -> T {
    let examples =
        &specification["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["examples"];
    let example = examples.as_object().unwrap().values().next().unwrap();
    let body = example.get("value").unwrap_or(example).to_string();
    let reply = Reply {
        status: 200,
        headers: reqwest_tls::header::HeaderMap::new(),
        body: body.clone().into(),
    };
    match classify(Ok(reply)) {
        ProviderReply::Accepted(object) => object,
        ProviderReply::Refused(_) | ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => {
            panic!("{path}: {body}")
        }
    }
}

#[test]
fn the_banks_examples_are_understood() {
    let Some(text) = specs::read("tbank-eacq-openapi.json") else {
        return;
    };
    let specification: Value = serde_json::from_str(&text).unwrap();
    let begun: StartedPayment = reads(&specification, "/v2/Init");
    assert_eq!(
        (begun.payment_id.0.as_str(), begun.amount),
        ("3093639567", 140_000)
    );
    assert!(begun.payment_url.is_some());
    let qr: Qr = reads(&specification, "/v2/GetQr");
    assert!(qr.data.starts_with("https://qr.nspk.ru/"));
    let state: State = reads(&specification, "/v2/GetState");
    assert_eq!((state.status.as_str(), state.amount), ("AUTHORIZED", 1230));
    let order: Order = reads(&specification, "/v2/CheckOrder");
    assert_eq!(order.payments[0].payment_id.0, "124671934");
    let cancelled: Cancelled = reads(&specification, "/v2/Cancel");
    assert_eq!((cancelled.original_amount, cancelled.new_amount), (13_000, 5_000));
    let refund: QrState = reads(&specification, "/v2/GetQrState");
    assert_eq!(
        (refund.qr_cancel_code.as_deref(), refund.amount),
        (Some("I05043"), Some(10_000))
    );
    let Nothing {} = reads(&specification, "/v2/SbpPayTest");
}
