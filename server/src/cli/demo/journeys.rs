//! The two lives a booking can lead, step by step.

use serde_json::{Value, json};

use super::client::{Client, DemoError, text};
use crate::cli::output::{self, Format};

/// Who takes part.
#[derive(Debug)]
pub struct People {
    /// Books and pays.
    pub patient: Client,
    /// Comes.
    pub doctor: Client,
    /// Assigns urgent calls and takes cash.
    pub admin: Client,
}

/// A scheduled visit: find a slot, book, pay from the wallet, call it off.
pub async fn scheduled(people: &People, format: Format) -> Result<(), DemoError> {
    headline(format, "A scheduled visit")?;
    let slot = free_slot(people).await?;
    let doctor_id = &people.doctor.id;
    let quote = format!("/tariffs?call_type=scheduled&doctor_id={doctor_id}&starts_at={slot}");
    let tariff = people.patient.get(&quote).await?;
    let request = json!({
        "call_type": "scheduled", "doctor_id": doctor_id, "starts_at": slot, "amount": tariff["items"][0]["amount"],
        "address": "ул. Ленина, 1", "symptoms": "кашель", "allow_overlap": true,
    });
    let booking = people.patient.post("/bookings", request).await?;
    step(
        format,
        "patient books a slot",
        &booking,
        &format!("{slot}, {} RUB", text(&booking, "/amount")),
    )?;
    let id = text(&booking, "/id").to_owned();
    let walked = async {
        pay(people, format, &id, text(&booking, "/amount")).await?;
        call_off(people, format, &id).await
    };
    or_given_back(people, &id, walked.await).await
}

/// An urgent call: book, pay, be assigned a doctor, and send them away at the door.
pub async fn urgent(people: &People, format: Format) -> Result<(), DemoError> {
    headline(format, "An urgent call")?;
    let tariff = people.patient.get("/tariffs?call_type=urgent").await?;
    let request = json!({
        "call_type": "urgent", "amount": tariff["items"][0]["amount"],
        "address": "ул. Ленина, 1", "symptoms": "температура 39", "allow_overlap": true,
    });
    let booking = people.patient.post("/bookings", request).await?;
    step(
        format,
        "patient calls a doctor",
        &booking,
        &format!("{} RUB", text(&booking, "/amount")),
    )?;
    let id = text(&booking, "/id").to_owned();
    let walked = async {
        pay(people, format, &id, text(&booking, "/amount")).await?;
        assign(people, format, &id).await?;
        come(people, format, &id).await?;
        call_off(people, format, &id).await
    };
    or_given_back(people, &id, walked.await).await
}

/// What a journey came to; one that broke off leaves no hold behind, which would stand in the way of the next.
async fn or_given_back(
    people: &People,
    booking_id: &str,
    walked: Result<(), DemoError>,
) -> Result<(), DemoError> {
    if walked.is_err() {
        let path = format!("/bookings/{booking_id}");
        if let Ok(quote) = people.patient.get(&format!("{path}/cancellation-quote")).await {
            let request = json!({"reason": "patient_request", "expected_fee": quote["amount"]});
            // What cannot be cancelled either ends by itself, in its time.
            drop(people.patient.post(&format!("{path}/cancel"), request).await);
        }
    }
    walked
}

async fn assign(people: &People, format: Format, booking_id: &str) -> Result<(), DemoError> {
    let path = format!("/bookings/{booking_id}/assign");
    let body = json!({"doctor_id": people.doctor.id});
    let assigned = people.admin.post(&path, body).await?;
    step(
        format,
        "admin assigns the doctor",
        &assigned,
        text(&assigned, "/status"),
    )
}

async fn free_slot(people: &People) -> Result<String, DemoError> {
    let from = text(&people.patient.get("/version").await?, "/now").to_owned();
    let slots = people
        .patient
        .get(&format!("/doctors/{}/slots?from={from}", people.doctor.id))
        .await?;
    let items = slots["items"].as_array().cloned().unwrap_or_default();
    let free = items
        .iter()
        .map(|slot| text(slot, "/starts_at"))
        .find(|starts_at| *starts_at > from.as_str());
    free.map(str::to_owned)
        .ok_or(DemoError::NoDemoData("the demo's doctor has no free slot"))
}

