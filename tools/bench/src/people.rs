//! The people of a platform under test: an admin, patients who are signed in, doctors with days to book.

use std::slice::SliceIndex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{self, Connection};

/// Everybody's password.
pub const PASSWORD: &str = "a long enough password";
/// The admin's address.
pub const ADMIN: &str = "admin@example.com";
/// How many sign in at once.
const LANES: usize = 4;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// The access token; it lasts a quarter of an hour.
    pub token: String,
    refresh_token: String,
}

/// A free slot of a doctor's.
#[derive(Clone, Debug)]
pub struct Slot {
    doctor: String,
    starts_at: String,
}

/// A booking, and its patient's token.
#[derive(Clone, Debug)]
pub struct Booked {
    /// Its id.
    pub id: String,
    /// Its patient's token.
    pub token: String,
}

/// Hours of a local date, cut into slots.
#[derive(Clone, Debug)]
pub struct Hours {
    /// The date.
    pub date: Date,
    /// The zone it is a date of.
    pub zone: &'static str,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`.
    pub until: String,
    /// When the first slot begins.
    pub starts_at: Timestamp,
    /// How long a slot is, in minutes.
    pub slot_minutes: i64,
    /// How many there are.
    pub slots: i64,
}

/// So many of the patients call urgently; the others book visits.
pub const CALLERS: usize = 200;

/// The people of one platform.
#[derive(Debug)]
pub struct People {
    /// The admin.
    pub admin: Session,
    patients: Vec<Session>,
    doctors: AtomicUsize,
}

impl People {
    /// Signs the admin in, with this code where the build asks for one, and registers so many patients.
    pub async fn register(host: &str, patients: usize, code: Option<String>) -> Result<Self, String> {
        let login = json!({"email": ADMIN, "password": PASSWORD});
        let admin = match code {
            Some(code) => sign_in_by_code(host, &login, &code).await?,
            None => sign_in(host, "/api/v1/auth/login", &login).await?,
        };
        let requests = (0..patients).map(|number| {
            let request = json!({
                "email": format!("patient{number}@example.com"), "password": PASSWORD,
                "first_name": "Анна", "last_name": "Каренина", "phone": format!("+7900{number:07}"),
            });
            ("/api/v1/auth/register", request)
        });
        Ok(Self {
            admin,
            patients: sign_in_all(host, requests.collect()).await?,
            doctors: AtomicUsize::new(0),
        })
    }

    /// Everybody's tokens anew.
    pub async fn refresh(&mut self, host: &str) -> Result<(), String> {
        let request = |session: &Session| {
            (
                "/api/v1/auth/refresh",
                json!({"refresh_token": session.refresh_token}),
            )
        };
        let requests = self.patients.iter().chain([&self.admin]).map(request).collect();
        let mut sessions = sign_in_all(host, requests).await?;
        self.admin = sessions.pop().ok_or("the admin's session")?;
        self.patients = sessions;
        Ok(())
    }

    /// The tokens of those who call urgently, again and again.
    pub fn callers(&self) -> Arc<Vec<String>> {
        self.tokens(..CALLERS)
    }

    /// The tokens of all patients.
    pub fn everybody(&self) -> Arc<Vec<String>> {
        self.tokens(..)
    }

    /// The tokens of those who book visits: nobody books one beside hundreds of open calls.
    fn visitors(&self) -> Arc<Vec<String>> {
        self.tokens(CALLERS..)
    }

    fn tokens<R>(&self, of: R) -> Arc<Vec<String>>
    where
        R: SliceIndex<[Session], Output = [Session]>,
    {
        let sessions = self.patients.get(of).unwrap_or_default();
        Arc::new(sessions.iter().map(|session| session.token.clone()).collect())
    }

    /// New doctors who open these hours, until there are `slots` free slots.
    pub async fn open(&self, host: &str, hours: &[Hours], slots: usize) -> Result<Vec<Slot>, String> {
        let mut open = Vec::with_capacity(slots);
        while open.len() < slots {
            let number = self.doctors.fetch_add(1, Ordering::Relaxed);
            let doctor = json!({
                "role": "doctor", "email": format!("doctor{number}@example.com"), "first_name": "Иван",
                "last_name": "Пирогов", "password": PASSWORD, "phone": format!("+7902{number:07}"),
                "specialization": "therapist", "experience_years": 10, "zone": "Europe/Moscow",
            });
            let made = self.as_admin(host, "/api/v1/admin/accounts", &doctor).await?;
            let id = made["id"].as_str().unwrap_or_default().to_owned();
            for hours in hours {
                let request = json!({
                    "date": hours.date, "zone": hours.zone, "slot_minutes": hours.slot_minutes,
                    "working": [{"from": hours.from, "until": hours.until}],
                });
                self.as_admin(host, &format!("/api/v1/doctors/{id}/days"), &request)
                    .await?;
                open.extend((0..hours.slots).map(|slot| Slot {
                    doctor: id.clone(),
                    starts_at:
                        (hours.starts_at + SignedDuration::from_mins(hours.slot_minutes * slot)).to_string(),
                }));
            }
        }
        open.truncate(slots);
        Ok(open)
    }

