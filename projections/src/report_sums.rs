//! Sums for reports, behind the workers, so that a report over a long log does not count anew: bookings by the day of their request,
//! payments, earnings and doctors' days by theirs, districts by month.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How many days of each kind one transaction sums.
const DAYS: i32 = 4;
/// How often it is looked whether something happened, and how seldom at the least.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const LOOK_WITHIN: Duration = Duration::from_secs(600);
/// So many times as long as it took to sum, it rests: days of a platform that has much to do take long, and change all the time.
const REST: u32 = 9;

/// Each finds the days to which something happened, sums some of them, and answers how many.
const FUNCTIONS: [&str; 2] = ["select sum_booking_days($1)", "select sum_report_days($1)"];

/// Sums the days that wait; answers how many it were. Where the log is short nothing is summed.
///
/// # Errors
/// When the database cannot be used; what was summed before stays.
pub async fn sum_days(pool: &PgPool) -> Result<i64, sqlx::Error> {
    let mut summed = 0;
    for function in FUNCTIONS {
        loop {
            let some: i32 = sqlx::query_scalar(function).bind(DAYS).fetch_one(pool).await?;
            if some == 0 {
                break;
            }
            summed += i64::from(some);
        }
    }
    Ok(summed)
}

/// Sums now and then, until stopped. Any number of processes may do so.
pub(crate) async fn run(pool: PgPool, stop: CancellationToken) {
    loop {
        let begun_at = Instant::now();
        let summed = tokio::select! {
            () = stop.cancelled() => return,
            summed = sum_days(&pool) => summed,
        };
        if let Err(error) = summed {
            warn!(
                error = &error as &dyn std::error::Error,
                "the sums for reports are behind: reports show what was summed before"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(rest(begun_at.elapsed())) => {}
        }
    }
}

/// How long to rest after summing for so long.
fn rest(took: Duration) -> Duration {
    took.saturating_mul(REST).clamp(LOOK_EVERY, LOOK_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_summed_for_long_rests_for_longer() {
        let seconds = |took| rest(Duration::from_secs(took)).as_secs();
        assert_eq!([0, 6, 7, 20, 600].map(seconds), [60, 60, 63, 180, 600]);
    }
}
