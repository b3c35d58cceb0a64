//! Every code that can be answered has a page, and the `type` of an answer leads to it.

use std::collections::BTreeSet;
use std::path::Path;

use kit::platform::Platform;
use serde_json::Value;

use super::descriptions::everything;

/// Refusals of the token endpoint, which are RFC 6749's (5.2) and no problems of ours.
const OF_OAUTH: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_page() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let problem = anybody
        .get("/bookings")
        .await
        .expect_problem(401, "token_missing");
    let kind = problem["type"].as_str().unwrap();
    let path = kind
        .strip_prefix(platform.url())
        .expect("the type is below the public address");
    let page = anybody.fetch(path).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type").starts_with("text/html"),
        "{}",
        page.header("content-type")
    );
    assert!(page.text.contains("token_missing"), "{}", page.text);
    assert_eq!(anybody.fetch("/problems/no_such_code").await.status, 404);
    platform.finish().await;
}

#[tokio::test]
async fn every_code_that_the_contract_names_has_its_page() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let described = everything(&anybody).await;
    let (mut named, written) = (BTreeSet::new(), written());
    codes_in(&described, &written, &mut named);
    assert!(named.len() > 20, "{named:?}");
    for code in &written {
        let page = anybody.fetch(&format!("/problems/{code}")).await;
        assert_eq!(page.status, 200, "{code}");
        assert!(page.text.contains(code.as_str()), "{code}");
    }
    platform.finish().await;
}

/// The codes that have a page in `docs/problems`.
fn written() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/problems");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect()
}

/// Collects the codes that the descriptions of 4xx and 5xx answers name in backticks, and fails at one without a page.
fn codes_in(described: &Value, written: &BTreeSet<String>, named: &mut BTreeSet<String>) {
    let operations = described["paths"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_object);
    for operation in operations.flat_map(|path| path.values()) {
        let Some(answers) = operation["responses"].as_object() else {
            continue;
        };
        for (status, answer) in answers
            .iter()
            .filter(|(status, _)| status.starts_with(['4', '5']))
        {
            let shared = answer["$ref"]
                .as_str()
                .and_then(|reference| described.pointer(&reference[1..]));
            let description = shared.unwrap_or(answer)["description"]
                .as_str()
                .unwrap_or_default();
            for word in description.split('`').skip(1).step_by(2) {
                let is_code = word
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter == '_');
                if is_code && word.contains('_') && !OF_OAUTH.contains(&word) {
                    assert!(
                        written.contains(word),
                        "`{word}` ({status}) has no page in docs/problems"
                    );
                    named.insert(word.to_owned());
                }
            }
        }
    }
}
