//! Payments through a storm: providers that lose replies, fail, brake and repeat themselves, notices
//! that are doubled, delayed, swapped, lost and forged, roles of ours killed at random, a log that becomes another, clinics
//! that try what is not theirs, doctors who are replaced, refunds in pairs, and clocks that jump past every deadline. When it is over, our books are the providers' books.
//!
//! Everything that is decided is decided by one seed, which is printed: `TOT_STORM_SEED=… ` plays the same storm again,
//! `TOT_STORM_BOOKINGS=…` a longer one; `make storm` asks for more than two thousand payments. How the pieces interleave is the machine's.

mod life;
mod people;
mod plan;
mod verdict;
mod weather;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures::StreamExt;
use futures::future::join3;

use crate::money::stand::{Stand, Wanted};
use crate::storm::life::Life;
use crate::storm::people::People;
use crate::storm::plan::{BOOKINGS, PER_WAVE, Seed};

/// Lives that are lived side by side.
const SIDE_BY_SIDE: usize = 40;
/// What happens to the clocks after each wave, in seconds: past `pay_by`; past the life of an unpaid payment; past the end
/// of the first holds and into the hours in which the later ones are kept; past the end of everything that is left.
const JUMPS: [i64; 4] = [16 * 60, 25 * 3_600, 6 * 86_400 + 23 * 3_600, 4 * 3_600];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alone_payments_survive_a_storm_and_every_kopeck_is_found() {
    let (seed, bookings) = (Seed::of_environment(), number("TOT_STORM_BOOKINGS", BOOKINGS));
    let settings = weather::settings(seed);
    println!(
        "TOT_STORM_SEED={seed} TOT_STORM_BOOKINGS={bookings} {}",
        settings["unsettled"]
    );
    let mut stand = Stand::with(Wanted {
        earning_rest_hours: 0,
        variables: weather::hurried(),
        settings,
        private: true,
        split: true,
    })
    .await;
    let begun = stand.scene.platform.now().await;
    let mut people = People::gather(&stand, bookings.min(PER_WAVE)).await;
    let mut lives: Vec<Life> = Vec::new();
    let waves = bookings.div_ceil(PER_WAVE);
    for wave in 0..waves {
        let since = Instant::now();
        people.open_days(&stand).await;
        let plans = plan::wave(seed, wave, PER_WAVE.min(bookings - wave * PER_WAVE));
        let over = AtomicBool::new(false);
        let lived = async {
            let lived = futures::stream::iter(plans)
                .map(|plan| life::live(&people, plan))
                .buffer_unordered(SIDE_BY_SIDE)
                .collect::<Vec<_>>()
                .await;
            over.store(true, Ordering::Relaxed);
            lived
        };
        let control = stand.control.clone();
        let (lived, hits, kills) = join3(
            lived,
            weather::blow(&control, seed, wave, &over),
            weather::kill(&mut stand.scene.platform, seed, wave, &over),
        )
        .await;
        println!(
            "wave {wave}: {} lives, {hits} faults scripted, {kills} roles killed, {:?}",
            lived.len(),
            since.elapsed()
        );
        weather::restore(&mut stand.scene.platform).await;
        weather::calm(&stand).await;
        lives.extend(lived);
        // A long jump would leap over the visits' own day; after a short one latecomers still find their slots.
        let jump = JUMPS[wave % JUMPS.len()];
        let visits_first = jump > 3_600;
        if visits_first {
            (stand, people) = life::visits(stand, people, &lives, wave).await;
        }
        stand = stand.later(jump).await;
        people = people.again(&stand).await;
        life::latecomers(&lives, wave).await;
        weather::calm(&stand).await;
        if !visits_first {
            (stand, people) = life::visits(stand, people, &lives, wave).await;
        }
    }
    for jump in JUMPS.iter().skip(waves) {
        stand = stand.later(*jump).await;
        weather::calm(&stand).await;
    }
    people = people.again(&stand).await;
    weather::settled(&stand, &[]).await;
    verdict::pronounce(&stand, &people, &lives).await;
    verdict::reconciled(&stand, begun).await;
    stand.finish().await;
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}
