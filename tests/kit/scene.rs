//! The usual scene: a platform, an admin, a doctor with open days, a patient with money.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::client::{ApiResponse, Client};
use crate::persona::Persona;
use crate::platform::Platform;
use crate::wait::until;

/// A visit lasts at least so long.
pub const VISIT_SECONDS: i64 = 5 * 60 + 1;
/// How many days ahead the doctor's days are open, from tomorrow on.
const DAYS_OPEN: i64 = 4;

/// Who and what most journeys need.
pub struct Scene {
    /// The platform.
    pub platform: Platform,
    /// Runs it.
    pub admin: Persona,
    /// The doctors' clinic.
    pub clinic: Persona,
    /// Comes.
    pub doctor: Persona,
    /// Another doctor of the clinic, whose days are not open.
    pub stand_in: Persona,
    /// Books; has 20 000.00 RUB.
    pub patient: Persona,
    /// The date in Moscow on which the scene was set; it stays, also when midnight or the clock moves past.
    today: Date,
}

impl Scene {
    /// Sets it on a platform that is running.
    pub async fn on(platform: Platform) -> Self {
        let admin = platform.admin().await;
        let clinic = platform.made_by(&admin, "clinic").await;
        let doctor = platform.doctor_of(&admin, &clinic).await;
        let stand_in = platform.doctor_of(&admin, &clinic).await;
        let patient = platform.patient().await;
        platform.credit(&admin, &patient, "20000.00").await;
        let zone = TimeZone::get("Europe/Moscow").unwrap();
        let today = platform.now().await.to_zoned(zone).date();
        let scene = Self {
            platform,
            admin,
            clinic,
            doctor,
            stand_in,
            patient,
            today,
        };
        for days_ahead in 1..=DAYS_OPEN {
            scene.open_day(days_ahead).await;
        }
        scene
    }

    /// A platform of its own, every role in one process.
    pub async fn set() -> Self {
        Self::on(Platform::start().await).await
    }

    /// Opens the doctor's day, 09:00–18:00 Moscow time, in half-hour slots.
    pub async fn open_day(&self, days_ahead: i64) -> Value {
        self.open_day_of(&self.doctor, days_ahead).await
    }

    /// The same day of another doctor.
    pub async fn open_day_of(&self, doctor: &Persona, days_ahead: i64) -> Value {
        let request = json!({
            "date": self.date(days_ahead), "slot_minutes": 30, "working": [{"from": "09:00", "until": "18:00"}],
        });
        self.admin
            .client
            .post(&format!("/doctors/{}/days", doctor.id), request)
            .await
            .expect(200)
    }

    /// The date in Moscow so many days after the scene was set.
    pub fn date(&self, days_ahead: i64) -> String {
        self.today.checked_add(days_ahead.days()).unwrap().to_string()
    }

    /// A slot so many days ahead, `minutes` after 09:00 in Moscow (06:00 UTC).
    pub fn slot(&self, days_ahead: i64, minutes: i64) -> Timestamp {
        let six: Timestamp = format!("{}T06:00:00Z", self.date(days_ahead)).parse().unwrap();
        six + SignedDuration::from_mins(minutes)
    }

    /// The starts of the free slots of one of the doctor's days.
    pub async fn free_slots(&self, days_ahead: i64) -> Vec<String> {
        let (from, to) = (self.slot(days_ahead, 0), self.slot(days_ahead, 9 * 60));
        let path = format!("/doctors/{}/slots?from={from}&to={to}", self.doctor.id);
        let answer = self.platform.anonymous().get(&path).await.expect(200);
        let items = answer["items"].as_array().unwrap();
        items
            .iter()
            .map(|slot| slot["starts_at"].as_str().unwrap().to_owned())
            .collect()
    }

    /// A request for a scheduled visit.
    pub fn scheduled(&self, starts_at: Timestamp) -> Value {
        json!({
            "call_type": "scheduled", "doctor_id": self.doctor.id, "starts_at": starts_at.to_string(),
            "amount": "2000.00", "address": "ул. Ленина, 1", "symptoms": "кашель",
        })
    }

    /// A request for an urgent visit.
    pub fn urgent() -> Value {
        json!({"call_type": "urgent", "amount": 1500.0, "address": "ул. Ленина, 1"})
    }

