//! Reconciling a long day: as many payments on both sides, then the real `tot reconcile` against the sandbox's lists.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::ids::{BookingId, PatientId, PaymentId};
use domain::money::{Currency, Money};
use domain::payment::Payment;
use domain::payment::events::{PaymentEvent, PaymentMethod};
use domain::payment::provider::{CaptureMode, Provider, Route};
use domain::payment::refusal::PaymentRefusal;
use event_store::{CommandContext, EventLog, LogOptions, StreamName, UnitOfWork, execute};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::child;
use crate::http::{self, Connection};
use crate::people::answer_of;
use crate::tot::Tot;

/// What each of these payments was about, in kopecks.
const PRICE: i64 = 200_000;
/// Lanes in which both sides are filled.
const LANES: usize = 32;
/// How often the reconciliation's memory is looked at; the system keeps the peak, so nothing is missed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a reconciliation took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// Payments on both sides.
    pub payments: usize,
    /// Seconds from the start of the process to its end.
    pub seconds: f64,
    /// Its peak resident memory, MiB.
    pub memory_mib: f64,
}

/// The shop as its keys open it.
#[derive(Clone, Debug)]
pub struct Shop {
    /// `host:port` of its API.
    pub api: String,
    /// `host:port` of the sandbox's control surface.
    pub control: String,
    /// The value of the header `Authorization`.
    pub authorization: String,
}

/// Makes `payments` charged payments at the shop and in the log at `app_url`.
pub async fn fill(shop: &Shop, app_url: &str, payments: usize) -> Result<(), String> {
    let log = EventLog::open(LogOptions::new(app_url, domain::any_event::known))
        .await
        .map_err(|error| error.to_string())?;
    let next = Arc::new(AtomicUsize::new(0));
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        let (shop, log, next) = (shop.clone(), log.clone(), next.clone());
        lanes.push(tokio::spawn(async move {
            let mut wire = Connection::open(&shop.api)
                .await
                .map_err(|error| error.to_string())?;
            let mut control = Connection::open(&shop.control)
                .await
                .map_err(|error| error.to_string())?;
            while next.fetch_add(1, Ordering::Relaxed) < payments {
                let payment_id = PaymentId::from_uuid(Uuid::now_v7());
                let charged = charged(&shop, &mut wire, &mut control, payment_id).await?;
                recorded(&log, payment_id, charged).await?;
            }
            Ok::<_, String>(())
        }));
    }
    for lane in lanes {
        lane.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// Runs `tot reconcile` over the last hours; both sides must agree.
pub async fn compare(
    tot: &Tot,
    environment: &[(String, String)],
    payments: usize,
) -> Result<Compared, String> {
    let from = Timestamp::now() - SignedDuration::from_hours(6);
    let begun = Instant::now();
    let mut running = tokio::process::Command::new(&tot.program)
        .args(["reconcile", "--from", &from.to_string(), "--json"])
        .envs(environment.iter().cloned())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let pid = running.id().ok_or("the reconciliation ended at once")?;
    let said = tokio::spawn({
        let mut stdout = running.stdout.take().ok_or("no standard output")?;
        async move {
            let mut text = String::new();
            tokio::io::AsyncReadExt::read_to_string(&mut stdout, &mut text)
                .await
                .map(|_| text)
        }
    });
    let mut memory_mib = 0.0;
    let status = loop {
        memory_mib = child::peak_memory_mib(pid).unwrap_or(memory_mib);
        if let Some(status) = running.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    let seconds = begun.elapsed().as_secs_f64();
    let said = said
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    if !status.success() {
        let told: String = said.chars().take(600).collect();
        return Err(format!("tot reconcile ended with {status}: {told}"));
    }
    Ok(Compared {
        payments,
        seconds,
        memory_mib,
    })
}

/// A payment by card that the shop has charged.
async fn charged(
    shop: &Shop,
    wire: &mut Connection,
    control: &mut Connection,
    payment_id: PaymentId,
) -> Result<Charged, String> {
    let request = json!({
        "amount": {"value": "2000.00", "currency": "RUB"}, "capture": true,
        "payment_method_data": {"type": "bank_card"},
        "confirmation": {"type": "redirect", "return_url": "https://example.com/"},
        "metadata": {"payment_id": payment_id.to_string(), "attempt": "1"},
    });
    let headers = format!(
        "Authorization: {}\r\nIdempotence-Key: {payment_id}\r\n",
        shop.authorization
    );
    let request = http::post("/v3/payments", &shop.api, &headers, &request.to_string());
    let made: Value = answer_of(wire, &request).await?;
    let id = made["id"].as_str().ok_or("a payment has an id")?.to_owned();
    let paying = json!({"payment": id});
    answer_of(
        control,
        &http::post("/pay", &shop.control, "", &paying.to_string()),
    )
    .await?;
    let look = http::get(&format!("/v3/payments/{id}"), &shop.api, &headers);
    let seen = answer_of(wire, &look).await?;
    let income = seen["income_amount"]["value"]
        .as_str()
        .map(|text| Money::parse(text, Currency::Rub));
    let income = income
        .and_then(Result::ok)
        .ok_or("a charged payment tells what reaches the platform")?;
    Ok(Charged { id, income })
}

/// A charged payment, as the shop tells of it.
struct Charged {
    id: String,
    income: Money,
}

/// The same payment in our log, as the platform would have recorded it.
async fn recorded(log: &EventLog, payment_id: PaymentId, charged: Charged) -> Result<(), String> {
    let booking_id = BookingId::from_uuid(Uuid::now_v7());
    let name = StreamName::of::<Payment>(payment_id, booking_id);
    let context = CommandContext {
        command_id: Uuid::now_v7(),
        repeatable: true,
        remembers_no_op: false,
        digest: "0".repeat(64),
        actor_id: Uuid::nil().to_string(),
        actor_role: "patient",
        correlation_id: Uuid::nil().to_string(),
        causation: None,
        trace_id: "0".repeat(32),
        channel: None,
        app_id: None,
        expected: None,
    };
    let decide = |streams: &mut UnitOfWork<'_, PaymentRefusal>| {
        let at = streams.now();
        streams.assume_new::<Payment>(&name);
        streams.record::<Payment>(&name, story(payment_id, booking_id, &charged, at))
    };
    execute(log, &context, std::slice::from_ref(&name), decide)
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}

fn story(
    payment_id: PaymentId,
    booking_id: BookingId,
    charged: &Charged,
    at: Timestamp,
) -> Vec<PaymentEvent> {
    let amount = Money::kopecks(PRICE);
    vec![
        PaymentEvent::Started {
            payment_id,
            booking_id,
            patient_id: PatientId::from_uuid(Uuid::nil()),
            method: PaymentMethod::Yookassa,
            amount,
            at,
        },
        PaymentEvent::Routed {
            route: Route {
                provider: Provider::Yookassa,
                taking: CaptureMode::AtOnce,
                receipts: false,
            },
            at,
        },
        PaymentEvent::Pending {
            provider_id: charged.id.clone(),
            at,
        },
        PaymentEvent::Captured {
            amount,
            released: Money::ZERO,
            at,
        },
        PaymentEvent::IncomeKnown {
            income: charged.income,
            at,
        },
    ]
}
