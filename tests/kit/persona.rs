//! The people of the journeys.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::authenticator;
use crate::client::Client;

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct Persona {
    /// Their account.
    pub id: String,
    /// Their e-mail.
    pub email: String,
    /// Their HTTP client.
    pub client: Client,
}

/// The password of every persona.
pub const PASSWORD: &str = "a long enough password";

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number no other persona of this test has.
pub fn number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Registers a patient over HTTP.
pub async fn patient(anonymous: &Client) -> Persona {
    let number = number();
    let email = format!("patient{number}@example.com");
    let request = json!({
        "email": email, "password": PASSWORD, "first_name": "Анна", "last_name": "Каренина",
        "phone": format!("+7900{number:07}"),
    });
    let answer = anonymous.post("/auth/register", request).await.expect(200);
    signed_in(anonymous, &email, &answer)
}

/// Signs an existing account in, with a code where it has an app; an admin who has none enrols one first.
pub async fn login(anonymous: &Client, email: &str) -> Persona {
    let answer = sign_in(anonymous, json!({"email": email, "password": PASSWORD})).await;
    let persona = signed_in(anonymous, email, &answer);
    if answer["user"]["role"] == "admin" && !authenticator::is_known(email) {
        return with_second_factor(anonymous, &persona).await;
    }
    persona
}

/// Both steps of a sign-in; answers the session.
pub async fn sign_in(anonymous: &Client, login: Value) -> Value {
    let email = login["email"].as_str().unwrap().to_owned();
    let answer = anonymous.post("/auth/login", login).await;
    if answer.status == 200 {
        return answer.expect(200);
    }
    let due = answer.expect_problem(403, "second_factor_due");
    let code = authenticator::fresh_code(&email, authenticator::now_of(anonymous).await);
    let step = json!({"sign_in_token": due["sign_in_token"], "code": code});
    anonymous.post("/auth/login/code", step).await.expect(200)
}

/// The same person, who has an app from now on: whoever takes money out needs one.
pub async fn with_second_factor(anonymous: &Client, persona: &Persona) -> Persona {
    let session = authenticator::enrol(&persona.client, &persona.email, PASSWORD).await;
    signed_in(anonymous, &persona.email, &session)
}

/// Has an admin make an account in `role`.
pub async fn made_by(admin: &Persona, anonymous: &Client, role: &str) -> Persona {
    made(admin, anonymous, role, None).await
}

/// Has an admin make a doctor's account, of this clinic.
pub async fn doctor_of(admin: &Persona, anonymous: &Client, clinic: &str) -> Persona {
    made(admin, anonymous, "doctor", Some(clinic)).await
}

async fn made(admin: &Persona, anonymous: &Client, role: &str, clinic: Option<&str>) -> Persona {
    let number = number();
    let email = format!("{role}{number}@example.com");
    let mut request = json!({
        "role": role, "email": email, "password": PASSWORD, "first_name": "Иван", "last_name": "Пирогов",
        "phone": format!("+7901{number:07}"),
    });
    match role {
        "doctor" => {
            request["specialization"] = json!("therapist");
            request["experience_years"] = json!(12);
            request["zone"] = json!("Europe/Moscow");
            request["clinic_id"] = json!(clinic);
        }
        "clinic" => request["clinic_name"] = json!("Клиника на Чистых прудах"),
        _ => {}
    }
    admin.client.post("/admin/accounts", request).await.expect(200);
    login(anonymous, &email).await
}

fn signed_in(anonymous: &Client, email: &str, answer: &Value) -> Persona {
    let token = answer["access_token"].as_str().unwrap();
    Persona {
        id: answer["user"]["id"].as_str().unwrap().to_owned(),
        email: email.to_owned(),
        client: anonymous.with_token(token),
    }
}
