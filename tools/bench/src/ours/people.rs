//! The people of a run, signed in.

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer_of;
use crate::http::{self, Connection};

/// Headers of a command by whoever has this token, under a key of its own.
pub fn authorised(token: &str) -> String {
    format!(
        "Authorization: Bearer {token}\r\nIdempotency-Key: {}\r\n",
        Uuid::new_v4()
    )
}

pub async fn register_all(address: &str, password: &str, patients: usize) -> Result<Vec<String>, String> {
    const LANES: usize = 4;
    let mut lanes = Vec::new();
    for lane in 0..LANES {
        let (address, password) = (address.to_owned(), password.to_owned());
        lanes.push(tokio::spawn(async move {
            let mut tokens = Vec::new();
            for number in (lane..patients).step_by(LANES) {
                let request = json!({
                    "email": format!("patient{number}@example.com"), "password": password,
                    "first_name": "Анна", "last_name": "Каренина", "phone": format!("+7900{number:07}"),
                });
                tokens.push(sign_in(&address, "/api/v1/auth/register", &request).await?);
            }
            Ok::<_, String>(tokens)
        }));
    }
    let mut tokens = Vec::new();
    for lane in lanes {
        tokens.extend(lane.await.map_err(|fault| fault.to_string())??);
    }
    Ok(tokens)
}

pub async fn sign_in(address: &str, path: &str, request: &Value) -> Result<String, String> {
    let mut connection = Connection::open(address)
        .await
        .map_err(|fault| fault.to_string())?;
    let answer = answer_of(
        &mut connection,
        &http::post(path, address, "", &request.to_string()),
    )
    .await?;
    answer["access_token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("no access token in {answer}"))
}
