//! Payments through a storm: providers that lose replies, fail, throttle and repeat themselves, notices
//! that are doubled, delayed, swapped, lost and forged, roles of ours killed at random, a log that becomes another, clinics
//! that try what is not theirs, doctors who are replaced, refunds in pairs, and clocks that jump past every deadline. When it is over, our books are the providers' books.
//!
//! Everything that is decided is decided by one seed, which is printed: `TOT_STORM_SEED=… ` plays the same storm again,
//! `TOT_STORM_BOOKINGS=…` a longer one; `make storm` asks for more than two thousand payments. How the pieces interleave is the machine's.

mod anomalies;
mod booking_scenario;
mod fault_schedule;
mod invariants;
mod people;
mod plan;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures::StreamExt;
use futures::future::join3;

use crate::money::provider_fixture::{FixtureOptions, ProviderFixture};
use crate::storm::booking_scenario::BookingScenario;
use crate::storm::people::People;
use crate::storm::plan::{BOOKINGS, PER_WAVE, Seed};

/// Scenarios that are played side by side.
const SIDE_BY_SIDE: usize = 40;
/// What happens to the clocks after each wave, in seconds: past `pay_by`; past the life of an unpaid payment; past the end
/// of the first holds and into the hours in which the later ones are kept; past the end of everything that is left.
const JUMPS: [i64; 4] = [16 * 60, 25 * 3_600, 6 * 86_400 + 23 * 3_600, 4 * 3_600];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alone_payments_survive_a_storm_and_every_kopeck_is_found() {
    let (seed, bookings) = (Seed::of_environment(), number("TOT_STORM_BOOKINGS", BOOKINGS));
    let settings = fault_schedule::settings(seed);
    let unsettled = &settings["unsettled"];
    println!("TOT_STORM_SEED={seed} TOT_STORM_BOOKINGS={bookings} {unsettled}");
    let mut fixture = ProviderFixture::with(FixtureOptions {
        earning_rest_hours: 0,
        variables: fault_schedule::hurried(),
        settings,
        private: true,
        split: true,
    })
    .await;
    let begun = fixture.scene.platform.now().await;
    let mut people = People::gather(&fixture, bookings.min(PER_WAVE)).await;
    let mut scenarios: Vec<BookingScenario> = Vec::new();
    let waves = bookings.div_ceil(PER_WAVE);
    for wave in 0..waves {
        let since = Instant::now();
        people.open_days(&fixture).await;
        let plans = plan::wave(seed, wave, PER_WAVE.min(bookings - wave * PER_WAVE));
        let over = AtomicBool::new(false);
        let lived = async {
            let lived = futures::stream::iter(plans)
                .map(|plan| booking_scenario::play(&people, plan))
                .buffer_unordered(SIDE_BY_SIDE)
                .collect::<Vec<_>>()
                .await;
            over.store(true, Ordering::Relaxed);
            lived
        };
        let control = fixture.control.clone();
        let (lived, hits, kills) = join3(
            lived,
            fault_schedule::inject(&control, seed, wave, &over),
            fault_schedule::kill(&mut fixture.scene.platform, seed, wave, &over),
        )
        .await;
        println!(
            "wave {wave}: {} lives, {hits} faults scripted, {kills} roles killed, {:?}",
            lived.len(),
            since.elapsed()
        );
        fault_schedule::restore(&mut fixture.scene.platform).await;
        fault_schedule::clear(&fixture).await;
        scenarios.extend(lived);
        // A long jump would leap over the visits' own day; after a short one latecomers still find their slots.
        let jump = JUMPS[wave % JUMPS.len()];
        let visits_first = jump > 3_600;
        if visits_first {
            (fixture, people) = booking_scenario::visits(fixture, people, &scenarios, wave).await;
        }
        fixture = fixture.later(jump).await;
        people = people.again(&fixture).await;
        booking_scenario::latecomers(&scenarios, wave).await;
        fault_schedule::clear(&fixture).await;
        if !visits_first {
            (fixture, people) = booking_scenario::visits(fixture, people, &scenarios, wave).await;
        }
    }
    for jump in JUMPS.iter().skip(waves) {
        fixture = fixture.later(*jump).await;
        fault_schedule::clear(&fixture).await;
    }
    people = people.again(&fixture).await;
    fault_schedule::settled(&fixture, &[]).await;
    invariants::check(&fixture, &people, &scenarios).await;
    invariants::reconciled(&fixture, begun).await;
    fixture.finish().await;
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}
