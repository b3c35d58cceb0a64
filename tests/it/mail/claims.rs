//! Somebody else registers with an address before its owner does: they get no mail of it, and lose the account to whoever does.

use kit::persona::PASSWORD;
use kit::platform::Platform;
use serde_json::{Value, json};

use super::resets::{bring, code_of, login};
use super::{code_in, mail_to, nth_mail, prove, running};

const ANOTHER: &str = "amber-tunnel-violin";

async fn registered(platform: &Platform, email: &str, password: &str) -> Value {
    let registration =
        json!({"email": email, "password": password, "first_name": "Пётр", "last_name": "Чужой"});
    platform
        .anonymous()
        .post("/auth/register", registration)
        .await
        .expect(200)
}

#[tokio::test]
async fn an_owner_takes_over_what_somebody_else_registered_with_their_address() {
    let (platform, mailbox) = running().await;
    let squatter = platform.with_second_factor(&platform.patient().await).await;
    let email = squatter.email.as_str();
    squatter.client.post("/me/calendar", json!({})).await.expect(200);
    let code = code_of(&platform, &mailbox, email).await;
    bring(&platform, email, &code, ANOTHER).await.expect(200);
    squatter
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    login(&platform, email, PASSWORD)
        .await
        .expect_problem(401, "wrong_credentials");
    // No code of the squatter's app is asked for.
    let mine = login(&platform, email, ANOTHER).await.expect(200);
    assert_eq!(
        (&mine["user"]["id"], &mine["user"]["email_proven"]),
        (&json!(squatter.id), &json!(true))
    );
    let client = platform
        .anonymous()
        .with_token(mine["access_token"].as_str().unwrap());
    let factor = client.get("/auth/second-factor").await.expect(200);
    assert_eq!(factor["enrolled_at"], Value::Null, "{factor}");
    let admin = platform.admin().await;
    let path = "/admin/audit-trail?kind=password_reset&result=done";
    let trail = admin.client.get(path).await.expect(200);
    assert_eq!(trail["items"][0]["what"], "first_proof", "{trail}");
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn a_claim_gets_none_of_the_holder_s_mail_and_is_refused_the_address() {
    let (platform, mailbox) = running().await;
    let holder = platform.patient().await;
    prove(&mailbox, &holder).await;
    let email = holder.email.as_str();
    let claim = registered(&platform, email, "copper-lantern-river").await;
    // Nobody is told of what happens to an account that only says that the address is its own.
    let session = login(&platform, email, "copper-lantern-river").await.expect(200);
    let client = platform
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    let change = json!({"current_password": "copper-lantern-river", "new_password": "moss-kettle-ferry-9"});
    client.post("/auth/password", change).await.expect(200);
    // The holder is sent the code, and it is of use to the holder's account.
    let code = code_of(&platform, &mailbox, email).await;
    bring(&platform, email, &code, ANOTHER).await.expect(200);
    nth_mail(&mailbox, email, "Password replaced", 0).await;
    let me = login(&platform, email, ANOTHER).await.expect(200);
    assert_eq!(me["user"]["id"], holder.id.as_str());
    nth_mail(&mailbox, email, "Sign-in on a new device", 0).await;
    assert_eq!(mail_to(&mailbox, email, "Password changed"), []);
    assert_eq!(mail_to(&mailbox, email, "Sign-in on a new device").len(), 1);

    let session = login(&platform, email, "moss-kettle-ferry-9").await.expect(200);
    assert_eq!(session["user"]["id"], claim["user"]["id"]);
    let client = platform
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    let subject = "Code to confirm your e-mail";
    client.post("/auth/email/code", json!({})).await.expect(200);
    let code = code_in(&nth_mail(&mailbox, email, subject, 1).await);
    client
        .post("/auth/email/confirm", json!({"code": code}))
        .await
        .expect_problem(409, "email_taken");
    platform.finish().await;
    mailbox.stop().await;
}
