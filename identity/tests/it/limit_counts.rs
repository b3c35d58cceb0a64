//! What is limited by the hour: counted together, evenly, and forgotten.

use identity::CountLimit;
use jiff::SignedDuration;

use crate::kit::{TestIdentity, at};

const THREE_AN_HOUR: CountLimit = CountLimit {
    most: 3,
    within: SignedDuration::from_hours(1),
};

#[tokio::test]
async fn so_many_at_once_and_then_one_at_a_time() {
    let fixture = TestIdentity::new().await;
    let one_more = async |key: u8, second: i64| {
        let counted = fixture
            .people
            .count_one([key; 16], THREE_AN_HOUR, at(second))
            .await;
        counted.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(one_more(1, 0).await, None);
    }
    assert_eq!(one_more(1, 0).await, Some(at(1_200)));
    assert_eq!(one_more(1, 1_199).await, Some(at(1_200)));
    // Nobody else is touched by it.
    assert_eq!(one_more(2, 0).await, None);
    assert_eq!(one_more(1, 1_200).await, None);
    assert_eq!(one_more(1, 1_200).await, Some(at(2_400)));
}

#[tokio::test]
async fn of_many_at_the_same_moment_no_more_get_through() {
    let fixture = TestIdentity::new().await;
    let one = || fixture.people.count_one([1; 16], THREE_AN_HOUR, at(0));
    let answers = tokio::join!(one(), one(), one(), one(), one(), one());
    let answers = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5];
    let admitted = answers.into_iter().filter(|answer| matches!(answer, Ok(None)));
    assert_eq!(admitted.count(), 3);
}

#[tokio::test]
async fn rows_that_count_nothing_any_more_are_taken_away() {
    let fixture = TestIdentity::new().await;
    for key in 0..9 {
        fixture
            .people
            .count_one([key; 16], THREE_AN_HOUR, at(0))
            .await
            .unwrap();
    }
    for key in 100..103 {
        let late = at(24 * 3_600);
        fixture
            .people
            .count_one([key; 16], THREE_AN_HOUR, late)
            .await
            .unwrap();
    }
    let left: i64 = sqlx::query_scalar("select count(*) from identity.limit_counts")
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert_eq!(left, 3);
}
