//! The program: one line when it is ready, a clean end when it is asked to stop.

use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provider_sandbox::{Options, Sandbox};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn the_program_says_where_it_is_and_ends_when_asked() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_provider-sandbox"))
        .args(["--shop-id", "42", "--shop-secret", "told", "--seed", "7"])
        .args(["--webhook-url", "http://127.0.0.1:9/hook"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!((&ready["ready"], &ready["seed"]), (&json!(true), &json!(7)));
    let http = Client::builder().no_proxy().build().unwrap();
    let me = http
        .get(format!("{}/v3/me", ready["api_url"].as_str().unwrap()))
        .basic_auth("42", Some("told"))
        .send()
        .await
        .unwrap();
    assert_eq!(me.json::<Value>().await.unwrap()["account_id"], "42");
    let settings: Value = http
        .patch(format!("{}/settings", ready["control_url"].as_str().unwrap()))
        .json(&json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(settings["gateway"]["webhook_url"], "http://127.0.0.1:9/hook");
    let pid = i32::try_from(program.id().unwrap()).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    let end = tokio::time::timeout(Duration::from_secs(20), program.wait()).await;
    assert!(end.expect("it ends").unwrap().success());
    assert_eq!(lines.next_line().await.unwrap(), None, "one line and no more");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let first = Sandbox::start(Options::default()).await.unwrap();
    let taken = first.api_url.trim_start_matches("http://").parse().unwrap();
    let options = Options {
        api: taken,
        ..Options::default()
    };
    let fault = Sandbox::start(options).await.unwrap_err();
    assert_eq!(fault.to_string(), format!("cannot listen on {taken}"));
    first.stop().await;
}

#[tokio::test]
async fn one_seed_gives_one_run_and_no_seed_another() {
    let first_id = async |seed| {
        let sandbox = Sandbox::start(Options {
            seed,
            ..Options::default()
        })
        .await
        .unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let answer = http
            .get(format!("{}/v3/me", sandbox.api_url))
            .send()
            .await
            .unwrap();
        // Even a refusal has an id of its own.
        let id = answer.json::<Value>().await.unwrap()["id"].clone();
        sandbox.stop().await;
        id
    };
    assert_eq!(first_id(Some(5)).await, first_id(Some(5)).await);
    assert_ne!(first_id(Some(5)).await, first_id(Some(6)).await);
}
