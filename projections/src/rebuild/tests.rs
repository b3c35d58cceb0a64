//! A rebuilt generation equals the live one, also when the rebuild was killed on the way.

use event_store::generations::{Flip, RebuildOptions};
use event_store::{SHARDS, parking, shard_of};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bookings::query::one::for_staff;
use crate::freshness::{Freshness, SINGLE_READ_WAIT_MAX, wait_read_after, wait_shard};
use crate::kit::bookings::{Bookings, Step};
use crate::kit::days::Days;
use crate::kit::payouts::PayoutsLived;
use crate::kit::test_log::TestLog;
use crate::status::{ModelState, overview};
use crate::{Model, rebuild};

/// The tables of a model.
async fn tables(fixture: &TestLog, model: Model) -> Vec<String> {
    sqlx::query_scalar("select table_name from model_tables where model = $1 order by 1")
        .bind(model.name())
        .fetch_all(&fixture.models.pool)
        .await
        .unwrap()
}

/// The same varied steps in every run.
pub(crate) fn steps(count: u32) -> Vec<Step> {
    let scattered = |number: u32| number.wrapping_mul(2_654_435_761).to_be_bytes();
    let step = |number: u32| {
        let [what, which, high, low] = scattered(number + 1);
        // Every other step is about money.
        let what = if number.is_multiple_of(2) {
            4 + what % 11
        } else {
            what % 28
        };
        (what, which, u16::from_be_bytes([high, low]))
    };
    (0..count).map(step).collect()
}

async fn lived() -> TestLog {
    let fixture = TestLog::open().await;
    fixture.append(&Bookings::lived(&steps(600)).history.facts).await;
    fixture.append(&Days::lived(&steps(1_200)).history.facts).await;
    fixture
        .append(&PayoutsLived::lived(&steps(120)).history.facts)
        .await;
    fixture
}

async fn live(fixture: &TestLog, model: Model) -> ModelState {
    let states = overview(&fixture.models.pool).await.unwrap();
    states
        .into_iter()
        .find(|state| state.model == model.name() && state.state == "live")
        .expect("a live generation")
}