    /// Books every slot, over so many connections.
    pub async fn book(
        &self,
        host: &str,
        connections: usize,
        slots: Vec<Slot>,
        asks_about_overlaps: bool,
    ) -> Result<Vec<Booked>, String> {
        let (slots, tokens) = (Arc::new(slots), self.visitors());
        let next = Arc::new(AtomicUsize::new(0));
        let mut clients = Vec::new();
        for _ in 0..connections {
            let (slots, host, tokens, next) = (slots.clone(), host.to_owned(), tokens.clone(), next.clone());
            clients.push(tokio::spawn(async move {
                let mut connection = Connection::open(&host).await.map_err(|error| error.to_string())?;
                let mut booked = Vec::new();
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let Some(slot) = slots.get(turn) else {
                        return Ok::<_, String>(booked);
                    };
                    let mut body = json!({
                        "call_type": "scheduled", "doctor_id": slot.doctor, "starts_at": slot.starts_at,
                        "address": "ул. Ленина, 1", "amount": "2000.00",
                    });
                    if asks_about_overlaps {
                        body["allow_overlap"] = json!(true);
                    }
                    let token = &tokens[turn % tokens.len()];
                    let request =
                        http::post("/api/v1/bookings", &host, &authorised(token), &body.to_string());
                    let answer = answer_of(&mut connection, &request).await?;
                    booked.push(Booked {
                        id: answer["id"].as_str().ok_or("a booking has an id")?.to_owned(),
                        token: token.clone(),
                    });
                }
            }));
        }
        let mut booked = Vec::new();
        for client in clients {
            booked.extend(client.await.map_err(|error| error.to_string())??);
        }
        Ok(booked)
    }

    async fn as_admin(&self, host: &str, path: &str, body: &Value) -> Result<Value, String> {
        let request = http::post(path, host, &authorised(&self.admin.token), &body.to_string());
        ask(host, &request).await
    }
}

/// Headers of a command by whoever has this token, under a key of its own.
pub fn authorised(token: &str) -> String {
    format!(
        "Authorization: Bearer {token}\r\nIdempotency-Key: {}\r\n",
        Uuid::new_v4()
    )
}

/// One request over a connection of its own.
pub async fn ask(host: &str, request: &[u8]) -> Result<Value, String> {
    let mut connection = Connection::open(host).await.map_err(|error| error.to_string())?;
    answer_of(&mut connection, request).await
}

/// The JSON of a 200; everything else is a fault.
pub async fn answer_of(connection: &mut Connection, request: &[u8]) -> Result<Value, String> {
    let answer = connection.ask(request).await.map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!(
            "{}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        ));
    }
    serde_json::from_slice(answer.body).map_err(|error| error.to_string())
}

/// These requests, each answered with a session, in their order.
async fn sign_in_all(host: &str, requests: Vec<(&'static str, Value)>) -> Result<Vec<Session>, String> {
    let requests = Arc::new(requests);
    let mut lanes = Vec::new();
    for lane in 0..LANES {
        let (host, requests) = (host.to_owned(), requests.clone());
        lanes.push(tokio::spawn(async move {
            let mut sessions = Vec::new();
            for (place, (path, request)) in requests.iter().enumerate().skip(lane).step_by(LANES) {
                sessions.push((place, sign_in(&host, path, request).await?));
            }
            Ok::<_, String>(sessions)
        }));
    }
    let mut sessions = Vec::new();
    for lane in lanes {
        sessions.extend(lane.await.map_err(|error| error.to_string())??);
    }
    sessions.sort_unstable_by_key(|(place, _)| *place);
    Ok(sessions.into_iter().map(|(_, session)| session).collect())
}

async fn sign_in(host: &str, path: &str, request: &Value) -> Result<Session, String> {
    let answer = ask(host, &http::post(path, host, "", &request.to_string())).await?;
    let text = |name: &str| {
        answer[name]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("no {name} in {answer}"))
    };
    Ok(Session {
        token: text("access_token")?,
        refresh_token: text("refresh_token")?,
    })
}

/// Both steps of a sign-in.
async fn sign_in_by_code(host: &str, login: &Value, code: &str) -> Result<Session, String> {
    let mut connection = Connection::open(host).await.map_err(|error| error.to_string())?;
    let request = http::post("/api/v1/auth/login", host, "", &login.to_string());
    let due = connection
        .ask(&request)
        .await
        .map_err(|error| error.to_string())?;
    let due: Value = serde_json::from_slice(due.body).map_err(|error| error.to_string())?;
    let step = json!({"sign_in_token": due["sign_in_token"], "code": code});
    sign_in(host, "/api/v1/auth/login/code", &step).await
}

/// Unpaid bookings that a patient may hold at a time.
const HOLDS_MAX: usize = 3;

/// Refuses more bookings than the platform would let the patients hold.
pub fn look_at_holds(holds: usize, patients: usize) -> Result<(), String> {
    let visitors = patients - CALLERS;
    if holds > HOLDS_MAX * visitors {
        return Err(format!(
            "{visitors} patients hold at most {} unpaid bookings, not {holds}: lower --scheduled or --rounds",
            HOLDS_MAX * visitors
        ));
    }
    Ok(())
}
