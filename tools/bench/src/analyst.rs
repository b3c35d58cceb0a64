//! What an analyst's endless query costs those who book.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::task::JoinHandle;

use crate::platform::PlatformUnderTest;
use crate::report::Samples;

/// How many bookings a second are asked for meanwhile.
const PER_SECOND: u32 = 1_000;
/// Every booking with every other: as good as endless.
const ENDLESS: &str = "select count(*) from analytics.bookings a, analytics.bookings b, analytics.bookings c \
     where a.patient_key <> b.patient_key and b.patient_key <> c.patient_key";

/// Measurements without and with such a query, one after the other: a single pair says more of the machine than of the query.
const PAIRS: u32 = 5;

/// Measures answers and lags at a fixed rate, and the highest rate, without and with such a query, by whoever is a member of
/// `tot_analyst`.
///
/// # Errors
/// When the platform or the database does not answer, and when the query ends too early to mean anything.
pub async fn beside(
    platform: &PlatformUnderTest,
    superuser_url: &str,
    database: &str,
    (connections, span): (usize, Duration),
    samples: &mut Samples,
) -> Result<(), String> {
    for _ in 0..PAIRS {
        let alone = figures(platform, connections, span).await?;
        let query = endless(superuser_url, database, span * 8).await?;
        let beside = figures(platform, connections, span).await?;
        if query.is_finished() {
            return Err("the analyst's query ended before the measurement did".to_owned());
        }
        query.abort();
        for ((figure, alone), (_, beside)) in alone.into_iter().zip(beside) {
            samples.add(figure, beside / alone);
        }
    }
    Ok(())
}

/// By the name of the ratio that is made of it.
async fn figures(
    platform: &PlatformUnderTest,
    connections: usize,
    span: Duration,
) -> Result<[(&'static str, f64); 5], String> {
    let paced = platform.paced(PER_SECOND, span).await?;
    let rate = platform.urgent(connections, span).await?.per_second();
    Ok([
        ("analyst_rate", rate),
        ("analyst_answer_p50", paced.answers.percentile_ms(50)),
        ("analyst_answer_p99", paced.answers.percentile_ms(99)),
        ("analyst_lag_p50", paced.lags.percentile_ms(50)),
        ("analyst_lag_p99", paced.lags.percentile_ms(99)),
    ])
}

/// Starts it, with the rights and the time-out of an analyst's session.
async fn endless(
    superuser_url: &str,
    database: &str,
    at_most: Duration,
) -> Result<JoinHandle<Result<(), sqlx::Error>>, String> {
    let options: PgConnectOptions = superuser_url
        .parse()
        .map_err(|error: sqlx::Error| error.to_string())?;
    let begin = format!(
        "set role tot_analyst; set max_parallel_workers_per_gather = 0; set statement_timeout = {}",
        at_most.as_millis()
    );
    let started = async {
        let mut connection = options.database(database).connect().await?;
        sqlx::raw_sql(&begin).execute(&mut connection).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    let mut connection = started.await.map_err(|error| error.to_string())?;
    Ok(tokio::spawn(async move {
        sqlx::query(ENDLESS).execute(&mut connection).await?;
        connection.close().await
    }))
}