#[tokio::test]
async fn a_rebuilt_generation_equals_the_live_one() {
    let fixture = lived().await;
    fixture.drain().await;
    let owner = sqlx::PgPool::connect_lazy(fixture.database.test.owner_url()).unwrap();
    for model in Model::ALL {
        let before = live(&fixture, model).await;
        assert_eq!(
            (before.generation, before.lag, before.parked),
            (1, 0, 0),
            "{}",
            model.name()
        );
        let stop = CancellationToken::new();
        let reports = std::sync::atomic::AtomicUsize::new(0);
        let options = RebuildOptions {
            batch_max: 7,
            ..RebuildOptions::default()
        };
        let rebuilt = rebuild::run(fixture.log(), model, options, false, &stop, |progress| {
            assert!(progress.done <= progress.total);
            reports.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
        .await
        .unwrap();
        assert_eq!(rebuilt.flip, Flip::Done { retired: Some(1) });
        assert_eq!(rebuilt.progress.done, before.head);
        assert!(reports.into_inner() > 0);
        assert_eq!(live(&fixture, model).await.generation, 2);
        let tables = tables(&fixture, model).await;
        for table in &tables {
            let rows = fixture.database.rows(table, 1).await;
            assert!(rows.len() > 5, "{table} holds something to compare");
            assert_eq!(fixture.database.rows(table, 2).await, rows, "{table}");
        }
        assert_eq!(rebuild::drop_retired(&owner, model).await.unwrap(), [1]);
        assert_eq!(fixture.database.rows(&tables[0], 1).await, [""; 0]);
    }
}

/// Nobody fills it any more, so it falls behind for ever: that is no lag.
#[tokio::test]
async fn a_retired_generation_has_no_lag() {
    let fixture = TestLog::open().await;
    let facts = Bookings::lived(&steps(200)).history.facts;
    let (before, after) = facts.split_at(facts.len() / 2);
    fixture.append(before).await;
    fixture.drain().await;
    let stop = CancellationToken::new();
    rebuild::run(
        fixture.log(),
        Model::Payouts,
        RebuildOptions::default(),
        false,
        &stop,
        |_| {},
    )
    .await
    .unwrap();
    fixture.append(after).await;
    let states = overview(&fixture.models.pool).await.unwrap();
    let lags = |of: &str| -> Vec<(i64, i64)> {
        let of_state = states.iter().filter(|state| state.state == of);
        of_state.map(|state| (state.lag, state.lag_ms)).collect()
    };
    assert_eq!(lags("retired"), [(0, 0)]);
    assert!(lags("live").iter().all(|(lag, _)| *lag > 0));
}

#[tokio::test]
async fn a_rebuild_that_was_killed_goes_on_where_it_was() {
    let fixture = lived().await;
    fixture.drain().await;
    let options = RebuildOptions {
        batch_max: 3,
        ..RebuildOptions::default()
    };
    let begun = rebuild::start(fixture.log(), Model::Bookings, options.clone())
        .await
        .unwrap();
    let mut applied = 0;
    for shard in 0..SHARDS / 2 {
        applied += begun.step(shard).await.unwrap().applied;
    }
    assert!(applied > 0);
    drop(begun); // Nothing of it is in memory only.

    let again = rebuild::resume(fixture.log(), Model::Bookings, options.clone())
        .await
        .unwrap()
        .expect("the begun one");
    let found = rebuild::progress(Model::Bookings, &again).await.unwrap();
    assert_eq!(usize::try_from(found.done).unwrap(), applied);

    // Live facts meanwhile are in both.
    let mut more = Bookings::lived(&steps(600));
    let told = more.history.facts.len();
    (0..40).for_each(|number| more.step((number % 28, number, 77)));
    fixture.append(&more.history.facts[told..]).await;
    fixture.drain().await;

    let rebuilt = rebuild::run(
        fixture.log(),
        Model::Bookings,
        options,
        false,
        &CancellationToken::new(),
        |_| {},
    )
    .await
    .unwrap();
    assert_eq!(rebuilt.generation, 2);
    assert_eq!(rebuilt.flip, Flip::Done { retired: Some(1) });
    let rows = fixture.database.rows("bookings", 2).await;
    assert_eq!(rows, fixture.database.rows("bookings", 1).await);
}

#[tokio::test]
async fn a_reader_waits_for_its_own_write_but_not_for_ever() {
    let fixture = TestLog::open().await;
    let world = Bookings::lived(&[]);
    let position = fixture.append(&world.history.facts).await;
    let (booking, _) = world.bookings[0];
    let key = booking.to_string();

    // Nobody works: the wait ends by itself and says so.
    let stale = wait_shard(&fixture.models, Model::Bookings, &key, SINGLE_READ_WAIT_MAX)
        .await
        .unwrap();
    let first = world
        .history
        .facts
        .iter()
        .position(|fact| fact.shard == shard_of(&key));
    let before = first.and_then(|place| i64::try_from(place).ok());
    assert_eq!((stale.freshness, Some(stale.as_of)), (Freshness::Stale, before));
    assert_eq!(for_staff(&fixture.models.pool, booking).await.unwrap(), None);

    let stop = CancellationToken::new();
    let mut working = JoinSet::new();
    let options = event_store::WorkerOptions::default();
    working.spawn(crate::runner::run(
        fixture.log().clone(),
        None,
        options,
        stop.clone(),
    ));
    for model in Model::ALL {
        assert_eq!(
            wait_read_after(&fixture.models, model, position).await.unwrap(),
            Freshness::Fresh
        );
    }
    let fresh = wait_shard(&fixture.models, Model::Bookings, &key, SINGLE_READ_WAIT_MAX)
        .await
        .unwrap();
    assert_eq!((fresh.freshness, fresh.as_of), (Freshness::Fresh, position));
    assert!(for_staff(&fixture.models.pool, booking).await.unwrap().is_some());
    stop.cancel();
    working.join_all().await;
}

#[tokio::test]
async fn poison_parks_its_booking_alone_and_the_overview_shows_it() {
    let fixture = TestLog::open().await;
    // The facts of a booking whose request was lost: lawful one by one, senseless together.
    let lost = Bookings::lived(&[(4, 0, 2), (7, 0, 0), (15, 0, 1)]);
    fixture.append(&lost.history.facts[1..]).await;
    let mut well = Bookings::lived(&[]);
    well.request(domain::booking::events::CallType::Urgent, 1, 0);
    let told = &well.history.facts[1..];
    fixture.append(told).await;
    let options = event_store::WorkerOptions {
        pause: std::time::Duration::ZERO,
        ..Default::default()
    };
    let mut worker =
        event_store::Worker::new(fixture.log().clone(), None, Model::Bookings.consumer(), options);
    worker.register().await.unwrap();
    while !worker.step().await.unwrap().quiet {}

    let parked = parking::list(&fixture.models.pool, Some(Model::Bookings.name()))
        .await
        .unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].partition_key, lost.bookings[0].0.to_string());
    assert!(
        parked[0].reason.contains("never asked for"),
        "{}",
        parked[0].reason
    );
    let state = live(&fixture, Model::Bookings).await;
    assert_eq!((state.parked, state.lag), (1, 0));
    assert!(
        for_staff(&fixture.models.pool, well.bookings[1].0)
            .await
            .unwrap()
            .is_some(),
        "others go on"
    );
}
