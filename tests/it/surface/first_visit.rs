//! From nothing to a paid visit as the README tells it, word by word, against what `make run` starts; and what the guide tells of test cards
//! and banks, by those who play them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use kit::client::Client;
use serde_json::{Value, json};
use tokio::process::Command;

use super::clock::{Checkout, demo_patient};

const README: &str = include_str!("../../../README.md");
const HEADING: &str = "\n## A paid visit in five steps\n";

/// The commands of each step.
fn steps() -> Vec<&'static str> {
    let (_, section) = README.split_once(HEADING).expect("the README has the steps");
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0).collect()
}

/// As somebody who copies them into one shell after the other. Answers what was printed.
async fn taken(url: &str) -> String {
    let script = steps().concat().replace("http://localhost:3000", url);
    let (said, wrong, success) = run(&["-euo", "pipefail", "-c", &script]).await;
    assert!(success, "{said}\n{wrong}");
    said
}

/// What a shell printed, to standard output and to standard error, and whether it ended well.
async fn run(arguments: &[&str]) -> (String, String, bool) {
    let mut shell = Command::new("bash");
    shell.args(arguments);
    let output = shell.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = output.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.success(),
    )
}

/// Steps that fail say why, in a line, and those behind them say which has to come first: no traceback, and nothing goes on.
async fn what_goes_wrong_is_said(url: &str) {
    let [first, second, third, fourth, fifth] = steps().try_into().unwrap();
    let shell = async |steps: &[&str], address: &str| {
        // As typed: a step that fails leaves the shell open.
        let steps: Vec<String> = steps
            .iter()
            .map(|step| format!("( {}\n); ", step.replace("http://localhost:3000", address)))
            .collect();
        run(&["-c", &steps.concat()]).await
    };
    let get = first.split("TOKEN=").next().unwrap();
    let with = |lines: &str, step: &str| format!("{get}{lines}\n{step}");

    let (said, wrong, _) = shell(&[first], "http://127.0.0.1:9").await;
    assert!(
        wrong.contains("no answer of the platform") && said.is_empty(),
        "{said}{wrong}"
    );
    let (_, wrong, _) = shell(&[&with("TOKEN=wrong VISIT='{}'", third)], url).await;
    assert!(wrong.contains("invalid"), "{wrong}");
    let (_, wrong, _) = shell(&[&with("TOKEN=", third)], url).await;
    assert!(wrong.contains("take step 1"), "{wrong}");
    let (_, wrong, _) = shell(&[&with("TOKEN=x BOOKING=", fourth)], url).await;
    assert!(wrong.contains("take step 3"), "{wrong}");
    let declined = fourth.replace("5555555555554444", "5555555555554600");
    assert_ne!(declined, fourth);
    let whole = [first, second, third, &declined, fifth].concat();
    let (said, wrong, _) = shell(&[&whole], url).await;
    assert!(said.contains("the card was declined"), "{said}{wrong}");
    assert!(said.contains("is it paid (step 4)?"), "{said}{wrong}");
    for told in [said, wrong] {
        assert!(!told.contains("Traceback"), "{told}");
    }
}

/// The rows of a table whose first cell is such code: the code, and the other cell.
fn rows(page: &str, is_code: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let rows = page.split("<tr><td><code>").skip(1).filter_map(|row| {
        let (code, rest) = row.split_once("</code></td><td>")?;
        let (told, _) = rest.split_once("</td>")?;
        is_code(code).then(|| (code.to_owned(), told.to_owned()))
    });
    rows.collect()
}

fn is_a_card(code: &str) -> bool {
    code.len() == 16 && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_a_bank(code: &str) -> bool {
    code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a card comes to in one word, whoever tells it in whatever language.
fn outcome(told: &str) -> String {
    let told = told.replace("<code>", "").replace("</code>", "");
    match told.as_str() {
        "пройдёт / approved" | "проходит" | "goes through" => "approved".to_owned(),
        "пройдёт, с кодом / approved with a code"
        | "проходит с кодом из СМС (любым)"
        | "goes through with a code (any will do)" => "approved by code".to_owned(),
        refused => refused.rsplit(' ').next().unwrap().to_owned(),
    }
}

fn outcomes(page: &str) -> BTreeMap<String, String> {
    let cards = rows(page, is_a_card).into_iter();
    cards.map(|(card, told)| (card, outcome(&told))).collect()
}

#[tokio::test]
async fn the_five_steps_of_the_readme_lead_to_a_paid_visit_and_the_guide_tells_what_pays() {
    assert_eq!(steps().len(), 5);
    let here = Checkout::new();
    let dev = here.run_at(["24000", "24464", "24100"]).await;
    let url = here.url();
    let said = taken(&url).await;
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["status"], &last["payment_status"]),
        (&json!("assigned"), &json!("authorised")),
        "{said}"
    );
    assert!(said.lines().any(|line| line == "303: paid"), "{said}");
    what_goes_wrong_is_said(&url).await;

    // The guide shows the same steps.
    let patient = demo_patient(&url).await;
    for language in ["ru", "en"] {
        let guide = patient.fetch(&format!("/api/docs/?lang={language}")).await.text;
        let shown: Vec<String> = guide
            .split("<pre><code>")
            .skip(1)
            .map(|block| block.split("</code>").next().unwrap())
            .map(|text| {
                text.replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&")
            })
            .collect();
        assert_eq!(shown, steps(), "{language}");
        what_pays_is_told(&patient, &guide).await;
    }
    dev.stop().await;
}

/// By the page on which a payment is paid, and by the banks that the gateway has.
async fn what_pays_is_told(patient: &Client, guide: &str) {
    let urgent = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
    let booking = patient.post("/bookings", urgent).await.expect(200);
    let pay = json!({"booking_id": booking["id"], "payment_method": "card"});
    let payment = patient.post("/payments", pay).await.expect(200);
    let page = reqwest::get(payment["confirmation_url"].as_str().unwrap())
        .await
        .unwrap();
    let played = outcomes(&page.text().await.unwrap());
    assert!(played.len() > 10, "{played:?}");
    assert_eq!(outcomes(guide), played);

    let banks = patient.get("/sbp-banks").await.expect(200);
    let banks = banks["items"].as_array().unwrap().iter();
    let banks: BTreeSet<(&str, &str)> = banks
        .map(|bank| (bank["bank_id"].as_str().unwrap(), bank["name"].as_str().unwrap()))
        .collect();
    let told = rows(guide, is_a_bank);
    let told: BTreeSet<(&str, &str)> = told
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str()))
        .collect();
    assert_eq!(told, banks);
}