/// Pays from the wallet; an admin takes cash first, so that the demo can be run as often as one likes.
async fn pay(people: &People, format: Format, booking_id: &str, amount: &str) -> Result<(), DemoError> {
    let deposit = format!("/admin/wallets/{}/deposits", people.patient.id);
    // The cash is for this booking, so the booking names it: repeated, it is credited once.
    let key = format!("demo-cash-{booking_id}");
    let deposited = people
        .admin
        .post_once(&deposit, &key, json!({"amount": amount}))
        .await?;
    step(
        format,
        "admin credits the wallet against cash",
        &deposited,
        &format!("{amount} RUB"),
    )?;
    let request = json!({"booking_id": booking_id, "payment_method": "wallet", "allow_overlap": true});
    let payment = people.patient.post("/payments", request).await?;
    step(
        format,
        "patient pays from the wallet",
        &payment,
        text(&payment, "/status"),
    )?;
    let path = format!("/bookings/{booking_id}");
    let secured = |booking: &Value| booking["steps"]["secured_at"].is_string();
    let booking = people
        .patient
        .until(&path, "the payment to secure the booking", secured)
        .await?;
    step(
        format,
        "the payment secures the booking",
        &booking,
        text(&booking, "/status"),
    )
}

/// The doctor comes to the door. How the visit goes on takes its time: it lasts five minutes at least.
async fn come(people: &People, format: Format, booking_id: &str) -> Result<(), DemoError> {
    for (act, words) in [
        ("depart", "doctor is on the way"),
        ("arrive", "doctor is at the door"),
    ] {
        let booking = people
            .doctor
            .post(&format!("/bookings/{booking_id}/{act}"), json!({}))
            .await?;
        step(format, words, &booking, text(&booking, "/status"))?;
    }
    Ok(())
}

/// The patient changes their mind, for what that costs now.
async fn call_off(people: &People, format: Format, booking_id: &str) -> Result<(), DemoError> {
    let path = format!("/bookings/{booking_id}");
    let quote = people.patient.get(&format!("{path}/cancellation-quote")).await?;
    let fee = text(&quote, "/amount").to_owned();
    let request = json!({"reason": "patient_request", "expected_fee": fee});
    let cancelled = people.patient.post(&format!("{path}/cancel"), request).await?;
    step(
        format,
        "patient calls the visit off",
        &cancelled,
        &format!("{fee} RUB"),
    )?;
    let settled = |booking: &Value| booking["payment_status"] != "authorised";
    let booking = people
        .patient
        .until(&path, "the money to be settled", settled)
        .await?;
    step(
        format,
        "the fee is taken, the rest is free again",
        &booking,
        text(&booking, "/payment_status"),
    )?;
    let history = people.admin.get(&format!("{path}/history")).await?;
    print_history(format, &history)
}

fn headline(format: Format, words: &str) -> Result<(), DemoError> {
    Ok(output::print(format, &json!({"journey": words}), |_| {
        format!("\n{words}")
    })?)
}

fn step(format: Format, words: &str, answer: &Value, detail: &str) -> Result<(), DemoError> {
    let position = &answer["position"];
    let line = json!({"step": words, "position": position, "detail": detail});
    let shown = position
        .as_i64()
        .map_or_else(|| "·".to_owned(), |position| position.to_string());
    Ok(output::print(format, &line, |_| {
        format!("  {shown:>8}  {words}: {detail}")
    })?)
}

fn print_history(format: Format, history: &Value) -> Result<(), DemoError> {
    let facts = history["items"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = facts.iter().map(history_row).collect();
    let header = ["position", "stream", "version", "fact", "who", "when"];
    Ok(output::print(format, history, |_| {
        format!(
            "  History:\n{}",
            output::table(&header, &rows).replace('\n', "\n  ")
        )
    })?)
}

fn history_row(fact: &Value) -> Vec<String> {
    let number = |pointer: &str| fact.pointer(pointer).map_or_else(String::new, Value::to_string);
    vec![
        number("/position"),
        text(fact, "/stream").to_owned(),
        number("/version"),
        text(fact, "/what").to_owned(),
        text(fact, "/by").to_owned(),
        text(fact, "/at").to_owned(),
    ]
}
