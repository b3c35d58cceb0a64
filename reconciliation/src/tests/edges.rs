//! Edges of windows, providers that fall silent, operators who have settled things.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::payment::anomaly::Resolution;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::scene::{Case, Scene, window};
use crate::report::{Handling, Kind};
use crate::sweep::SweepError;

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

#[tokio::test]
async fn case_24_clock_skew_and_list_window_borders() {
    let (from, to) = (window().from, window().to);
    let second = SignedDuration::from_secs(1);
    let mut scene = Scene::new();
    // By their clock before the window, by ours within it, and the other way round; at the edges of pieces too.
    for (number, (at, skew)) in [
        (from, -5),
        (from - second, 5),
        (to - second, 5),
        (to, -5),
        (from + minutes(5 * 60), -5),
        (from + minutes(5 * 60 - 1), 5),
        (from + minutes(11 * 60), -5),
    ]
    .into_iter()
    .enumerate()
    {
        scene.add(number as u128, Case::Equal, at, minutes(skew));
    }
    let report = scene.compare().await;
    assert_eq!((report.lines, report.gaps), (vec![], vec![]));
    // Beyond every overlap it is asked for by its id.
    scene.add(100, Case::Equal, to - second, minutes(23 * 60));
    scene.add(101, Case::Equal, from, minutes(-23 * 60));
    scene.add(102, Case::Behind, to - second, minutes(23 * 60));
    let report = scene.compare().await;
    let said: Vec<_> = report.lines.iter().map(|line| (line.kind, line.done)).collect();
    assert_eq!(said, [(Kind::PaymentDiffers, Handling::Recorded)]);
}

#[tokio::test]
async fn a_provider_that_falls_silent_leaves_gaps_and_no_false_alarm() {
    for answers in 0..14 {
        let mut scene = Scene::new();
        for number in 0..12_u128 {
            let at = window().from + minutes(i64::try_from(number).unwrap() * 110);
            let case = if number % 3 == 0 {
                Case::Unlinked
            } else {
                Case::Equal
            };
            scene.add(number, case, at, minutes(1));
        }
        scene.add(50, Case::Missing, window().from + minutes(700), minutes(0));
        scene.theirs.answers_max = AtomicU32::new(answers);
        let broken = scene.compare().await;
        assert!(!broken.gaps.is_empty(), "{answers} answers");
        assert!(
            broken.lines.iter().all(|line| line.kind == Kind::UnlinkedPayment),
            "{answers} answers: {broken:#?}"
        );
        assert!(broken.gaps.iter().all(|gap| gap.from < gap.to), "{broken:#?}");
        // It answers again: what was left over is done, what was done is not done twice.
        scene.theirs.answers_max.store(u32::MAX, Ordering::SeqCst);
        let whole = scene.compare().await;
        assert_eq!((whole.gaps.len(), whole.differences), (0, 1), "{answers} answers");
        assert_eq!(broken.mended + whole.mended, 4, "{answers} answers");
    }
}

#[tokio::test]
async fn one_that_is_silent_throughout_is_soon_left_alone_and_the_whole_window_is_told() {
    let scene = Scene::new();
    scene.theirs.answers_max.store(0, Ordering::SeqCst);
    let report = scene.compare().await;
    let of = |what: &str| {
        let gaps = report.gaps.iter().filter(|gap| gap.what == what);
        (
            gaps.clone().map(|gap| gap.from).min(),
            gaps.map(|gap| gap.to).max(),
        )
    };
    for what in ["payments", "refunds", "payouts"] {
        assert_eq!(of(what), (Some(report.read_from), Some(report.read_to)), "{what}");
    }
}

#[tokio::test]
async fn one_that_wants_to_be_asked_later_is() {
    let mut scene = Scene::new();
    scene.add(1, Case::Behind, window().from, minutes(1));
    scene.theirs.throttles = AtomicU32::new(scene.limits.waits_max);
    let report = scene.compare().await;
    assert_eq!((report.gaps.len(), report.mended), (0, 1));
}

#[tokio::test]
async fn what_an_operator_has_settled_is_no_difference_until_it_changes() {
    let mut scene = Scene::new();
    scene.add(1, Case::RefundedThere, window().from + minutes(60), minutes(1));
    scene.add(2, Case::OtherSum, window().from + minutes(61), minutes(1));
    let report = scene.compare().await;
    assert_eq!((report.differences, report.settled), (2, 0));
    scene.ours.settle_all(Resolution::SettledByHand);
    let report = scene.compare().await;
    assert_eq!((report.differences, report.settled), (0, 2));
    // More goes back behind our backs: a new difference.
    scene.theirs.payments[0].refunded = Some(super::scene::PRICE);
    let report = scene.compare().await;
    assert_eq!((report.differences, report.settled), (1, 1));
}

#[tokio::test]
async fn a_report_lists_so_many_lines_and_counts_all() {
    let mut scene = Scene::new();
    scene.limits.lines_max = 3;
    for number in 0..7 {
        scene.add(number, Case::Foreign, window().from + minutes(5), minutes(0));
    }
    let report = scene.compare().await;
    assert_eq!(
        (report.lines.len(), report.not_listed, report.differences),
        (3, 4, 7)
    );
}

#[tokio::test]
async fn one_that_is_stopped_says_nothing() {
    let stop = CancellationToken::new();
    stop.cancel();
    let ended = Scene::new().try_compare(&stop).await;
    assert!(matches!(ended, Err(SweepError::Stopped)));
}
