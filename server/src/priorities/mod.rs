//! Lets analysts' queries yield: the processes that serve their sessions are made nice, so that bookings go first.

mod processes;
mod titles;
mod watch;

use std::io;
use std::time::Duration;

use migrations::ServerSessions;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

pub use watch::Look;
use watch::Watch;

/// How often the server's processes are looked at: a session's first query is nice within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The same while the kernel makes an ordinary user wait: it sets ten groups a second.
const PUT_OFF: Duration = Duration::from_millis(120);
/// How often the database is asked for logins, beside whenever an unknown one works.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// How long the database may take to answer, and how long it is left alone when it did not.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// The nicest a process can be.
pub const NICE_MAX: u8 = 19;
/// How often a check looks before it says that a session does not yield.
const CHECK_LOOKS: u32 = 4;

/// Why queries cannot be made to yield, each with its mend.
#[derive(Debug, thiserror::Error)]
pub enum YieldError {
    /// No /proc.
    #[error(
        "this system shows no processes below /proc: only on Linux can analysts' queries be made to yield like this"
    )]
    NotLinux,
    /// The database's machine is another one, or hides its processes.
    #[error(
        "the process {process} that answers for the database is not to be seen here: run this on the machine of the database \
         (TOT_DATABASE_URL) and where its processes are visible (in a container: `pid: \"service:postgres\"`). With a Postgres \
         that somebody else runs, give analysts a replica instead: docs/analysts.md"
    )]
    Elsewhere {
        /// As the server numbers it.
        process: u32,
    },
    /// Neither root nor the user of Postgres.
    #[error("Postgres runs as the user {owner} and this command as {own}: run it as {owner}, or as root")]
    AnotherUser {
        /// Of the postmaster.
        owner: u32,
        /// Of this process.
        own: u32,
    },
    /// The kernel does not let this process do it.
    #[error(
        "the process {process} of an analyst may not be made nice: run this command as the user {user}, as whom Postgres runs, \
         or as root with CAP_SYS_NICE"
    )]
    Refused {
        /// Of the session.
        process: u32,
        /// Of the postmaster.
        user: u32,
        /// What the kernel answers.
        source: io::Error,
    },
    /// At the start; later the database is asked again.
    #[error("the database at TOT_DATABASE_URL cannot be asked for analysts' logins")]
    Database(#[source] sqlx::Error),
}

/// Makes the sessions of analysts at least so nice (1 to 19), old and new ones, until it is told to stop. `ready` is called with
/// the id of the server's first process once those that are there were looked at.
///
/// # Errors
/// [`YieldError`] when it cannot begin, and later where the kernel refuses or the server has moved out of sight; a database that does
/// not answer meanwhile is asked again.
pub async fn keep_nice<E: From<YieldError>>(
    url: &SecretString,
    nice: u8,
    stop: &CancellationToken,
    ready: impl FnOnce(u32) -> Result<(), E>,
) -> Result<(), E> {
    let mut watch = begin(url, nice, true).await?;
    watch.look(true)?;
    ready(watch.postmaster())?;
    stop.run_until_cancelled(keep(url, &mut watch))
        .await
        .unwrap_or(Ok(()))?;
    Ok(())
}

/// Looks at the sessions of analysts, and changes none. One that has begun just now is given a moment.
///
/// # Errors
/// [`YieldError`].
pub async fn check(url: &SecretString, nice: u8) -> Result<Look, YieldError> {
    let mut watch = begin(url, nice, false).await?;
    let mut look = watch.look(true)?;
    for _ in 1..CHECK_LOOKS {
        if look.yielding == look.found {
            break;
        }
        sleep(LOOK_EVERY).await;
        look = watch.look(true)?;
    }
    Ok(look)
}

async fn begin(url: &SecretString, nice: u8, sets: bool) -> Result<Watch, YieldError> {
    with_sessions(url, |sessions| Watch::begin(sessions, i32::from(nice), sets)).await
}

/// Ends only by an error.
async fn keep(url: &SecretString, watch: &mut Watch) -> Result<(), YieldError> {
    let mut pause = LOOK_EVERY;
    let (mut due, mut not_before) = (Instant::now() + ASK_EVERY, Instant::now());
    let mut is_silent = false;
    loop {
        sleep(pause).await;
        // Files below /proc are memory of the kernel: no disk is waited for.
        let look = watch.look(false)?;
        pause = if look.is_put_off { PUT_OFF } else { LOOK_EVERY };
        let now = Instant::now();
        if now < not_before || (now < due && !look.asks) {
            continue;
        }
        match with_sessions(url, |sessions| watch.renew(sessions)).await {
            Ok(()) => {
                if is_silent {
                    tracing::info!("The database tells analysts' logins again");
                }
                is_silent = false;
                due = now + ASK_EVERY;
                let look = watch.look(true)?;
                pause = if look.is_put_off { PUT_OFF } else { LOOK_EVERY };
            }
            Err(YieldError::Database(error)) => {
                if !is_silent {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "The database does not tell analysts' logins: those that are known go on to yield, and it is asked again"
                    );
                }
                is_silent = true;
                not_before = Instant::now() + ANSWER_MAX;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Asks the database, and uses its answer while the connection is open.
async fn with_sessions<T>(
    url: &SecretString,
    used: impl FnOnce(ServerSessions) -> Result<T, YieldError>,
) -> Result<T, YieldError> {
    let asking = async {
        let mut connection = PgConnection::connect(url.expose_secret()).await?;
        let sessions = migrations::server_sessions(&mut connection).await?;
        Ok::<_, sqlx::Error>((connection, sessions))
    };
    let late = |_| sqlx::Error::Io(io::ErrorKind::TimedOut.into());
    let answer = timeout(ANSWER_MAX, asking).await.map_err(late).flatten();
    let (connection, sessions) = answer.map_err(YieldError::Database)?;
    let result = used(sessions);
    // What was asked for is known; the server notices a connection that breaks.
    drop(connection.close().await);
    result
}
