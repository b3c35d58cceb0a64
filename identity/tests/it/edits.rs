//! What others change about an account: only what really changes, and never an address that is somebody else's.

use std::time::Duration;

use domain::account::events::AccountField;
use identity::{AccountChange, FieldChange, IdentityRefusal, NewRole};
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::kit::{TestIdentity, account, at, details, email, name, patient, phone, refusal};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Comes back once somebody waits for an advisory lock of this database.
async fn somebody_waits(pool: &PgPool) {
    let waiting = "select exists (select from pg_locks where locktype = 'advisory' and not granted \
                   and database = (select oid from pg_database where datname = current_database()))";
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(pool)
        .await
        .unwrap()
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn only_what_differs_is_a_change() {
    let fixture = TestIdentity::new().await;
    let new = account("doctor@example.com", NewRole::Doctor(details("Кардиолог")));
    let id = fixture.people.create_account(new, at(0)).await.unwrap().id;
    let change = AccountChange {
        email: Some(email("doctor@example.com")),
        phone: FieldChange::Empty,
        last_name: Some(name("Сидоров")),
        specialization: Some(details("Кардиолог").specialization),
        languages: Some(details("Кардиолог").languages),
        clinic_id: FieldChange::Empty,
        ..AccountChange::default()
    };
    let prepared = fixture.people.prepare_edit(id, &change).await.unwrap();
    assert_eq!(prepared.fields, [AccountField::LastName]);
    assert_eq!(json!(prepared.values), json!({"last_name": "Сидоров"}));
    assert!(!format!("{prepared:?} {change:?}").contains("Сидоров"));
    prepared.finish().await.unwrap();
    let nothing = fixture
        .people
        .prepare_edit(id, &AccountChange::default())
        .await
        .unwrap();
    assert_eq!(nothing.fields, []);
}

#[tokio::test]
async fn an_address_about_to_be_taken_is_kept_from_everybody_else_until_the_edit_is_over() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let first = people.register(patient("ivan@example.com"), at(0)).await.unwrap();
    let change = AccountChange {
        email: Some(email("new@example.com")),
        phone: FieldChange::Set(phone("+79991234567")),
        ..AccountChange::default()
    };
    let prepared = people.prepare_edit(first.id, &change).await.unwrap();
    assert_eq!(prepared.fields, [AccountField::Email, AccountField::Phone]);
    let rival = people.clone();
    let mut registering = JoinSet::new();
    registering.spawn(async move {
        let new = account("new@example.com", NewRole::Analyst);
        rival.create_account(new, at(1)).await
    });
    tokio::time::timeout(PATIENCE, somebody_waits(&fixture.pool))
        .await
        .expect("an account that waits for the edit");
    prepared.finish().await.unwrap();
    registering.join_next().await.unwrap().unwrap().unwrap();
    let late = people.prepare_edit(first.id, &change).await;
    assert_eq!(refusal(late), IdentityRefusal::EmailTaken);
    let nobody = domain::ids::AccountId::from_uuid(uuid::Uuid::from_u128(7));
    let unknown = people.prepare_edit(nobody, &AccountChange::default()).await;
    assert_eq!(refusal(unknown), IdentityRefusal::NoSuchAccount);
    let elsewhere = AccountChange {
        clinic_id: FieldChange::Set(domain::ids::ClinicId::from_uuid(first.id.uuid())),
        ..AccountChange::default()
    };
    let elsewhere = people.prepare_edit(first.id, &elsewhere).await;
    assert_eq!(refusal(elsewhere), IdentityRefusal::NoSuchClinic);
}
