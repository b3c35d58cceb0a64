//! Nothing that names or reaches a person, and no secret, shows in logs, in `Debug` output or in faults.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use domain::ids::PrivateId;
use identity::{CalendarLanguage, Device, NewPatient, Password, ProfileChange, vault};
use secrecy::ExposeSecret;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::kit::{TestIdentity, at, email, name, patient, phone};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn marked() -> NewPatient {
    NewPatient {
        email: email("marker-email@example.com"),
        password: Password::parse("marker-password").unwrap(),
        first_name: name("Marker-first"),
        last_name: name("Marker-last"),
        phone: Some(phone("+79995550123")),
    }
}

/// The same person by another name.
fn renamed() -> NewPatient {
    NewPatient {
        first_name: name("Marker-third"),
        ..marked()
    }
}

/// Lives every call, good and bad, with marked data; answers all that was shown on the way and the secrets handed out.
async fn live(fixture: &TestIdentity) -> (Vec<String>, Vec<String>) {
    let (people, device) = (&fixture.people, Device::from_user_agent("marker-agent"));
    let mut shown = vec![format!("{people:?} {:?} {device:?}", marked())];
    let account = people.register(marked(), at(0)).await.unwrap();
    shown.push(format!("{account:?}"));
    let taken = people.register(renamed(), at(0)).await.unwrap_err();
    shown.push(format!("{taken:?} {taken}"));
    let new = marked();
    let wrong = people
        .login(
            &new.email,
            &Password::parse("marker-wrong-one").unwrap(),
            &device,
            at(1),
        )
        .await;
    shown.push(format!("{:?}", wrong.unwrap_err()));
    let first = people
        .login(&new.email, &new.password, &device, at(2))
        .await
        .unwrap();
    let second = people
        .refresh(&first.refresh_token, &device, at(3))
        .await
        .unwrap();
    shown.push(format!("{first:?} {second:?}"));
    let change = ProfileChange {
        first_name: Some(name("Marker-other")),
        ..ProfileChange::default()
    };
    shown.push(format!(
        "{change:?} {:?}",
        people.update_profile(account.id, change.clone()).await.unwrap()
    ));
    let reused = people
        .refresh(&first.refresh_token, &device, at(100))
        .await
        .unwrap_err();
    shown.push(format!("{reused:?}"));
    let caller = people.verify(second.access_token.expose_secret(), at(100));
    shown.push(format!("{caller:?}"));
    let made = people.make_calendar_link(account.id, CalendarLanguage::Russian, at(100));
    let (link, shown_of_it) = made.await.unwrap();
    let owner = people.calendar_owner(&link).await.unwrap();
    people.calendar_served(&link, &[0; 32], at(100)).await.unwrap();
    shown.push(format!("{link:?} {shown_of_it:?} {owner:?}"));
    fixture.deactivate(account.id, at(101)).await;

    let body = json!({"symptoms": "marker-symptoms"});
    let id = PrivateId::from_uuid(account.id.uuid());
    let sealed = vault::seal(people, "note", account.id, body, id).await;
    let (row, reference) = sealed.unwrap();
    shown.push(format!("{row:?} {reference:?}"));
    sqlx::query("insert into identity.vault (id, subject_id, kind, salt, body) values ($1, $2, $3, $4, $5)")
        .bind(row.id.uuid())
        .bind(row.subject_id.uuid())
        .bind(row.kind)
        .bind(&row.salt)
        .bind(&row.body)
        .execute(&fixture.pool)
        .await
        .unwrap();
    shown.push(format!("{:?}", vault::open(people, &[id]).await.unwrap()));
    let mut secrets = vec![link.expose().to_owned()];
    for signed in [first, second] {
        secrets.push(signed.access_token.expose_secret().to_owned());
        secrets.push(signed.refresh_token.expose().to_owned());
    }
    (shown, secrets)
}

#[tokio::test]
async fn nothing_personal_and_no_secret_is_shown_or_logged() {
    let written = Written::default();
    // Everything there is, sqlx's own statements and the crypto's chatter included.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(written.clone())
        .with_ansi(false)
        .init();
    let fixture = TestIdentity::new().await;
    let (shown, secrets) = live(&fixture).await;

    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("signed in") && log.contains("used twice"),
        "the log was captured"
    );
    let everything = format!("{log}\n{}", shown.join("\n"));
    let lowered = everything.to_lowercase();
    for marker in ["marker", "9995550123"] {
        assert!(
            !lowered.contains(marker),
            "{marker} shows: {}",
            around(&lowered, marker)
        );
    }
    for secret in &secrets {
        let middle = &secret[secret.len() / 2..];
        assert!(!everything.contains(middle), "a token shows");
    }
}

#[tokio::test]
async fn a_fault_does_not_quote_the_row() {
    let fixture = TestIdentity::new().await;
    fixture.people.register(marked(), at(0)).await.unwrap();
    // The database quotes a whole row when a check fails; no caller of ours may see it.
    let quoting = sqlx::query("update identity.contacts set email_index = substring(email_index from 2)")
        .execute(&fixture.pool)
        .await;
    let error = identity::IdentityError::from(quoting.unwrap_err());
    let shown = format!("{error:?} {error}");
    assert!(!shown.to_lowercase().contains("marker"), "{shown}");
    assert!(shown.contains("contacts"), "{shown}");
}

#[tokio::test]
async fn a_patient_without_a_number_is_welcome() {
    let fixture = TestIdentity::new().await;
    assert!(
        fixture
            .people
            .register(patient("ivan@example.com"), at(0))
            .await
            .unwrap()
            .phone
            .is_none()
    );
    assert!(
        fixture
            .people
            .register(patient("maria@example.com"), at(0))
            .await
            .unwrap()
            .phone
            .is_none()
    );
}

fn around<'a>(text: &'a str, marker: &str) -> &'a str {
    let line = text.lines().find(|line| line.contains(marker));
    line.unwrap_or_default()
}
