//! The servers keep their port and data over a crash, and never outlive the process that started them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dev_stack::{Layout, Stack};
use sqlx::{Connection as _, PgConnection, Row as _};

/// How long the system may take to bring a death about.
const DEATH_MAX: Duration = Duration::from_secs(20);

#[tokio::test]
async fn postgres_comes_back_on_its_port_with_its_data() {
    let stack = Stack::start_throwaway().await.unwrap();
    let mut before = PgConnection::connect(stack.database_url()).await.unwrap();
    sqlx::raw_sql("create table kept (word text); insert into kept values ('still here')")
        .execute(&mut before)
        .await
        .unwrap();
    let first = stack.postgres().pid().unwrap();

    stack.postgres().kill().unwrap();
    assert!(stack.postgres().pid().is_none());
    assert!(is_dead(first), "a killed server is dead when kill() returns");
    assert!(
        sqlx::query("select 1").execute(&mut before).await.is_err(),
        "its sessions are dead as well"
    );
    assert!(
        PgConnection::connect(stack.database_url()).await.is_err(),
        "nobody answers on its port"
    );

    stack.postgres().restart().await.unwrap();
    assert_ne!(stack.postgres().pid().unwrap(), first);
    let mut after = PgConnection::connect(stack.database_url()).await.unwrap();
    let word: String = sqlx::query("select word from kept")
        .fetch_one(&mut after)
        .await
        .unwrap()
        .get(0);
    assert_eq!(word, "still here");
}

#[tokio::test]
async fn postgres_logs_that_a_row_was_refused_and_not_what_it_held() {
    let stack = Stack::start_throwaway().await.unwrap();
    let mut connection = PgConnection::connect(stack.database_url()).await.unwrap();
    sqlx::raw_sql("create table people (email text unique)")
        .execute(&mut connection)
        .await
        .unwrap();
    let insert = "insert into people select $1 union all select $1";
    let refused = sqlx::query(insert)
        .bind("somebody@example.com")
        .execute(&mut connection);
    assert!(refused.await.is_err());
    let log = std::fs::read_to_string(stack.folder().join("postgres.log")).unwrap();
    assert!(log.contains("duplicate key"), "{log}");
    assert!(!log.contains("somebody@example.com"), "{log}");
}

