//! Random pairs of sides: every difference is found exactly once, none that is not there, whatever the lists do.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::pretender::Mischief;
use super::scene::{Case, Scene, window};
use crate::report::{Handling, Kind, Report};
use crate::window::{slices, widened};
use domain::payment::provider::Provider;

/// What a report says of each payment, in an order of its own.
pub fn said(report: &Report) -> Vec<(u128, Kind, Handling)> {
    let number = |id: &str| id.rsplit('-').next().unwrap().parse::<u128>().unwrap();
    let mut said: Vec<_> = report
        .lines
        .iter()
        .map(|line| (number(line.provider_id.as_deref().unwrap()), line.kind, line.done))
        .collect();
    said.sort_unstable();
    said
}

fn owed(cases: &[Case], second: bool) -> Vec<(u128, Kind, Handling)> {
    let of = |(number, case): (usize, &Case)| {
        let (first, again) = case.owed();
        let owed = if second { again } else { first };
        owed.map(|(kind, done)| (number as u128, kind, done))
    };
    let mut owed: Vec<_> = cases.iter().enumerate().filter_map(of).collect();
    owed.sort_unstable();
    owed
}

fn scene(cases: &[Case], minutes: &[i64], skews: &[i64], mischief: Mischief, slice_minutes: i64) -> Scene {
    let mut scene = Scene::new();
    scene.theirs.mischief = mischief;
    scene.limits.rows = u32::try_from(mischief.page).unwrap();
    scene.limits.slice = SignedDuration::from_mins(slice_minutes);
    for (number, case) in cases.iter().enumerate() {
        let minute = minutes[number % minutes.len()];
        let skew = skews[number % skews.len()];
        let at = window().from + SignedDuration::from_mins(minute);
        scene.add(number as u128, *case, at, SignedDuration::from_secs(skew));
    }
    scene
}

fn sides() -> impl Strategy<Value = (Vec<Case>, Vec<i64>, Vec<i64>, Mischief, i64)> {
    between(Case::ALL.to_vec())
}

/// Some of these cases, at some minutes of the day, by clocks up to five minutes apart, in odd lists and pieces.
pub fn between<C: Clone + std::fmt::Debug + 'static>(
    cases: Vec<C>,
) -> impl Strategy<Value = (Vec<C>, Vec<i64>, Vec<i64>, Mischief, i64)> {
    let mischief = (1..5_usize, 0..3_usize, 0..40_usize).prop_map(|(page, repeats, turned)| Mischief {
        page,
        repeats: repeats.min(page),
        turned,
    });
    (
        proptest::collection::vec(proptest::sample::select(cases), 0..40),
        proptest::collection::vec(0..24 * 60_i64, 1..40),
        proptest::collection::vec(-300..300_i64, 1..40),
        mischief,
        prop_oneof![Just(6 * 60_i64), 7..200_i64],
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_difference_is_found_once_and_only_what_is_left_is_found_again(
        (cases, minutes, skews, mischief, slice) in sides()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let scene = scene(&cases, &minutes, &skews, mischief, slice);
            let first = scene.compare().await;
            prop_assert_eq!(said(&first), owed(&cases, false));
            prop_assert_eq!(&first.gaps, &vec![]);
            let second = scene.compare().await;
            prop_assert_eq!(said(&second), owed(&cases, true));
            let left = u32::try_from(second.lines.len()).unwrap();
            prop_assert_eq!((second.differences, second.mended), (left, 0));
            Ok(())
        })?;
    }

    #[test]
    fn a_list_that_repeats_and_shuffles_itself_says_the_same(
        (cases, minutes, skews, mischief, slice) in sides()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let plain = Mischief { page: 100, repeats: 0, turned: 0 };
            let orderly = scene(&cases, &minutes, &skews, plain, slice).compare().await;
            let messy = scene(&cases, &minutes, &skews, mischief, slice).compare().await;
            prop_assert_eq!(said(&orderly), said(&messy));
            Ok(())
        })?;
    }

    #[test]
    fn without_lists_everything_of_ours_is_found_too((cases, minutes, skews, mischief, slice) in sides()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut scene = scene(&cases, &minutes, &skews, mischief, slice);
            scene.theirs.has_lists = false;
            scene.theirs.name = Provider::Tbank;
            let found = scene.compare().await;
            let shown = |case: &Case| match case {
                // What nobody here asked for cannot be asked for.
                Case::Foreign | Case::NobodysReference => None,
                // Its refund has no object of its own; the payment's sum tells.
                Case::RefundedThere => Some((Kind::PaymentDiffers, Handling::AnomalyOpen)),
                Case::Equal | Case::Unlinked | Case::Missing | Case::NeverSent | Case::OtherSum | Case::Behind | Case::Doubled | Case::HarmlessDouble | Case::RefundedAlike | Case::RefundedHere | Case::RefundBehind => case.owed().0,
            };
            let mut owed: Vec<_> = cases
                .iter()
                .enumerate()
                .filter_map(|(number, case)| shown(case).map(|(kind, done)| (number as u128, kind, done)))
                .collect();
            owed.sort_unstable();
            prop_assert_eq!(said(&found), owed);
            Ok(())
        })?;
    }

    #[test]
    fn pieces_of_time_leave_nothing_out_and_nothing_twice(hours in 1..200_i64, minutes in 1..2_000_i64) {
        let limits = crate::SweepLimits { slice: SignedDuration::from_mins(minutes), ..crate::SweepLimits::default() };
        let mut window = window();
        window.to = window.from + SignedDuration::from_hours(hours);
        let wide = widened(window, &limits);
        let pieces = slices(wide, &limits);
        prop_assert_eq!(pieces.first().map(|piece| piece.from), Some(wide.from));
        prop_assert_eq!(pieces.last().map(|piece| piece.to), Some(wide.to));
        for pair in pieces.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
        let length = SignedDuration::from_mins(minutes);
        prop_assert!(pieces.iter().all(|piece| piece.from < piece.to && piece.to.duration_since(piece.from) <= length));
    }
}
