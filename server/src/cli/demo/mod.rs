//! `tot demo`: one scheduled and one urgent booking through their whole lives, over HTTP against a running platform,
//! each step with its position in the log, and at the end the history.

mod client;
mod journeys;

use clap::Args;
use url::Url;

use self::client::{Client, DemoError};
use super::output::{self, Format};

/// The accounts `tot dev` seeds; they exist in the demo only.
pub struct Login {
    /// E-mail.
    pub email: &'static str,
    /// Password.
    pub password: &'static str,
    /// The secret of the authenticator app, in base32, for who has one.
    pub totp_secret: Option<&'static str>,
}

/// The demo's patient.
pub const PATIENT: Login = Login {
    email: "patient@example.com",
    password: "password123",
    totp_secret: None,
};
/// The demo's doctor.
pub const DOCTOR: Login = Login {
    email: "doctor@example.com",
    password: "doctor123",
    totp_secret: None,
};
/// The demo's admin.
pub const ADMIN: Login = Login {
    email: "admin@tot.ru",
    password: "admin123",
    totp_secret: Some("DEMOTOT2ADMINSECRETFORNOBODYELSE"),
};

/// Arguments of `tot demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the platform runs; by default what `tot dev` started last in this folder.
    #[arg(long, env = "TOT_PUBLIC_URL")]
    url: Option<Url>,
}

/// Where `tot dev` writes down the address it serves at, below the folder it was started in.
pub const ADDRESS_FILE: &str = ".tot/data/platform-url";

/// Runs both journeys.
///
/// # Errors
/// [`DemoError`] names the step and what the platform answered.
pub async fn run(args: DemoArgs, format: Format) -> Result<(), DemoError> {
    let url = args.url.or_else(written_down).ok_or(DemoError::NoPlatform)?;
    let patient = Client::sign_in(&url, &PATIENT).await?;
    let doctor = Client::sign_in(&url, &DOCTOR).await?;
    let admin = Client::sign_in(&url, &ADMIN).await?;
    let people = journeys::People {
        patient,
        doctor,
        admin,
    };
    let walked = async {
        journeys::scheduled(&people, format).await?;
        journeys::urgent(&people, format).await
    };
    let walked = walked.await;
    for person in [&people.patient, &people.doctor, &people.admin] {
        let signed_out = person.sign_out().await;
        // What broke off before says more.
        if walked.is_ok() {
            signed_out?;
        }
    }
    walked?;
    output::print(format, &serde_json::json!({"step": "done"}), |_| {
        "Both journeys ran to their end.".to_owned()
    })?;
    Ok(())
}

/// The address `tot dev` wrote down.
fn written_down() -> Option<Url> {
    std::fs::read_to_string(ADDRESS_FILE).ok()?.trim().parse().ok()
}