#[tokio::test]
async fn nats_answers_nobody_without_its_password() {
    let stack = Stack::start_throwaway().await.unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", stack.nats().port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "CONNECT {{\"verbose\":false}}\r\nPING\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("-ERR 'Authorization Violation'"), "{answer}");
    assert!(!answer.contains("PONG"), "{answer}");
}

#[tokio::test]
async fn a_restart_of_a_living_server_replaces_it() {
    let stack = Stack::start_throwaway().await.unwrap();
    let first = stack.postgres().pid().unwrap();
    stack.postgres().restart().await.unwrap();
    assert!(is_dead(first));
    PgConnection::connect(stack.database_url()).await.unwrap();
}

#[tokio::test]
async fn nats_comes_back_on_its_port_with_its_store() {
    let stack = Stack::start_throwaway().await.unwrap();
    let answer = nats_request(
        stack.nats_url(),
        "STREAM.CREATE.KEPT",
        r#"{"name":"KEPT","subjects":["kept.>"]}"#,
    );
    assert!(answer.contains("\"created\""), "{answer}");

    stack.nats().kill().unwrap();
    assert!(
        TcpStream::connect(("127.0.0.1", stack.nats().port())).is_err(),
        "nobody answers on its port"
    );
    stack.nats().restart().await.unwrap();

    let answer = nats_request(stack.nats_url(), "STREAM.INFO.KEPT", "");
    assert!(
        answer.contains("\"name\":\"KEPT\"") && !answer.contains("\"error\""),
        "{answer}"
    );
}

#[tokio::test]
async fn a_paused_server_says_nothing_until_it_is_resumed() {
    let stack = Stack::start_throwaway().await.unwrap();
    let mut connection = PgConnection::connect(stack.database_url()).await.unwrap();
    stack.postgres().pause().unwrap();
    let patience = Duration::from_millis(300);
    let mut asking = Box::pin(sqlx::query("select 1").execute(&mut connection));
    assert!(
        tokio::time::timeout(patience, &mut asking).await.is_err(),
        "a paused server answered"
    );
    stack.postgres().resume().unwrap();
    asking
        .await
        .expect("the question asked during the pause is answered after it");
}

#[test]
fn servers_die_with_a_parent_killed_by_kill_9() {
    let (mut parent, told) = up();
    let servers: Vec<u32> = ["POSTGRES_PID", "NATS_PID"]
        .iter()
        .map(|name| told[*name].parse().unwrap())
        .collect();
    for pid in &servers {
        assert!(!is_dead(*pid), "{pid} runs while its parent does");
    }
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("both servers are dead", || {
        servers.iter().all(|pid| is_dead(*pid))
    });

    // What the killed one could not clear away, the next throwaway start does.
    let left = Path::new(&told["DATA"]);
    assert!(left.is_dir());
    let (mut next, _) = up();
    assert!(!left.exists(), "the folder of the killed run is swept");
    interrupt(&next);
    assert!(next.wait().unwrap().success());
}

#[test]
fn a_polite_end_leaves_nothing_behind() {
    let (mut parent, told) = up();
    interrupt(&parent);
    assert!(parent.wait().unwrap().success());
    assert!(is_dead(told["POSTGRES_PID"].parse().unwrap()));
    assert!(is_dead(told["NATS_PID"].parse().unwrap()));
    assert!(!Path::new(&told["DATA"]).exists());
}

#[tokio::test]
async fn kept_data_outlives_its_servers_and_belongs_to_one_process_at_a_time() {
    let scratch = Stack::start_throwaway().await.unwrap();
    let layout = Layout {
        data: scratch.folder().join("kept"),
        ..Layout::discover().unwrap()
    };

    let first = Stack::start(&layout).await.unwrap();
    let database = first.cluster().database("tot").await.unwrap();
    let mut connection = PgConnection::connect(&database.owner_url).await.unwrap();
    sqlx::raw_sql("create table kept ()")
        .execute(&mut connection)
        .await
        .unwrap();
    let refused = Stack::start(&layout)
        .await
        .err()
        .expect("one process at a time")
        .to_string();
    assert!(refused.contains("another process"), "{refused}");
    drop(connection);
    first.stop().await.unwrap();

    let second = Stack::start(&layout).await.unwrap();
    let database = second.cluster().database("tot").await.unwrap();
    let mut connection = PgConnection::connect(&database.owner_url).await.unwrap();
    sqlx::query("select from kept")
        .execute(&mut connection)
        .await
        .unwrap();
    second.stop().await.unwrap();
}

#[test]
fn exec_passes_on_exit_codes_and_signals() {
    let code = |script: &str| dev_stack(&["exec", "--", "sh", "-c", script]).status().unwrap();
    assert_eq!(code("exit 7").code(), Some(7));
    assert_eq!(code("kill -9 $$").code(), Some(128 + 9));
    assert_eq!(
        code("test -n \"$TOT_TEST_DATABASE_URL$TOT_TEST_NATS_URL\"").code(),
        Some(0)
    );

    let mut running = dev_stack(&[
        "exec",
        "--",
        "sh",
        "-c",
        "trap 'exit 42' TERM; echo up; while :; do read line; done",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "up\n");
    interrupt(&running);
    // A shell runs its trap once the read is over.
    drop(running.stdin.take());
    let status = running.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(42), None));
}

#[tokio::test]
async fn your_own_servers_are_used_and_left_as_they_were() {
    let yours = Stack::start_throwaway().await.unwrap();
    let script = r#"test "$TOT_TEST_NATS_URL" = "$NATS_URL" && echo "$TOT_TEST_TEMPLATE""#;
    let output = dev_stack(&["exec", "--", "sh", "-c", script])
        .env("DATABASE_URL", yours.database_url())
        .env("NATS_URL", yours.nats_url())
        // The passwords of the roles made there are kept beside the data of this scratch folder.
        .env("TOT_HOME", yours.folder())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let template = String::from_utf8(output.stdout).unwrap();
    assert!(template.starts_with("tot_template_"), "{template}");

    let mut connection = PgConnection::connect(yours.database_url()).await.unwrap();
    let left: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname like 'tot%'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn one_server_of_your_own_is_not_enough() {
    let output = dev_stack(&["exec", "--", "true"])
        .env("DATABASE_URL", "postgres://somewhere/db")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("NATS_URL is not"), "{told}");
}

fn dev_stack(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-stack"));
    command
        .args(args)
        .env_remove("DATABASE_URL")
        .env_remove("NATS_URL");
    command
}

/// Starts `dev-stack up` and reads what it tells until it is ready.
fn up() -> (Child, HashMap<String, String>) {
    let mut child = dev_stack(&["up", "--throwaway"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let told = lines.take_while(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once('=').expect("NAME=value");
        (name.to_owned(), value.to_owned())
    });
    let told = told.collect();
    (child, told)
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Gone, or a zombie that only its new parent has not looked at yet.
fn is_dead(pid: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('Z')),
        Err(_) => true,
    }
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + DEATH_MAX;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {DEATH_MAX:?}: {what}");
        std::thread::yield_now();
    }
}

/// Asks JetStream's API in the plain text protocol and returns what it answers.
fn nats_request(url: &str, subject: &str, body: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    let (user, password) = (url.username(), url.password().unwrap());
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().unwrap())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let length = body.len();
    write!(
        stream,
        "CONNECT {{\"verbose\":false,\"user\":\"{user}\",\"pass\":\"{password}\"}}\r\nSUB answer 1\r\nPUB $JS.API.{subject} answer {length}\r\n{body}\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    // INFO, then `MSG answer 1 <length>`, then the body's one line.
    while answer.iter().filter(|byte| **byte == b'\n').count() < 3 {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}
