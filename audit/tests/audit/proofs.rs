//! What is proven of a booking, and that a changed fact proves nothing.

use audit::{AuditError, prove};
use notary::check;
use uuid::Uuid;

use crate::kit::{TestLog, booking_of};

/// A booking that has a payment.
fn booking() -> Uuid {
    let (booking, kind) = booking_of(2);
    assert_eq!(kind, "payment");
    booking
}

#[tokio::test]
async fn a_booking_is_proven_with_its_payments_to_whoever_has_the_key() {
    let mut log = TestLog::open().await;
    log.signed_until(300).await;
    let log_id = log.log_id().await;
    let proof = prove(&mut log.owner, log_id, booking()).await.unwrap();
    let checked = check(proof.to_json().unwrap().as_bytes(), &log.key.public()).unwrap();
    assert_eq!(checked.head.tree_size, 300);
    let streams: Vec<(&str, i64)> = checked
        .streams
        .iter()
        .map(|stream| (stream.aggregate_type.as_str(), stream.last_sequence))
        .collect();
    assert_eq!(streams, [("booking", 5), ("payment", 5)]);
}

#[tokio::test]
async fn what_no_head_covers_or_nobody_booked_is_not_proven() {
    let mut log = TestLog::open().await;
    log.signed_until(62).await;
    log.fill(70).await;
    log.hash(50).await;
    let log_id = log.log_id().await;
    let refused = prove(&mut log.owner, log_id, booking()).await.unwrap_err();
    assert!(
        matches!(
            refused,
            AuditError::NotCovered {
                position: 63,
                signed: 62
            }
        ),
        "{refused:?}"
    );
    let refused = prove(&mut log.owner, log_id, Uuid::nil()).await.unwrap_err();
    assert!(matches!(refused, AuditError::NoSuchBooking(_)), "{refused:?}");
}

#[tokio::test]
async fn a_changed_fact_gets_no_proof() {
    let mut log = TestLog::open().await;
    log.signed_until(300).await;
    log.loosen().await;
    let partition = booking();
    log.run(&format!(
        "update events set payload = '{{}}' where position = (select max(position) from events where partition_key = '{partition}')"
    ))
    .await;
    let log_id = log.log_id().await;
    let refused = prove(&mut log.owner, log_id, partition).await.unwrap_err();
    assert!(matches!(refused, AuditError::ProvesNothing(_)), "{refused:?}");
}

#[tokio::test]
async fn any_two_heads_follow_from_each_other() {
    let mut log = TestLog::open().await;
    for size in [1, 7, 256, 257, 300] {
        log.signed_until(size).await;
    }
    let (log_id, keys) = (log.log_id().await, [log.key.public()]);
    for (first, second) in [(1, 7), (7, 300), (256, 257), (257, 300), (300, 300)] {
        let mut proof = audit::consistency::consistency(&mut log.owner, log_id, (first, second))
            .await
            .unwrap();
        assert_eq!(proof.check(&keys), Ok(()), "{first} to {second}");
        proof.path.push(notary::Hash::ZERO);
        assert!(proof.check(&keys).is_err(), "{first} to {second}");
    }
}

/// The notary got a new key between both heads.
#[tokio::test]
async fn two_heads_by_two_keys_follow_from_each_other_for_whoever_trusts_both() {
    let mut log = TestLog::open().await;
    log.signed_until(7).await;
    let old = log.key.public();
    log.key = notary::PrivateKey::from_seed(&[2; 32]);
    log.signed_until(20).await;
    let (log_id, new) = (log.log_id().await, log.key.public());
    let proof = audit::consistency::consistency(&mut log.owner, log_id, (7, 20))
        .await
        .unwrap();
    assert_eq!(proof.check(&[new, old]), Ok(()));
    assert!(proof.check(&[old]).is_err() && proof.check(&[new]).is_err());
    let heads = audit::heads::latest(&mut log.owner, log_id, 1).await.unwrap();
    assert_eq!(heads, [proof.second]);
}
