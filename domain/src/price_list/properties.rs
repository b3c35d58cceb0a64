//! Whatever is published when: versions in force only grow with time, and publishing changes no price of the next minutes.

use cqrs_es::Aggregate;
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::price_list::decide::decide;
use crate::price_list::tests::{after, publish};
use crate::price_list::{NOTICE_MINUTES, PriceLists};

/// (version, minutes of notice wished or none, minutes since the one before).
fn publications() -> impl Strategy<Value = Vec<(u32, Option<i64>, i64)>> {
    prop::collection::vec((0u32..12, prop::option::of(-30i64..120), 0i64..40), 1..14)
}

proptest! {
    #[test]
    fn what_is_published_never_changes_the_next_minutes_and_versions_in_force_only_grow(published in publications()) {
        let mut lists = PriceLists::default();
        let mut now = 0;
        for (version, notice, pause) in published {
            now += pause;
            let before = lists.clone();
            let command = publish(version, notice.map(|notice| after(now + notice)), after(now));
            let Ok(facts) = decide(&lists, command) else { continue };
            facts.into_iter().for_each(|fact| lists.apply(fact));
            let tick = SignedDuration::from_nanos(1);
            let soon = after(now + NOTICE_MINUTES) - tick;
            if before.last().is_some() {
                for at in [after(0), after(now), soon] {
                    prop_assert_eq!(lists.in_force(at), before.in_force(at));
                }
            }
        }
        let versions: Vec<u32> = lists.all().iter().map(|list| list.version).collect();
        prop_assert!(versions.is_sorted_by(|one, next| one < next), "{:?}", versions);
        let in_force: Vec<Option<u32>> =
            (-60..700).map(|minute| lists.in_force(after(minute)).map(|list| list.version)).collect();
        prop_assert!(in_force.is_sorted(), "{:?}", in_force);
    }
}
