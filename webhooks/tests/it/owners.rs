//! What owners may do with endpoints, and what is theirs.

use domain::ids::AccountId;
use uuid::Uuid;
use webhooks::EventType;
use webhooks::address::{EndpointUrl, Loopback};
use webhooks::endpoints::{
    Change, DeliveriesFilter, DeliveryState, ENDPOINTS_MAX, EndpointError, EndpointRefusal, EndpointScope,
    EndpointsFilter, NewEndpoint, create, deliveries, edit, list, remove, replay, rotate_secret, show,
};

use crate::kit::{CLINIC, Kit, answered};

fn new(owner: Uuid, key: u128) -> NewEndpoint {
    NewEndpoint {
        id: Uuid::from_u128(key),
        owner_id: AccountId::from_uuid(owner),
        clinic_id: None,
        digest: "digest".to_owned(),
        url: EndpointUrl::parse("https://app.example/", Loopback::Refused).unwrap(),
        event_types: vec![EventType::BookingCreated],
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, EndpointError>) -> EndpointRefusal {
    match result {
        Err(EndpointError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_command_makes_one_endpoint_and_another_under_its_key_is_refused() {
    let kit = Kit::open().await;
    let owner = Uuid::new_v4();
    let first = create(&kit.webhooks, &new(owner, 1)).await.unwrap();
    let again = create(&kit.webhooks, &new(owner, 1)).await.unwrap();
    assert_eq!(first.endpoint, again.endpoint);
    assert_eq!(
        first.secret.sign("id", 1, b"body"),
        again.secret.sign("id", 1, b"body")
    );
    let other = NewEndpoint {
        digest: "another".to_owned(),
        ..new(owner, 1)
    };
    assert_eq!(
        refused(create(&kit.webhooks, &other).await),
        EndpointRefusal::KeyReused
    );
}

#[tokio::test]
async fn an_account_has_so_many_endpoints_and_no_more() {
    let kit = Kit::open().await;
    let owner = Uuid::new_v4();
    for key in 1..=ENDPOINTS_MAX {
        create(&kit.webhooks, &new(owner, key.unsigned_abs().into()))
            .await
            .unwrap();
    }
    let one_more = new(owner, 1_000);
    assert_eq!(
        refused(create(&kit.webhooks, &one_more).await),
        EndpointRefusal::TooMany
    );
    create(&kit.webhooks, &new(Uuid::new_v4(), 2_000)).await.unwrap();
    remove(&kit.webhooks.pool, EndpointScope::Of(owner), Uuid::from_u128(1))
        .await
        .unwrap();
    create(&kit.webhooks, &one_more).await.unwrap();
    let all = EndpointsFilter {
        scope: EndpointScope::Of(owner),
        after: None,
        rows: 200,
    };
    let page = list(&kit.webhooks.pool, &all).await.unwrap();
    assert_eq!(i64::try_from(page.len()).unwrap(), ENDPOINTS_MAX);
    let rest = EndpointsFilter {
        after: Some((page[9].created_at, page[9].id)),
        ..all
    };
    assert_eq!(list(&kit.webhooks.pool, &rest).await.unwrap()[0], page[10]);
}

#[tokio::test]
async fn somebody_elses_endpoint_is_not_there() {
    let kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    let (pool, id, somebody) = (&kit.webhooks.pool, endpoint.id, EndpointScope::Of(Uuid::new_v4()));
    assert_eq!(refused(show(pool, somebody, id).await), EndpointRefusal::NotFound);
    assert_eq!(
        refused(edit(pool, somebody, id, &Change::default()).await),
        EndpointRefusal::NotFound
    );
    assert_eq!(
        refused(remove(pool, somebody, id).await),
        EndpointRefusal::NotFound
    );
    assert_eq!(
        refused(replay(pool, somebody, id, 0).await),
        EndpointRefusal::NotFound
    );
    assert_eq!(
        refused(rotate_secret(&kit.webhooks, somebody, id, Uuid::new_v4()).await),
        EndpointRefusal::NotFound
    );
    let owner = EndpointScope::Of(endpoint.owner_id);
    assert_eq!(
        show(pool, owner, id).await.unwrap(),
        show(pool, EndpointScope::Everybodys, id).await.unwrap()
    );
}

#[tokio::test]
async fn a_deleted_endpoint_is_gone_with_its_secret_and_soon_with_its_deliveries() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    kit.visit(Uuid::new_v4(), 3, CLINIC).await;
    kit.fan_out_all().await;
    remove(&kit.webhooks.pool, EndpointScope::Everybodys, endpoint.id)
        .await
        .unwrap();
    let secrets: i64 = sqlx::query_scalar(
        "select count(*) from webhooks.endpoints where length(secret) > 0 or due_at is not null",
    )
    .fetch_one(&mut kit.owner)
    .await
    .unwrap();
    assert_eq!(secrets, 0);
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.deliver().await;
    assert_eq!(kit.receivers.of("all").len(), 0);
    let stop = tokio_util::sync::CancellationToken::new();
    let keeping = webhooks::keep_deliveries(
        kit.webhooks.pool.clone(),
        webhooks::KeepOptions::default(),
        stop.clone(),
    );
    let gone = async {
        loop {
            let left: i64 = sqlx::query_scalar("select (select count(*) from webhooks.deliveries) + (select count(*) from webhooks.endpoints)")
                .fetch_one(&mut kit.owner)
                .await
                .unwrap();
            if left == 0 {
                stop.cancel();
                break;
            }
        }
    };
    let both = async { tokio::join!(keeping, gone) };
    tokio::time::timeout(std::time::Duration::from_secs(20), both)
        .await
        .unwrap();
}

#[tokio::test]
async fn deliveries_are_listed_the_latest_first_and_filtered() {
    let mut kit = Kit::open().await;
    let endpoint = kit.everything("all").await;
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    kit.visit(one, 2, CLINIC).await;
    kit.deliver().await;
    kit.receivers.set("all", |_| answered(500));
    kit.visit(other, 2, CLINIC).await;
    kit.deliver().await;
    let every = DeliveriesFilter {
        state: None,
        event_type: None,
        booking_id: None,
        after: None,
        rows: 100,
    };
    let asked = async |filter: DeliveriesFilter<'_>| -> Vec<i64> {
        let found = deliveries(
            &kit.webhooks.pool,
            EndpointScope::Everybodys,
            endpoint.id,
            &filter,
        )
        .await
        .unwrap();
        found.iter().map(|one| one.position).collect()
    };
    assert_eq!(asked(every).await, [4, 3, 2, 1]);
    let waiting = DeliveriesFilter {
        state: Some(DeliveryState::Waiting),
        ..every
    };
    let secured = DeliveriesFilter {
        event_type: Some("booking.secured"),
        ..every
    };
    let of_one = DeliveriesFilter {
        booking_id: Some(one),
        ..every
    };
    for (filter, found) in [(waiting, [4, 3]), (secured, [4, 2]), (of_one, [2, 1])] {
        assert_eq!(asked(filter).await, found);
    }
    let first = deliveries(
        &kit.webhooks.pool,
        EndpointScope::Everybodys,
        endpoint.id,
        &DeliveriesFilter { rows: 2, ..every },
    )
    .await
    .unwrap();
    let last = first.last().unwrap();
    assert_eq!(
        (last.attempts, last.http_status, last.failure.as_deref()),
        (1, Some(500), Some("status"))
    );
    assert!(last.due_at.is_some() && last.delivered_at.is_none());
    assert_eq!(
        asked(DeliveriesFilter {
            after: Some((last.queued_at, last.position)),
            ..every
        })
        .await,
        [2, 1]
    );
}
