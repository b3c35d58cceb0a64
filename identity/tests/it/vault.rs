//! The vault gives back what was sealed, proves it unchanged, and forgets without a trace.

use domain::ids::{AccountId, PrivateId};
use identity::vault::{self, Sealed};
use serde_json::json;
use uuid::Uuid;

use crate::kit::TestIdentity;

/// The very insert of the log's append function.
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

fn id(number: u128) -> PrivateId {
    PrivateId::from_uuid(Uuid::from_u128(number))
}

#[tokio::test]
async fn what_was_sealed_opens_and_fits_its_digest() {
    let fixture = TestIdentity::new().await;
    let subject = AccountId::from_uuid(Uuid::from_u128(7));
    let body = json!({
        "symptoms": "Температура 38,5 \"и кашель\"\nдва дня 🤒",
        "address": {"street": "ул. Мира", "house": 1, "a": null, "flat": "12\\3"},
        "latitude": "55.751244", "empty": [], "list": [3, 1, {"b": true, "a": -9_007_199_254_740_993_i64}],
    });
    let (row, reference) = vault::seal("booking_details", subject, body.clone(), id(1));
    write(&fixture, &row).await;
    let opened = vault::open(&fixture.pool, &[id(1), id(2)]).await.unwrap();
    assert_eq!(opened.len(), 1);
    let opened = &opened[&id(1)];
    assert_eq!(
        (opened.subject_id, opened.kind.as_str(), &opened.body),
        (subject, "booking_details", &body)
    );
    assert_eq!((reference.id, reference.digest.len()), (id(1), 64));
    assert!(
        opened.is_what(&reference),
        "jsonb reorders members; the digest may not depend on their order"
    );
}

#[tokio::test]
async fn a_row_changed_behind_our_back_no_longer_fits() {
    let fixture = TestIdentity::new().await;
    let subject = AccountId::from_uuid(Uuid::from_u128(7));
    let (row, reference) = vault::seal("note", subject, json!({"note": "опоздал"}), id(1));
    write(&fixture, &row).await;
    for change in ["body = '{\"note\": \"не опоздал\"}'", "salt = '\\x00'"] {
        let mut tx = fixture.pool.begin().await.unwrap();
        sqlx::query(&format!("update identity.vault set {change}"))
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let opened = vault::open(&fixture.pool, &[id(1)]).await.unwrap();
        assert!(!opened[&id(1)].is_what(&reference), "{change}");
        sqlx::query("update identity.vault set body = $1, salt = $2")
            .bind(&row.body)
            .bind(&row.salt)
            .execute(&fixture.pool)
            .await
            .unwrap();
        assert!(vault::open(&fixture.pool, &[id(1)]).await.unwrap()[&id(1)].is_what(&reference));
    }
}

#[tokio::test]
async fn an_erased_row_is_simply_not_there() {
    let fixture = TestIdentity::new().await;
    let subject = AccountId::from_uuid(Uuid::from_u128(7));
    let (row, _) = vault::seal("note", subject, json!({"note": "x"}), id(1));
    write(&fixture, &row).await;
    sqlx::query("delete from identity.vault where subject_id = $1")
        .bind(subject.uuid())
        .execute(&fixture.pool)
        .await
        .unwrap();
    assert!(vault::open(&fixture.pool, &[id(1)]).await.unwrap().is_empty());
    assert!(vault::open(&fixture.pool, &[]).await.unwrap().is_empty());
}
