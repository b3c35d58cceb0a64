//! Apps are made, listed, given secrets and switched off on the command line, by whoever is signed in there.

use kit::app::{AppPersona, sign_in};
use kit::platform::Platform;
use serde_json::Value;

#[tokio::test]
async fn an_operator_makes_an_app_gives_it_secrets_and_switches_it_off() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let anybody = platform.anonymous();
    platform.sign_in_operator(&admin.email).await;
    let run = async |words: &[&str]| -> Value {
        let said = platform.tot(&[&["app"], words, &["--json"]].concat(), "").await;
        serde_json::from_str(&said).unwrap()
    };
    let made = run(&[
        "create",
        "--name",
        "Полюс",
        "--scope",
        "bookings:read",
        "--scope",
        "payments:read",
    ])
    .await;
    let (id, first) = (text(&made["app"]["id"]), text(&made["client_secret"]));
    let granted = sign_in(&anybody, &id, &first, None).await.expect(200);
    assert_eq!(granted["scope"], "bookings:read payments:read");

    let new = run(&["rotate", &id, "--overlap-hours", "1"]).await;
    let second = text(&new["client_secret"]);
    for secret in [&first, &second] {
        sign_in(&anybody, &id, secret, None).await.expect(200);
    }
    let listed = run(&["list"]).await;
    let secrets = listed[0]["secrets"].as_array().unwrap();
    assert_eq!((secrets.len(), &listed[0]["id"]), (2, &made["app"]["id"]));
    run(&["revoke", &id, secrets[0]["id"].as_str().unwrap()]).await;
    assert_eq!(sign_in(&anybody, &id, &first, None).await.status, 401);
    sign_in(&anybody, &id, &second, None).await.expect(200);

    let off = run(&["deactivate", &id]).await;
    assert!(off["deactivated_at"].is_string() && off["secrets"].as_array().unwrap().is_empty());
    assert_eq!(sign_in(&anybody, &id, &second, None).await.status, 401);
    let refused = platform.try_tot(&["app", "rotate", &id], "").await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("reactivate it first"));
    assert!(run(&["reactivate", &id]).await["deactivated_at"].is_null());

    let missing = ["app", "deactivate", "019a8f0e-0000-7000-8000-00000000dead"];
    let refused = platform.try_tot(&missing, "").await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is no app 019a8f0e"));
    // Over HTTP it is the same app.
    let over_http = AppPersona::made_by(&admin, &anybody, &["bookings:read"]).await;
    let listed = run(&["list"]).await;
    assert_eq!(listed[1]["id"], over_http.id.as_str());
    platform.finish().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
