//! Analysts' queries yield: the processes of their sessions are made nice, nobody else's are, and whoever cannot do it says why.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kit::platform::Platform;
use kit::process::Process;
use kit::wait::until;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use super::logins::{login, prepared};

/// Far below a minute, when the database is asked anyway; a machine that is busy with other tests keeps no second.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn an_analysts_session_is_nice_and_nobody_elses_is() {
    let platform = prepared().await;
    let anna = login(&platform, &["--login", "anna"]).await;
    let (mut early, early_id) = session(&anna).await;
    let (app, app_id) = session(platform.app_url()).await;
    assert_eq!(checked(&platform, 3).await, json!({"sessions": 1, "yielding": 0}));
    // It is called as a session of hers would be, and is none.
    let mut forged = Command::new("sleep")
        .arg0("postgres: anna tot 127.0.0.1(41234) SELECT")
        .arg("600")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();

    let yielding = started(&platform, &[]).await;
    becomes_nice(early_id, 19).await;
    let (late, late_id) = session(&anna).await;
    becomes_nice(late_id, 19).await;
    // A login that the database had not when it was asked.
    let boris = login(&platform, &["--login", "boris"]).await;
    let (new, new_id) = session(&boris).await;
    becomes_nice(new_id, 19).await;
    assert_eq!(checked(&platform, 0).await, json!({"sessions": 3, "yielding": 3}));

    for id in [app_id, forged.id(), shown(app_id).0] {
        let (_, niceness, group) = shown(id);
        assert_eq!((niceness, group.unwrap_or(0)), (0, 0), "process {id}");
    }
    sqlx::query("select 1").execute(&mut early).await.unwrap();
    forged.kill().unwrap();
    forged.wait().unwrap();
    yielding.stop().await;
    for session in [early, late, new, app] {
        session.close().await.unwrap();
    }
    platform.stop().await;
}

#[tokio::test]
async fn no_session_is_made_less_nice_and_a_wrong_niceness_is_refused() {
    let platform = prepared().await;
    let anna = login(&platform, &["--login", "anna"]).await;
    let (early, early_id) = session(&anna).await;
    started(&platform, &[]).await.stop().await;
    let yielding = started(&platform, &["--nice", "5"]).await;
    let (late, late_id) = session(&anna).await;
    becomes_nice(late_id, 5).await;
    assert_eq!(shown(early_id).1, 19);
    yielding.stop().await;
    for wrong in ["0", "20", "-1"] {
        let output = platform.try_tot(&["analyst", "yield", "--nice", wrong], "").await;
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    early.close().await.unwrap();
    late.close().await.unwrap();
    platform.stop().await;
}

/// The command, once it says that it has looked at what is there.
async fn started(platform: &Platform, more: &[&str]) -> Process {
    let arguments = [&["analyst", "yield"][..], more].concat();
    Process::start(&arguments, platform.environment(), &platform.log("yield")).await
}

/// What `--check` says, which ends with this code.
async fn checked(platform: &Platform, code: i32) -> Value {
    let output = platform
        .try_tot(&["analyst", "yield", "--check", "--json"], "")
        .await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A session, and the process that serves it.
async fn session(url: &str) -> (PgConnection, u32) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let id: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    (connection, id.unsigned_abs())
}

async fn becomes_nice(id: u32, nice: i32) {
    let begun = Instant::now();
    until("the session to be nice", async || {
        let (_, niceness, group) = shown(id);
        (niceness == nice && group.unwrap_or(nice) == nice).then_some(())
    })
    .await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// The parent of a process, how nice it is, and how nice its session's group is, where there are such groups.
fn shown(id: u32) -> (u32, i32, Option<i32>) {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let group = std::fs::read_to_string(format!("/proc/{id}/autogroup")).unwrap_or_default();
    let group = group
        .trim_end()
        .rsplit_once(' ')
        .map(|(_, nice)| nice.parse().unwrap());
    // The third and the nineteenth of what `man proc_pid_stat` lists, whose first two stand before.
    (fields[1].parse().unwrap(), fields[16].parse().unwrap(), group)
}
