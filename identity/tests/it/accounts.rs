//! Accounts are made once, belong to one address, and change only where asked.

use domain::people::Role;
use identity::{ClinicName, IdentityRefusal, NewPatient, NewRole, ProfileChange};

use crate::kit::{TestIdentity, account, at, email, name, patient, phone, refusal};

#[tokio::test]
async fn a_registered_patient_is_found_again() {
    let fixture = TestIdentity::new().await;
    let new = NewPatient {
        phone: Some(phone("8 (999) 123-45-67")),
        ..patient("Ivan@Example.com")
    };
    let made = fixture.people.register(new, at(0)).await.unwrap();
    assert_eq!(made.role, Role::Patient);
    assert_eq!(made.phone.as_ref().unwrap().as_str(), "+79991234567");
    let found = fixture.people.account(made.id).await.unwrap().unwrap();
    assert_eq!(found, made);
    assert_eq!(
        fixture
            .people
            .account_with_email(&email("ivan@example.com"))
            .await
            .unwrap()
            .unwrap(),
        made
    );
    assert!(
        fixture
            .people
            .account_with_email(&email("nobody@example.com"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_address_that_an_operator_gave_belongs_to_one_account_whatever_its_case() {
    let fixture = TestIdentity::new().await;
    let create = async |address: &str| {
        let new = account(address, NewRole::Analyst);
        fixture.people.create_account(new, at(0)).await
    };
    create("ivan@example.com").await.unwrap();
    assert_eq!(
        refusal(create("IVAN@example.com").await),
        IdentityRefusal::EmailTaken
    );
}

#[tokio::test]
async fn a_number_that_an_operator_gave_belongs_to_one_account_however_it_is_written() {
    let fixture = TestIdentity::new().await;
    let create = async |address: &str, number: Option<&str>| {
        let mut new = account(address, NewRole::Analyst);
        new.phone = number.map(phone);
        fixture.people.create_account(new, at(0)).await
    };
    create("ivan@example.com", Some("+79991234567")).await.unwrap();
    let again = create("maria@example.com", Some("8 999 123-45-67")).await;
    assert_eq!(refusal(again), IdentityRefusal::PhoneTaken);
    // The refused account left nothing behind.
    create("maria@example.com", None).await.unwrap();
}

#[tokio::test]
async fn of_parallel_accounts_with_one_address_one_wins_and_the_database_sees_no_error() {
    let fixture = TestIdentity::new().await;
    for round in 0..5 {
        let address = format!("olga{round}@example.com");
        let create = || {
            fixture
                .people
                .create_account(account(&address, NewRole::Admin), at(0))
        };
        let answers: [_; 4] = tokio::join!(create(), create(), create(), create()).into();
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for answer in lost {
            // One that met the constraint would be a fault, not a refusal.
            assert_eq!(refusal(answer), IdentityRefusal::EmailTaken);
        }
    }
}

#[tokio::test]
async fn anybody_may_say_that_a_number_is_theirs_and_it_is_proven_by_that_to_nobody() {
    let fixture = TestIdentity::new().await;
    let people = &fixture.people;
    let mut held = account("olga@example.com", NewRole::Admin);
    held.phone = Some(phone("+79991234567"));
    people.create_account(held, at(0)).await.unwrap();
    let claiming = NewPatient {
        phone: Some(phone("+79991234567")),
        ..patient("ivan@example.com")
    };
    people.register(claiming, at(0)).await.unwrap();
    let maria = people
        .register(patient("maria@example.com"), at(0))
        .await
        .unwrap();
    let change = ProfileChange {
        phone: Some(phone("+79991234567")),
        ..ProfileChange::default()
    };
    let changed = people.update_profile(maria.id, change).await.unwrap();
    assert_eq!(changed.phone.unwrap().as_str(), "+79991234567");
    let held: i64 = sqlx::query_scalar(
        "select count(*) from identity.contacts where phone_vouched or phone_proven_at is not null",
    )
    .fetch_one(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(held, 1);
}

#[tokio::test]
async fn a_profile_changes_only_where_asked() {
    let fixture = TestIdentity::new().await;
    let made = fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    let change = ProfileChange {
        last_name: Some(name("Петров")),
        ..ProfileChange::default()
    };
    let changed = fixture.people.update_profile(made.id, change).await.unwrap();
    assert_eq!(
        (changed.first_name.as_str(), changed.last_name.as_str()),
        ("Иван", "Петров")
    );
    let change = ProfileChange {
        phone: Some(phone("+79990000001")),
        ..ProfileChange::default()
    };
    let changed = fixture.people.update_profile(made.id, change).await.unwrap();
    assert_eq!(changed.last_name.as_str(), "Петров");
    assert_eq!(fixture.people.account(made.id).await.unwrap().unwrap(), changed);
}

#[tokio::test]
async fn nobody_s_profile_is_changed() {
    let fixture = TestIdentity::new().await;
    let nobody = domain::ids::AccountId::from_uuid(uuid::Uuid::from_u128(7));
    let change = fixture
        .people
        .update_profile(nobody, ProfileChange::default())
        .await;
    assert_eq!(refusal(change), IdentityRefusal::NoSuchAccount);
}

#[tokio::test]
async fn the_other_roles_are_made_with_what_they_need() {
    let fixture = TestIdentity::new().await;
    let clinic = NewRole::Clinic(ClinicName::parse("Клиника на Мира").unwrap());
    for (address, role, expected) in [
        ("admin@tot.ru", NewRole::Admin, Role::Admin),
        ("analyst@tot.ru", NewRole::Analyst, Role::Analyst),
        ("clinic@tot.ru", clinic, Role::Clinic),
    ] {
        let made = fixture
            .people
            .create_account(account(address, role), at(0))
            .await
            .unwrap();
        assert_eq!(
            fixture.people.account(made.id).await.unwrap().unwrap().role,
            expected
        );
    }
}
