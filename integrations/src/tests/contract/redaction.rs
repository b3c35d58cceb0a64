//! Planted markers: what is secret or somebody's shows up in no `Debug` text and in no log, at any level.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use commands::ports::{
    PaymentMode, PaymentProvider, PaymentRail, PayoutProvider, PayoutRequest, RequestAttempt,
};
use domain::money::Money;
use domain::payment::provider::CaptureMode;
use identity::Phone;
use provider_sandbox::Settings;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use super::{SandboxFixture, key, receipt, request};

/// Secrets (also as they travel: base64 of `id:secret`), contacts in every spelling.
const MARKERS: [&str; 7] = [
    "SecretMarker",
    "PasswordMarker",
    "U2VjcmV0TWFya2Vy",
    "planted.marker",
    "9990001122",
    "999 000",
    "4111111111111111",
];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn assert_clean(text: &str) {
    for marker in MARKERS {
        assert!(!text.contains(marker), "{marker} is shown: {text}");
    }
}

#[tokio::test]
async fn case_32_nothing_secret_or_personal_is_shown_or_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    // With one dispatcher alone, tracing asks the thread that meets a line first whether it is of interest, and other
    // tests' threads would answer for this one.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);

    let mut settings = Settings::default();
    // Its base64 begins at a boundary of three bytes, so that the marker is found there as well.
    settings.shop.id = "10050".to_owned();
    settings.shop.secret = "SecretMarker".to_owned();
    settings.gateway.secret = "SecretMarker".to_owned();
    settings.terminal.password = "PasswordMarker".to_owned();
    let fixture = SandboxFixture::begin(settings).await;
    let (shop, bank, gateway) = (fixture.shop(), fixture.bank(), fixture.gateway());
    assert_clean(&format!("{shop:?} {bank:?} {gateway:?} {:?}", fixture.terminal()));

    let at = fixture.now().await;
    for (operation, provider) in [
        ("payments.create", &shop as &dyn PaymentProvider),
        ("tbank.Init", &bank),
    ] {
        for fault in [
            json!({"kind": "drop_after"}),
            json!({"kind": "error_before"}),
            json!({"kind": "reset_before"}),
        ] {
            fixture.strike(operation, fault).await;
            let mut request = request(1, PaymentRail::Sbp, CaptureMode::AtOnce, at);
            request.receipt = Some(receipt(150_000, PaymentMode::FullPrepayment));
            assert_clean(&format!("{request:?}"));
            assert_clean(&format!("{:?}", provider.create(request).await));
        }
        let mut request = request(2, PaymentRail::Sbp, CaptureMode::AtOnce, at);
        request.receipt = Some(receipt(150_000, PaymentMode::FullPrepayment));
        let answer = provider.create(request).await;
        assert_eq!(answer.word(), "accepted", "{answer:?}");
        assert_clean(&format!("{answer:?}"));
        // A receipt of another sum is refused with the provider's words.
        let mut wrong = super::request(3, PaymentRail::Sbp, CaptureMode::AtOnce, at);
        wrong.receipt = Some(receipt(1, PaymentMode::FullPrepayment));
        assert_clean(&format!("{:?}", provider.create(wrong).await));
    }
    let payout = PayoutRequest {
        request_attempt: RequestAttempt::first(key(7, "payout", 1), at),
        payout_id: Uuid::from_u128(7),
        amount: Money::kopecks(90_000),
        phone: Phone::parse("+7 999 000-11-22").unwrap(),
        bank_id: "no such bank".to_owned(),
        description: String::new(),
    };
    assert_clean(&format!("{payout:?}"));
    assert_clean(&format!("{:?}", gateway.payout(payout).await));

    let logged = log.text();
    assert!(
        logged.contains("The provider answered") && logged.contains("The provider did not answer"),
        "{logged}"
    );
    assert_clean(&logged);
}
