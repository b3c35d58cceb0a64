//! Who takes part in the storm: patients who book, doctors with open days, and everybody's way to the platform.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use kit::client::{ApiResponse, Client};
use kit::persona::Persona;
use serde_json::{Value, json};

use crate::money::provider_fixture::ProviderFixture;
use crate::storm::plan::{Plan, SLOTS};

/// How many patients share the bookings at least.
const PATIENTS_MIN: usize = 16;
/// How many slots a patient may hold unpaid.
const HOLDS_MAX: usize = 3;
/// How long anything may take in a storm.
pub const PATIENCE: Duration = Duration::from_secs(180);
/// How often something is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// How many days ahead a far visit is at least: beyond the life of a hold.
const FAR: i64 = 15;

/// Everybody.
pub struct People {
    patients: Vec<Persona>,
    doctors: Vec<Persona>,
    /// One beside each doctor, with the same days open and no bookings of their own.
    stand_ins: Vec<Persona>,
    admin: Persona,
    /// A clinic none of the doctors belongs to.
    stranger: Persona,
    /// 06:00 UTC of the near day and of the far one, for the wave at hand.
    mornings: [Timestamp; 2],
    /// Days whose slots earlier waves wanted.
    used: BTreeSet<Date>,
}

impl People {
    /// As many doctors as so many bookings of one day need.
    pub async fn gather(fixture: &ProviderFixture, bookings: usize) -> Self {
        let platform = &fixture.scene.platform;
        let admin = platform.admin().await;
        let clinic = platform.made_by(&admin, "clinic").await;
        let stranger = platform.made_by(&admin, "clinic").await;
        let (mut patients, mut doctors, mut stand_ins) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..PATIENTS_MIN.max(bookings.div_ceil(HOLDS_MAX)) {
            patients.push(platform.patient().await);
        }
        for _ in 0..bookings.div_ceil(SLOTS) {
            doctors.push(platform.doctor_of(&admin, &clinic).await);
            stand_ins.push(platform.doctor_of(&admin, &clinic).await);
        }
        Self {
            patients,
            doctors,
            stand_ins,
            admin,
            stranger,
            mornings: [Timestamp::UNIX_EPOCH; 2],
            used: BTreeSet::new(),
        }
    }

    /// Opens every doctor's next day, and a far one.
    pub async fn open_days(&mut self, fixture: &ProviderFixture) {
        let now = fixture.scene.platform.now().await;
        let moscow = jiff::tz::TimeZone::get("Europe/Moscow").unwrap();
        for (place, ahead) in [(0, 1), (1, FAR)] {
            let mut date = (now + SignedDuration::from_hours(24 * ahead))
                .to_zoned(moscow.clone())
                .date();
            while !self.used.insert(date) {
                date = date.tomorrow().unwrap();
            }
            self.mornings[place] = format!("{date}T06:00:00Z").parse().unwrap();
            for doctor in self.doctors.iter().chain(&self.stand_ins) {
                let request = json!({
                    "date": date.to_string(), "slot_minutes": 30, "working": [{"from": "09:00", "until": "18:00"}],
                });
                let path = format!("/doctors/{}/days", doctor.id);
                self.admin.client.post(&path, request).await.expect(200);
            }
        }
    }

    /// Signed in again, as after a quarter of an hour.
    pub async fn again(self, fixture: &ProviderFixture) -> Self {
        let platform = &fixture.scene.platform;
        let (mut patients, mut doctors) = (Vec::new(), Vec::new());
        for patient in &self.patients {
            patients.push(platform.again(patient).await);
        }
        for doctor in &self.doctors {
            doctors.push(platform.again(doctor).await);
        }
        let admin = platform.again(&self.admin).await;
        let stranger = platform.again(&self.stranger).await;
        Self {
            patients,
            doctors,
            admin,
            stranger,
            ..self
        }
    }

    /// The doctors and the admin signed in again; the others do nothing meanwhile.
    pub async fn staff_again(self, fixture: &ProviderFixture) -> Self {
        let mut doctors = Vec::new();
        for doctor in &self.doctors {
            doctors.push(fixture.scene.platform.again(doctor).await);
        }
        let admin = fixture.scene.platform.again(&self.admin).await;
        Self {
            doctors,
            admin,
            ..self
        }
    }

    /// When the near day begins.
    pub fn morning(&self) -> Timestamp {
        self.mornings[0]
    }

    /// When the visit is.
    pub fn starts_at(&self, plan: &Plan) -> Timestamp {
        let minutes = i64::try_from(plan.number % SLOTS).unwrap() * 30;
        self.mornings[usize::from(plan.far)] + SignedDuration::from_mins(minutes)
    }

    /// Every patient.
    pub fn patients(&self) -> &[Persona] {
        &self.patients
    }

    /// Whose plan it is.
    pub fn patient(&self, plan: &Plan) -> &Client {
        &self.patients[plan.number % self.patients.len()].client
    }

    /// Who comes.
    pub fn doctor(&self, plan: &Plan) -> &Client {
        &self.doctors[plan.number / SLOTS].client
    }

    /// Who may do everything.
    pub fn admin(&self) -> &Client {
        &self.admin.client
    }

    /// A clinic that has nothing to do with any booking.
    pub fn stranger(&self) -> &Client {
        &self.stranger.client
    }

    /// Who could come instead, at the same time.
    pub fn stand_in(&self, plan: &Plan) -> &str {
        &self.stand_ins[plan.number / SLOTS].id
    }

    /// What the patient asks for: a slot nobody else wants.
    pub fn request(&self, plan: &Plan) -> Value {
        json!({
            "call_type": "scheduled", "doctor_id": self.doctors[plan.number / SLOTS].id, "amount": "2000.00",
            "starts_at": self.starts_at(plan).to_string(), "address": "ул. Ленина, 1",
            // A patient here is a crowd: visits at one time with several doctors are meant.
            "allow_overlap": true,
        })
    }
}

/// Asks for something until it is answered, under one key.
pub async fn ask(client: &Client, path: &str, request: Value) -> ApiResponse {
    let key = format!("{:032x}", rand::random::<u128>());
    client.insist(path, &key, request).await.0
}

/// Looks until `there` sees something, with the last answer in the failure.
pub async fn look<T>(client: &Client, path: &str, what: &str, there: impl Fn(&Value) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut last = String::new();
    loop {
        if let Ok(answer) = client.try_send(reqwest::Method::GET, path, None, &[]).await {
            if answer.status == 200
                && let Some(seen) = there(&answer.body)
            {
                return seen;
            }
            last = answer.text;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}: {last}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
