//! What an analyst's endless query costs those who book: beside `tot analyst yield`, as deployments run it, and without.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::task::JoinHandle;

use crate::child::Service;
use crate::platform::PlatformUnderTest;
use crate::samples::Samples;

/// How many bookings a second are asked for meanwhile.
const PER_SECOND: u32 = 1_000;
/// Every booking with every other: as good as endless.
const ENDLESS: &str = "select count(*) from analytics.bookings a, analytics.bookings b, analytics.bookings c \
     where a.patient_key <> b.patient_key and b.patient_key <> c.patient_key";

/// Measurements without and with such a query, one after the other: a single pair says more of the machine than of the query.
const PAIRS: u32 = 5;
/// The same with a query that does not yield.
const UNYIELDING_PAIRS: u32 = 2;
/// An analyst's login.
const LOGIN: &str = "bench_analyst";

/// Measures answers and lags at a fixed rate, and the highest rate, without and with such a query of an analyst's login.
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
    let query = Query {
        address: analyst(superuser_url, database).await?,
        at_most: span * 8,
    };
    let load = (connections, span);
    for _ in 0..UNYIELDING_PAIRS {
        let [_, (_, answer), ..] = ratios(platform, &query, load).await?;
        samples.add("analyst_unyielding_answer_p50", answer);
    }
    // Logins are the server's, whichever database tells them.
    let environment = [("TOT_DATABASE_URL".to_owned(), superuser_url.to_owned())];
    let program = platform.tot.program.display().to_string();
    let yielding = Service::start(&program, &["analyst", "yield"], &environment, "TOT is ready: ").await?;
    for _ in 0..PAIRS {
        for (figure, ratio) in ratios(platform, &query, load).await? {
            samples.add(figure, ratio);
        }
    }
    yielding.stop().await;
    Ok(())
}

struct Query {
    address: PgConnectOptions,
    at_most: Duration,
}

/// What is measured beside the query, divided by what is measured before it.
async fn ratios(
    platform: &PlatformUnderTest,
    query: &Query,
    (connections, span): (usize, Duration),
) -> Result<[(&'static str, f64); 5], String> {
    let alone = figures(platform, connections, span).await?;
    let query = endless(query).await?;
    let mut both = figures(platform, connections, span).await?;
    if query.is_finished() {
        return Err("the analyst's query ended before the measurement did".to_owned());
    }
    query.abort();
    for ((_, beside), (_, alone)) in both.iter_mut().zip(alone) {
        *beside /= alone;
    }
    Ok(both)
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

/// Makes the analyst's login, or gives it a new password.
async fn analyst(superuser_url: &str, database: &str) -> Result<PgConnectOptions, String> {
    let made = async {
        let options: PgConnectOptions = superuser_url.parse()?;
        let mut connection = options.connect().await?;
        let password: String = sqlx::query_scalar("select gen_random_uuid()::text")
            .fetch_one(&mut connection)
            .await?;
        let make = format!(
            "do $$ begin create role {LOGIN} login in role tot_analyst; exception when duplicate_object then null; end $$; \
             alter role {LOGIN} password '{password}'"
        );
        sqlx::raw_sql(&make).execute(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(options.username(LOGIN).password(&password).database(database))
    };
    made.await.map_err(|error| error.to_string())
}

/// Starts it, with the time-out of an analyst's session set aside.
async fn endless(query: &Query) -> Result<JoinHandle<Result<(), sqlx::Error>>, String> {
    let begin = format!(
        "set max_parallel_workers_per_gather = 0; set statement_timeout = {}",
        query.at_most.as_millis()
    );
    let started = async {
        let mut connection = query.address.connect().await?;
        sqlx::raw_sql(&begin).execute(&mut connection).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    let mut connection = started.await.map_err(|error| error.to_string())?;
    Ok(tokio::spawn(async move {
        sqlx::query(ENDLESS).execute(&mut connection).await?;
        connection.close().await
    }))
}
