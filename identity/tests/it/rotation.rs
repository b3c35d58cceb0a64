//! The master key changes while people are served, whenever that is stopped in between, and everything opens all along.

use domain::ids::{AccountId, PrivateId};
use identity::keys::master;
use identity::vault::{self, Sealed};
use identity::{
    IdentityError, MasterKeyError, MasterKeys, People, PeopleOptions, RotationProgress, TokenKeys,
};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::{TestIdentity, at, email, patient};

/// People with a key: more than one batch.
const PEOPLE: u128 = 2_500;

fn subject(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

/// A process that was started now, with the file of master keys as it is.
fn process(fixture: &TestIdentity) -> People {
    let keys = MasterKeys::load(&fixture.folder.master_file()).unwrap();
    People::new(
        fixture.pool.clone(),
        TokenKeys::none(),
        keys,
        PeopleOptions::new(""),
    )
}

async fn sealed(people: &People, number: u128) -> Sealed {
    let id = PrivateId::from_uuid(Uuid::from_u128(number));
    let body = json!({"note": number.to_string()});
    let (row, _) = vault::seal(people, "note", subject(number), body, id)
        .await
        .unwrap();
    row
}

async fn write(fixture: &TestIdentity, row: &Sealed) {
    sqlx::query("insert into identity.vault (id, subject_id, kind, salt, body) values ($1, $2, $3, $4, $5)")
        .bind(row.id.uuid())
        .bind(row.subject_id.uuid())
        .bind(row.kind)
        .bind(&row.salt)
        .bind(&row.body)
        .execute(&fixture.pool)
        .await
        .unwrap();
}

async fn opens(people: &People, number: u128) {
    let id = PrivateId::from_uuid(Uuid::from_u128(number));
    let opened = vault::open(people, &[id]).await.unwrap();
    assert_eq!(opened[&id].body, json!({"note": number.to_string()}));
}

#[tokio::test]
async fn keys_are_sealed_anew_beside_a_running_platform_whenever_it_is_stopped() {
    let fixture = TestIdentity::new().await;
    let file = fixture.folder.master_file();
    fixture
        .people
        .register(patient("ivan@example.com"), at(0))
        .await
        .unwrap();
    for number in 1..=PEOPLE {
        let row = sealed(&fixture.people, number).await;
        if number <= 3 {
            write(&fixture, &row).await;
        }
    }
    // Everybody's key, the account's, and the one of the blind indices.
    let all = u64::try_from(PEOPLE).unwrap() + 2;
    assert_eq!(fixture.people.versions_in_use().await.unwrap(), [(1, all)].into());

    assert_eq!(master::add(&file).unwrap(), 2);
    let serving = process(&fixture);
    master::seal_with(&file, 2).unwrap();
    let operator = process(&fixture);
    // It dies right after its first batch.
    let mut runs = JoinSet::new();
    let rotating = operator.clone();
    runs.spawn(async move {
        let dies = |progress: RotationProgress| assert_eq!(progress.done, 0, "of {}", progress.of);
        rotating.rotate_master(dies).await
    });
    assert!(runs.join_next().await.unwrap().unwrap_err().is_panic());
    let half = operator.versions_in_use().await.unwrap();
    assert!(half[&1] > 0 && half[&2] > 0, "{half:?}");
    for people in [&serving, &operator] {
        opens(people, 1).await;
        opens(people, 3).await;
    }
    // A process that seals with the version before goes on making keys under it.
    let row = sealed(&serving, PEOPLE + 1).await;
    write(&fixture, &row).await;
    let left = operator.rotate_master(|_| {}).await.unwrap();
    assert_eq!(left, half[&1] + 1);
    assert_eq!(operator.versions_in_use().await.unwrap(), [(2, all + 1)].into());
    assert_eq!(operator.rotate_master(|_| {}).await.unwrap(), 0);
    opens(&serving, PEOPLE + 1).await;

    master::retire(&file, 1).unwrap();
    let after = process(&fixture);
    after.require_opening().await.unwrap();
    for number in [1, 2, 3, PEOPLE + 1] {
        opens(&after, number).await;
    }
    // What people are found by has not changed with it.
    let found = after
        .account_with_email(&email("ivan@example.com"))
        .await
        .unwrap();
    assert!(found.is_some());
    let again = after.register(patient("ivan@example.com"), at(700)).await;
    assert!(matches!(again, Err(IdentityError::Refused(_))));
}

#[tokio::test]
async fn a_missing_version_and_a_foreign_file_are_refused_by_name() {
    let fixture = TestIdentity::new().await;
    let file = fixture.folder.master_file();
    sealed(&fixture.people, 1).await;
    fixture.people.require_opening().await.unwrap();
    master::add(&file).unwrap();
    master::seal_with(&file, 2).unwrap();
    sealed(&process(&fixture), 2).await;
    let refused = fixture.people.rotate_master(|_| {}).await.unwrap_err();
    assert!(
        matches!(refused, IdentityError::Sealing(MasterKeyError::MissingVersion(2))),
        "{refused:?}"
    );
    let refused = fixture.people.require_opening().await.unwrap_err();
    assert!(
        matches!(refused, IdentityError::Sealing(MasterKeyError::MissingVersion(2))),
        "{refused:?}"
    );
    let foreign = fixture.folder.master_file().with_extension("foreign");
    let foreign = MasterKeys::generate(&foreign).unwrap();
    let foreign = People::new(
        fixture.pool.clone(),
        TokenKeys::none(),
        foreign,
        PeopleOptions::new(""),
    );
    let refused = foreign.require_opening().await.unwrap_err();
    assert!(
        matches!(refused, IdentityError::Sealing(MasterKeyError::DoesNotOpen)),
        "{refused:?}"
    );
    let none = People::new(
        fixture.pool.clone(),
        TokenKeys::none(),
        MasterKeys::none(),
        PeopleOptions::new(""),
    );
    let refused = none.rotate_master(|_| {}).await.unwrap_err();
    assert!(
        matches!(refused, IdentityError::Sealing(MasterKeyError::NoKeys)),
        "{refused:?}"
    );
}
