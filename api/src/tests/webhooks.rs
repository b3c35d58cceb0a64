//! The ports of webhooks, called in-process: whose notices are taken, and what is answered to whom.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::ConnectInfo;
use commands::CommandError;
use commands::ports::{Hint, NoticeError, Notices, ObjectKind};
use domain::ids::{AccountId, BookingId, PatientId, PaymentId, PrivateId};
use domain::money::Money;
use domain::payment::commands::{OfferLink, RecordFailed, StartForBooking};
use domain::payment::events::PaymentMethod;
use domain::payment::provider::{CaptureMode, Provider, Route};
use domain::payment::refusal::PaymentRefusal;
use domain::payment::{Payment, PaymentCommand, decide};
use event_store::{CommandContext, PrivateRow, StreamName, execute};
use futures::future::BoxFuture;
use http::Request;
use identity::vault::{self, Sealed};
use serde_json::{Value, json};
use uuid::Uuid;

use super::surface::{Surface, request};
use crate::representation::payment::LinkView;
use crate::routes::payments::link;
use crate::settings::{Limits, Rate, Settings};
use crate::webhook_ports::{NoticeSink, ReceivedNotice, WebhookPorts};

const YOOKASSA: &str = "/api/v1/webhooks/yookassa";
const TBANK: &str = "/api/v1/webhooks/tbank";
const THEIRS: &str = "185.71.76.1";
const STRANGER: &str = "198.51.100.1";

/// Believes one network, reads `{"id", "forged"}`.
struct Reader(&'static str);

impl Notices for Reader {
    fn read(&self, peer: IpAddr, body: &[u8]) -> Result<Hint, NoticeError> {
        if !peer.to_string().starts_with("185.71.") {
            return Err(NoticeError::UnknownSource);
        }
        let notice: Value = serde_json::from_slice(body).map_err(|_| NoticeError::Malformed)?;
        if notice.get("forged").is_some() {
            return Err(NoticeError::Forged);
        }
        let id = notice["id"].as_str().ok_or(NoticeError::Malformed)?;
        Ok(Hint {
            event: "payment.succeeded".to_owned(),
            object: ObjectKind::Payment,
            object_id: id.to_owned(),
            payment_id: Some(id.to_owned()),
            dedup: id.to_owned(),
        })
    }

    fn receipt(&self) -> &'static str {
        self.0
    }
}

/// Remembers what it was given, or cannot.
#[derive(Default)]
struct Keeper {
    kept: Mutex<Vec<ReceivedNotice>>,
    out_of_reach: bool,
}

impl NoticeSink for Keeper {
    fn keep(&self, told: ReceivedNotice) -> BoxFuture<'_, Result<(), CommandError>> {
        Box::pin(async move {
            if self.out_of_reach {
                return Err(CommandError::Unavailable);
            }
            self.kept.lock().unwrap().push(told);
            Ok(())
        })
    }
}

async fn surface(keeper: &Arc<Keeper>, change: impl FnOnce(&mut Settings)) -> Surface {
    let webhook_ports = WebhookPorts::default()
        .with_notice_verifier(Provider::Yookassa, Arc::new(Reader("")))
        .with_notice_verifier(Provider::Tbank, Arc::new(Reader("OK")))
        .with_notice_sink(Arc::clone(keeper) as Arc<dyn NoticeSink>);
    Surface::with(change).await.with_webhook_ports(webhook_ports)
}

