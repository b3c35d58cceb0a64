//! The vault gives back what was sealed, proves it unchanged, and forgets without a trace.

use domain::ids::{AccountId, PrivateId};
use domain::people::PrivateRef;
use identity::IdentityError;
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

async fn sealed(
    fixture: &TestIdentity,
    kind: &'static str,
    subject: AccountId,
    body: serde_json::Value,
    id: PrivateId,
) -> (Sealed, PrivateRef) {
    vault::seal(&fixture.people, kind, subject, body, id)
        .await
        .unwrap()
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
    let (row, reference) = sealed(&fixture, "booking_details", subject, body.clone(), id(1)).await;
    write(&fixture, &row).await;
    let opened = vault::open(&fixture.people, &[id(1), id(2)]).await.unwrap();
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
async fn what_is_stored_shows_nothing_of_it_but_a_coarse_place() {
    let fixture = TestIdentity::new().await;
    let subject = AccountId::from_uuid(Uuid::from_u128(7));
    let body = json!({"address": "Zqstreet 1", "latitude": "55.771177", "longitude": "37.661166"});
    let (row, reference) = sealed(&fixture, "visit_details", subject, body.clone(), id(1)).await;
    write(&fixture, &row).await;
    let stored = row.body.as_object().unwrap();
    assert_eq!(
        (&stored["south"], &stored["west"]),
        (&json!("55.75"), &json!("37.60"))
    );
    assert_eq!(stored.len(), 3, "{stored:?}");
    assert!(
        row.salt.is_empty(),
        "with the salt a short body could be guessed from its digest"
    );
    let (again, other) = sealed(&fixture, "visit_details", subject, body, id(1)).await;
    assert_ne!(reference.digest, other.digest);
    assert_ne!(row.body, again.body);
}

#[tokio::test]
async fn a_row_changed_or_moved_behind_our_back_does_not_open() {
    let fixture = TestIdentity::new().await;
    let (subject, stranger) = (
        AccountId::from_uuid(Uuid::from_u128(7)),
        AccountId::from_uuid(Uuid::from_u128(8)),
    );
    let (row, reference) = sealed(&fixture, "note", subject, json!({"note": "опоздал"}), id(1)).await;
    let (other, _) = sealed(&fixture, "note", subject, json!({"note": "другое"}), id(2)).await;
    let (foreign, _) = sealed(&fixture, "note", stranger, json!({"note": "чужое"}), id(3)).await;
    for row in [&row, &other, &foreign] {
        write(&fixture, row).await;
    }
    let text = row.body["sealed"].as_str().unwrap();
    let mut cases: Vec<String> = Vec::new();
    // A changed character anywhere, a row of the same person, one of another, another kind, another person, nothing at all.
    for at in (0..text.len() - 2).step_by(7) {
        let mut changed = text.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        cases.push(format!("body = '{{\"sealed\": \"{changed}\"}}'"));
    }
    cases.extend([
        "body = (select body from identity.vault where id = '00000000-0000-0000-0000-000000000002')"
            .to_owned(),
        "body = (select body from identity.vault where id = '00000000-0000-0000-0000-000000000003')"
            .to_owned(),
        "kind = 'account_note'".to_owned(),
        "subject_id = '00000000-0000-0000-0000-000000000008'".to_owned(),
        "body = '{\"sealed\": \"\"}'".to_owned(),
        "body = '{\"sealed\": {}}'".to_owned(),
    ]);
    for change in cases {
        let changed =
            format!("update identity.vault set {change} where id = '00000000-0000-0000-0000-000000000001'");
        sqlx::query(&changed).execute(&fixture.pool).await.unwrap();
        let opened = vault::open(&fixture.people, &[id(1)]).await;
        assert!(
            matches!(opened, Err(IdentityError::Sealing(_))),
            "{change}: {opened:?}"
        );
        sqlx::query("update identity.vault set body = $1, kind = $2, subject_id = $3 where id = $4")
            .bind(&row.body)
            .bind(row.kind)
            .bind(subject.uuid())
            .bind(row.id.uuid())
            .execute(&fixture.pool)
            .await
            .unwrap();
        assert!(vault::open(&fixture.people, &[id(1)]).await.unwrap()[&id(1)].is_what(&reference));
    }
}

#[tokio::test]
async fn without_the_person_s_key_a_row_is_erased() {
    let fixture = TestIdentity::new().await;
    let subject = AccountId::from_uuid(Uuid::from_u128(7));
    let (row, _) = sealed(&fixture, "note", subject, json!({"note": "x"}), id(1)).await;
    write(&fixture, &row).await;
    assert_eq!(vault::open(&fixture.people, &[id(1)]).await.unwrap().len(), 1);
    sqlx::query("delete from identity.data_keys")
        .execute(&fixture.pool)
        .await
        .unwrap();
    assert!(vault::open(&fixture.people, &[id(1)]).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_plain_is_written_any_more() {
    let fixture = TestIdentity::new().await;
    let plain = sqlx::query(
        "insert into identity.vault (id, subject_id, kind, salt, body) \
         values (gen_random_uuid(), gen_random_uuid(), 'note', '', '{\"note\": \"x\"}')",
    );
    let refused = plain.execute(&fixture.pool).await.unwrap_err();
    assert!(refused.to_string().contains("vault_is_sealed"), "{refused}");
}

#[tokio::test]
async fn an_erased_row_is_simply_not_there() {
    let fixture = TestIdentity::new().await;
    let subject = AccountId::from_uuid(Uuid::from_u128(7));
    let (row, _) = sealed(&fixture, "note", subject, json!({"note": "x"}), id(1)).await;
    write(&fixture, &row).await;
    sqlx::query("delete from identity.vault where subject_id = $1")
        .bind(subject.uuid())
        .execute(&fixture.pool)
        .await
        .unwrap();
    assert!(vault::open(&fixture.people, &[id(1)]).await.unwrap().is_empty());
    assert!(vault::open(&fixture.people, &[]).await.unwrap().is_empty());
}
