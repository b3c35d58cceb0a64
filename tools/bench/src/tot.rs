//! A build of the platform's binary: ours, or an earlier one that is measured beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::child;

/// The price list that is measured with.
const PRICES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/how-to/price-list.example.json"
);

/// Variables of a process.
pub type Environment = Vec<(String, String)>;

/// One build of `tot`.
#[derive(Clone, Debug)]
pub struct Tot {
    /// What the report calls it.
    pub name: &'static str,
    /// The binary.
    pub program: PathBuf,
    /// Whether prices are published; builds before that had them compiled in.
    publishes_prices: bool,
    /// Whether operators sign in; builds before that were told an admin's id.
    signs_operators_in: bool,
    /// Whether admins have second factors.
    has_second_factors: bool,
    /// Recovery codes of the admin that were not used yet, by the database.
    codes: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Tot {
    /// The build beside this harness.
    ///
    /// # Errors
    /// It is not built.
    pub async fn ours() -> Result<Self, String> {
        Self::at("ours", child::beside("tot")?).await
    }

    /// The build at `program`, asked what it speaks.
    ///
    /// # Errors
    /// It does not start.
    pub async fn at(name: &'static str, program: PathBuf) -> Result<Self, String> {
        let (publishes_prices, signs_operators_in) =
            (knows(&program, "prices").await?, knows(&program, "login").await?);
        let has_second_factors = knows(&program, "second-factor").await?;
        Ok(Self {
            name,
            program,
            publishes_prices,
            signs_operators_in,
            has_second_factors,
            codes: Arc::default(),
        })
    }

    /// Runs it to its end and answers what it printed.
    ///
    /// # Errors
    /// It does not start, or its exit code is not 0.
    pub async fn run(
        &self,
        environment: &[(String, String)],
        arguments: &[&str],
        input: &str,
    ) -> Result<String, String> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(input.as_bytes())
                .await
                .map_err(|error| error.to_string())?;
        }
        let output = child
            .wait_with_output()
            .await
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!(
                "{} {arguments:?} ended with {}",
                self.name, output.status
            ));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Brings the database at `owner_url` to this build's shape, and grants the user of `app_url` what it may do.
    ///
    /// # Errors
    /// As [`Tot::run`].
    pub async fn migrate(&self, owner_url: &str, app_url: &str) -> Result<(), String> {
        let environment = [
            ("TOT_DATABASE_OWNER_URL", owner_url),
            ("TOT_DATABASE_URL", app_url),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.run(&environment, &["migrate"], "").await.map(drop)
    }

    /// Whether a patient must say so to book two visits at a time; since the release that publishes prices.
    pub const fn asks_about_overlaps(&self) -> bool {
        self.publishes_prices
    }

    /// Publishes the price list that is measured with, as the admin of this id, address and password, where prices are published.
    ///
    /// # Errors
    /// As [`Tot::run`].
    pub async fn publish_prices(
        &self,
        environment: &[(String, String)],
        (admin, email, password): (&str, &str, &str),
    ) -> Result<(), String> {
        if !self.publishes_prices {
            return Ok(());
        }
        if !self.signs_operators_in {
            let arguments = ["prices", "publish", PRICES, "--admin", admin];
            return self.run(environment, &arguments, "").await.map(drop);
        }
        let environment = self.signed_in(environment, email, password).await?;
        let arguments = ["prices", "publish", PRICES];
        self.run(&environment, &arguments, "").await.map(drop)
    }

    /// The same variables, and a sign-in of this admin's: rebuilds, comparisons and exports act as one.
    ///
    /// # Errors
    /// As [`Tot::run`].
    pub async fn signed_in(
        &self,
        environment: &[(String, String)],
        email: &str,
        password: &str,
    ) -> Result<Environment, String> {
        let mut environment = environment.to_vec();
        if self.signs_operators_in {
            let code = self.code(&environment, email, password).await?;
            let mut login = vec!["login", "--email", email, "--password-stdin", "--print"];
            login.extend(code.iter().flat_map(|code| ["--code", code]));
            let token = self.run(&environment, &login, password).await?;
            environment.push(("TOT_OPERATOR_TOKEN".to_owned(), token.trim().to_owned()));
        }
        Ok(environment)
    }
}

impl Tot {
    /// A code to sign the admin in with, where the build asks for one; the app is enrolled when the first is wanted.
    ///
    /// # Errors
    /// As [`Tot::run`], or no code is left.
    pub async fn code(
        &self,
        environment: &[(String, String)],
        email: &str,
        password: &str,
    ) -> Result<Option<String>, String> {
        if !self.has_second_factors {
            return Ok(None);
        }
        let database = environment.iter().find(|(name, _)| name == "TOT_DATABASE_URL");
        let database = database.map(|(_, url)| url.clone()).unwrap_or_default();
        let known = self
            .codes
            .lock()
            .map_err(|error| error.to_string())?
            .get(&database)
            .cloned();
        let mut codes = match known {
            Some(codes) => codes,
            None => self.enrolled(environment, email, password).await?,
        };
        let code = codes.pop().ok_or("every recovery code was used")?;
        self.codes
            .lock()
            .map_err(|error| error.to_string())?
            .insert(database, codes);
        Ok(Some(code))
    }

    async fn enrolled(
        &self,
        environment: &[(String, String)],
        email: &str,
        password: &str,
    ) -> Result<Vec<String>, String> {
        let read = |said: String| serde_json::from_str::<Value>(&said).map_err(|error| error.to_string());
        let whose = ["--email", email, "--password-stdin", "--json"];
        let enrol = [&["second-factor", "enrol"][..], &whose].concat();
        let begun = read(self.run(environment, &enrol, password).await?)?;
        let secret = begun["secret"].as_str().ok_or("the app has a secret")?;
        let code = self.run(environment, &["second-factor", "code"], secret).await?;
        let confirm = [&["second-factor", "confirm", "--code", code.trim()][..], &whose].concat();
        let confirmed = read(self.run(environment, &confirm, password).await?)?;
        let codes = confirmed["recovery_codes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        Ok(codes
            .iter()
            .filter_map(|code| code.as_str().map(str::to_owned))
            .collect())
    }
}

/// Whether a build has this command.
async fn knows(program: &Path, command: &str) -> Result<bool, String> {
    let help = Command::new(program)
        .args([command, "--help"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .map_err(|error| format!("{} does not start: {error}", program.display()))?;
    Ok(help.success())
}