/// A notice from this peer.
fn notice(path: &str, peer: &str, body: &str) -> Request<Body> {
    let mut request = request("POST", path, body);
    let peer = SocketAddr::new(peer.parse().unwrap(), 4000);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

#[tokio::test]
async fn a_notice_is_kept_before_it_is_answered_in_its_providers_words() {
    let keeper = Arc::new(Keeper::default());
    let surface = surface(&keeper, |_| {}).await;
    for (path, words) in [(YOOKASSA, ""), (TBANK, "OK")] {
        let answer = surface.ask(notice(path, THEIRS, r#"{"id": "22e1"}"#)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, words),
            "{path}"
        );
    }
    let kept = keeper.kept.lock().unwrap();
    let told: Vec<_> = kept
        .iter()
        .map(|told| (told.provider, told.hint.object_id.as_str()))
        .collect();
    assert_eq!(told, [(Provider::Yookassa, "22e1"), (Provider::Tbank, "22e1")]);
    assert_eq!(kept[0].trace_id.len(), 32);
}

#[tokio::test]
async fn a_notice_that_cannot_be_kept_is_to_be_told_again() {
    let keeper = Arc::new(Keeper {
        out_of_reach: true,
        ..Keeper::default()
    });
    let surface = surface(&keeper, |_| {}).await;
    let answer = surface.ask(notice(YOOKASSA, THEIRS, r#"{"id": "22e1"}"#)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "unavailable")
    );
}

#[tokio::test]
async fn only_the_provider_is_believed_and_nobody_else_is_kept() {
    let keeper = Arc::new(Keeper::default());
    let surface = surface(&keeper, |_| {}).await;
    for (peer, body, status, code) in [
        (STRANGER, r#"{"id": "22e1"}"#, 403, "unknown_sender"),
        // Where it comes from is looked at before what it is.
        (STRANGER, "nonsense", 403, "unknown_sender"),
        (THEIRS, r#"{"id": "22e1", "forged": true}"#, 403, "unknown_sender"),
        (THEIRS, "nonsense", 400, "malformed_json"),
        (THEIRS, r#"{"no": "notice"}"#, 422, "invalid"),
    ] {
        let answer = surface.ask(notice(TBANK, peer, body)).await;
        let said = (answer.status.as_u16(), answer.code());
        assert_eq!(said, (status, code.to_owned()), "{peer} {body}");
    }
    let large = format!("{{\"id\": \"{}\"}}", "x".repeat(64 * 1024));
    let answer = surface.ask(notice(TBANK, THEIRS, &large)).await;
    assert_eq!(answer.code(), "body_too_large");
    assert!(keeper.kept.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_senders_address_is_counted_from_the_right() {
    let keeper = Arc::new(Keeper::default());
    let surface = surface(&keeper, |settings| settings.trusted_proxies = 1).await;
    let through = |seen: &str| {
        let mut request = notice(YOOKASSA, "10.0.0.1", r#"{"id": "22e1"}"#);
        let seen = seen.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", seen);
        request
    };
    // What the sender wrote itself stands further left and proves nothing.
    let lying = surface.ask(through(&format!("{THEIRS}, {STRANGER}"))).await;
    assert_eq!(lying.code(), "unknown_sender");
    let honest = surface.ask(through(&format!("{STRANGER}, {THEIRS}"))).await;
    assert_eq!(honest.status.as_u16(), 200);
}

#[tokio::test]
async fn case_09_too_many_hints_at_one_object_are_marked_and_answered_alike() {
    let keeper = Arc::new(Keeper::default());
    let surface = surface(&keeper, |settings| {
        settings.limits = Limits {
            // A provider may tell more than anybody may ask.
            requests_per_address: Rate::per_minute(2),
            notices_per_object: Rate::per_minute(3),
            ..Limits::UNLIMITED
        };
    })
    .await;
    for _ in 0..5 {
        let answer = surface.ask(notice(YOOKASSA, THEIRS, r#"{"id": "22e1"}"#)).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    }
    let other = surface.ask(notice(YOOKASSA, THEIRS, r#"{"id": "22e2"}"#)).await;
    assert_eq!(other.status.as_u16(), 200);
    let crowded: Vec<bool> = keeper
        .kept
        .lock()
        .unwrap()
        .iter()
        .map(|told| told.crowded)
        .collect();
    assert_eq!(crowded, [false, false, false, true, true, false]);
    // Strangers are limited by their address, there as everywhere.
    let mut strangers = Vec::new();
    for _ in 0..3 {
        strangers.push(surface.ask(notice(YOOKASSA, STRANGER, "{}")).await.code());
    }
    assert_eq!(strangers, ["unknown_sender", "unknown_sender", "rate_limited"]);
}

#[tokio::test]
async fn a_provider_that_is_not_set_up_has_no_route() {
    let surface = Surface::new().await;
    for path in [YOOKASSA, TBANK] {
        let answer = surface.ask(notice(path, THEIRS, r#"{"id": "22e1"}"#)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "not_found"),
            "{path}"
        );
    }
}

const PAYMENT: u128 = 0x0197_a8b0_0000_7000_8000_0000_0000_0001;
const BOOKING: u128 = 0x0197_a8b0_0000_7000_8000_0000_0000_0002;
const PATIENT: u128 = 0x0197_a8b0_0000_7000_8000_0000_0000_0003;

/// Lets the payment decide a command, and keeps a row with it.
async fn told(surface: &Surface, command: impl Into<PaymentCommand>, row: Option<Sealed>) {
    let command = command.into();
    let name = StreamName::of::<Payment>(Uuid::from_u128(PAYMENT), Uuid::from_u128(BOOKING));
    let context = CommandContext {
        command_id: Uuid::new_v5(&Uuid::nil(), format!("{command:?}").as_bytes()),
        repeatable: false,
        remembers_no_op: false,
        digest: String::new(),
        actor_id: "test".to_owned(),
        actor_role: "process",
        correlation_id: String::new(),
        causation: None,
        trace_id: String::new(),
        channel: None,
        app_id: None,
        expected: None,
    };
    let known = std::slice::from_ref(&name);
    execute::<PaymentRefusal, _>(surface.app.log(), &context, known, |work| {
        work.decide(&name, |payment: &Payment| {
            decide::decide(payment, command.clone())
        })?;
        if let Some(sealed) = &row {
            work.store_private(PrivateRow {
                id: sealed.id.uuid(),
                subject_id: sealed.subject_id.uuid(),
                kind: sealed.kind,
                salt: sealed.salt.clone(),
                body: sealed.body.clone(),
            });
        }
        Ok(())
    })
    .await
    .unwrap();
}

async fn shown(surface: &Surface) -> (bool, LinkView) {
    let payment_id = PaymentId::from_uuid(Uuid::from_u128(PAYMENT));
    let current = link::current(&surface.app, payment_id).await.unwrap();
    let link = link::opened(&surface.app, &current.payment).await.unwrap();
    (link::is_awaited(&current.payment), link)
}

#[tokio::test]
async fn where_a_payment_is_confirmed_is_shown_from_the_vault_while_it_waits() {
    let surface = Surface::new().await;
    let at = surface.app.now();
    let start = StartForBooking {
        payment_id: PaymentId::from_uuid(Uuid::from_u128(PAYMENT)),
        booking_id: BookingId::from_uuid(Uuid::from_u128(BOOKING)),
        patient_id: PatientId::from_uuid(Uuid::from_u128(PATIENT)),
        method: PaymentMethod::Sbp,
        amount: Money::kopecks(150_000),
        route: Some(Route {
            provider: Provider::Tbank,
            taking: CaptureMode::AtOnce,
            receipts: false,
        }),
        return_url: None,
        at,
    };
    told(&surface, start, None).await;
    assert_eq!(shown(&surface).await, (true, LinkView::default()));

    let body = json!({"qr_payload": "https://qr.nspk.ru/A"});
    let owner = AccountId::from_uuid(Uuid::from_u128(PATIENT));
    let id = PrivateId::from_uuid(Uuid::from_u128(4));
    let sealed = vault::seal(surface.app.people(), "payment_link", owner, body, id).await;
    let (sealed, reference) = sealed.unwrap();
    let offer = OfferLink { link: reference, at };
    told(&surface, offer, Some(sealed)).await;
    let there = LinkView {
        confirmation_url: None,
        qr_payload: Some("https://qr.nspk.ru/A".to_owned()),
    };
    assert_eq!(shown(&surface).await, (false, there));

    let code = "expired".to_owned();
    told(&surface, RecordFailed { code, at }, None).await;
    assert_eq!(shown(&surface).await, (false, LinkView::default()));
}