    /// Books and pays; answers the booking's id once it is secured.
    pub async fn booked_and_paid(&self, mut request: Value) -> String {
        request["allow_overlap"] = true.into();
        let booking = self.patient.client.post("/bookings", request).await.expect(200);
        let id = booking["id"].as_str().unwrap().to_owned();
        self.pay(&id).await.expect(200);
        self.until_booking(&id, "the payment to secure the booking", |booking| {
            booking["steps"]["secured_at"].is_string()
        })
        .await;
        id
    }

    /// Pays from the wallet.
    pub async fn pay(&self, booking_id: &str) -> ApiResponse {
        // Journeys call one doctor after another without an end in between.
        let request = json!({"booking_id": booking_id, "payment_method": "wallet", "allow_overlap": true});
        self.patient.client.post("/payments", request).await
    }

    /// The patient cancels.
    pub async fn cancel(&self, id: &str, expected_fee: &str) -> ApiResponse {
        let request = json!({"reason": "patient_request", "expected_fee": expected_fee});
        self.patient
            .client
            .post(&format!("/bookings/{id}/cancel"), request)
            .await
    }

    /// The admin sends the doctor.
    pub async fn assign(&self, id: &str) -> ApiResponse {
        let request = json!({"doctor_id": self.doctor.id});
        self.admin
            .client
            .post(&format!("/bookings/{id}/assign"), request)
            .await
    }

    /// The booking, as the patient sees it.
    pub async fn booking(&self, id: &str) -> Value {
        self.patient
            .client
            .get(&format!("/bookings/{id}"))
            .await
            .expect(200)
    }

    /// Looks at the booking until `there` holds.
    pub async fn until_booking(&self, id: &str, what: &str, there: impl Fn(&Value) -> bool) -> Value {
        until(what, || async {
            let answer = self.patient.client.get(&format!("/bookings/{id}")).await;
            // A read waits a quarter of a second for its read model; one that is just starting is not fresh yet.
            let booking = (answer.status != 503).then(|| answer.expect(200))?;
            there(&booking).then_some(booking)
        })
        .await
    }

    /// An action without a body's worth of detail.
    pub async fn act(&self, by: &Client, id: &str, action: &str) -> ApiResponse {
        by.post(&format!("/bookings/{id}/{action}"), json!({})).await
    }

    /// What the patient can spend.
    pub async fn available(&self) -> String {
        let wallet = self.patient.client.get("/wallet").await.expect(200);
        wallet["available"].as_str().unwrap().to_owned()
    }

    /// Everybody signs in again: access tokens do not outlive a moved clock.
    pub async fn sign_in_again(self) -> Self {
        let admin = self.platform.again(&self.admin).await;
        let clinic = self.platform.again(&self.clinic).await;
        let doctor = self.platform.again(&self.doctor).await;
        let stand_in = self.platform.again(&self.stand_in).await;
        let patient = self.platform.again(&self.patient).await;
        Self {
            admin,
            clinic,
            doctor,
            stand_in,
            patient,
            platform: self.platform,
            today: self.today,
        }
    }

    /// Moves the clock, and signs everybody in again.
    pub async fn later(self, seconds: i64) -> Self {
        self.platform.advance(seconds).await;
        self.sign_in_again().await
    }

    /// Moves the clock to this moment, unless it is past, and signs everybody in again.
    pub async fn at(self, moment: Timestamp) -> Self {
        let ahead = moment.duration_since(self.platform.now().await).as_secs();
        self.later(ahead.max(0) + 1).await
    }

    /// The doctor of an assigned visit sets out, begins it, and ends it as soon as that may be; moves the clock.
    pub async fn visited(self, id: &str) -> Self {
        for action in ["depart", "start"] {
            self.act(&self.doctor.client, id, action).await.expect(200);
        }
        let scene = self.later(VISIT_SECONDS).await;
        scene.act(&scene.doctor.client, id, "complete").await.expect(200);
        scene
    }

    /// Ends the journey in order.
    pub async fn finish(self) {
        self.platform.finish().await;
    }
}

/// The types of facts in a history, in order.
pub fn types_of(history: &Value) -> Vec<&str> {
    history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact["what"].as_str().unwrap())
        .collect()
}
