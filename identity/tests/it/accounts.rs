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
async fn an_address_belongs_to_one_account_whatever_its_case() {
    let fixture = TestIdentity::new().await;
    fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    let again = fixture.people.register(patient("IVAN@example.com"), at(1)).await;
    assert_eq!(refusal(again), IdentityRefusal::EmailTaken);
}

#[tokio::test]
async fn a_number_belongs_to_one_account_however_it_is_written() {
    let fixture = TestIdentity::new().await;
    let first = NewPatient {
        phone: Some(phone("+79991234567")),
        ..patient("ivan@example.com")
    };
    fixture.people.register(first, at(0)).await.unwrap();
    let second = NewPatient {
        phone: Some(phone("8 999 123-45-67")),
        ..patient("maria@example.com")
    };
    assert_eq!(
        refusal(fixture.people.register(second, at(1)).await),
        IdentityRefusal::PhoneTaken
    );
    // The refused registration left nothing behind.
    fixture
        .people
        .register(patient("maria@example.com"), at(2))
        .await
        .unwrap();
}

#[tokio::test]
async fn of_parallel_registrations_with_one_address_one_wins() {
    let fixture = TestIdentity::new().await;
    let register = || fixture.people.register(patient("ivan@example.com"), at(0));
    let answers: [_; 4] = tokio::join!(register(), register(), register(), register()).into();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_eq!(refusal(answer), IdentityRefusal::EmailTaken);
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from identity.accounts")
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn of_parallel_claims_to_one_number_one_wins_and_the_database_sees_no_error() {
    let fixture = TestIdentity::new().await;
    let first = fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    let second = fixture
        .people
        .register(patient("maria@example.com"), at(0))
        .await
        .unwrap();
    for round in 0..20 {
        let number = phone(&format!("+7999000{round:04}"));
        let change = || ProfileChange {
            phone: Some(number.clone()),
            ..ProfileChange::default()
        };
        let third = NewPatient {
            phone: Some(number.clone()),
            ..patient(&format!("third{round}@example.com"))
        };
        let (one, two, three) = tokio::join!(
            fixture.people.update_profile(first.id, change()),
            fixture.people.update_profile(second.id, change()),
            fixture.people.register(third, at(0)),
        );
        let lost: Vec<IdentityRefusal> = [one, two, three]
            .into_iter()
            .filter(Result::is_err)
            .map(refusal)
            .collect();
        // One that met the constraint would be a fault, not a refusal.
        assert_eq!(lost, [IdentityRefusal::PhoneTaken; 2], "round {round}");
    }
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
async fn a_profile_cannot_take_another_s_number_nor_a_stranger_change_one() {
    let fixture = TestIdentity::new().await;
    let first = NewPatient {
        phone: Some(phone("+79991234567")),
        ..patient("ivan@example.com")
    };
    let first = fixture.people.register(first, at(0)).await.unwrap();
    let second = fixture
        .people
        .register(patient("maria@example.com"), at(0))
        .await
        .unwrap();
    let change = ProfileChange {
        phone: first.phone.clone(),
        ..ProfileChange::default()
    };
    assert_eq!(
        refusal(fixture.people.update_profile(second.id, change).await),
        IdentityRefusal::PhoneTaken
    );
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
