//! What proofs and files of a long log take: hashing it, verifying it, the proof of one booking, the export.

use std::path::Path;
use std::time::Instant;

use notary::PrivateKey;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::people::{ADMIN, PASSWORD};
use crate::samples::Samples;
use crate::tot::{Environment, Tot};

/// Signs a head over the log at `app_url`, which has `facts`, and verifies, proves and exports what is in it.
///
/// # Errors
/// What `tot` answers, or that the log is not as it was signed.
pub async fn measure(
    tot: &Tot,
    app_url: &str,
    folder: &Path,
    facts: i64,
    samples: &mut Samples,
) -> Result<(), String> {
    let environment = environment(app_url, folder)?;
    let make = format!("admin create --email {ADMIN} --password-stdin");
    tot.run(&environment, &make.split(' ').collect::<Vec<_>>(), PASSWORD)
        .await?;
    let environment = tot.signed_in(&environment, ADMIN, PASSWORD).await?;
    let head = timed(tot, &environment, &["--json", "audit", "head"]).await?;
    let verified = timed(tot, &environment, &["--json", "audit", "verify"]).await?;
    if verified.said["verified"] != true {
        return Err(format!("the log is not verified: {}", verified.said));
    }
    let per_s = verified.said["facts_per_s"].as_f64().unwrap_or_default();
    let booking = booking(app_url).await?;
    let (proof, file) = (path(folder, "booking.proof.json"), path(folder, "events.parquet"));
    let proved = timed(tot, &environment, &["audit", "prove", &booking, "--out", &proof]).await?;
    let export = ["export", "events", "--format", "parquet", "--out", &file];
    let exported = timed(tot, &environment, &export).await?;
    drop(std::fs::remove_file(&file));
    for (figure, value) in [
        ("hash_per_s", facts as f64 / head.seconds),
        ("verify_per_s", per_s),
        ("prove_ms", proved.seconds * 1_000.0),
        ("export_per_s", facts as f64 / exported.seconds),
    ] {
        samples.add(figure, value);
    }
    Ok(())
}

/// What a command said, as far as it is JSON, and how long it took from start to end.
struct Timed {
    said: Value,
    seconds: f64,
}

async fn timed(tot: &Tot, environment: &Environment, arguments: &[&str]) -> Result<Timed, String> {
    let begun = Instant::now();
    let printed = tot.run(environment, arguments, "").await?;
    Ok(Timed {
        said: serde_json::from_str(&printed).unwrap_or(Value::Null),
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// The database, and a key of this run's own.
fn environment(app_url: &str, folder: &Path) -> Result<Environment, String> {
    let mut seed = [0; 32];
    for half in seed.chunks_exact_mut(16) {
        half.copy_from_slice(Uuid::new_v4().as_bytes());
    }
    let pem = PrivateKey::from_seed(&seed)
        .to_pkcs8_pem()
        .map_err(|error| error.to_string())?;
    let key = path(folder, "notary.pem");
    std::fs::write(&key, pem.expose_secret()).map_err(|error| error.to_string())?;
    let variables = [("TOT_DATABASE_URL", app_url), ("TOT_NOTARY_KEY_FILE", &key)];
    Ok(variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec())
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// One from the middle of the log.
async fn booking(app_url: &str) -> Result<String, String> {
    let chosen = async {
        let pool = PgPool::connect(app_url).await?;
        sqlx::query_scalar(
            "select aggregate_id from events where aggregate_type = 'booking'
             and position >= (select max(position) / 2 from events) order by position limit 1",
        )
        .fetch_one(&pool)
        .await
    };
    chosen.await.map_err(|error: sqlx::Error| error.to_string())
}
