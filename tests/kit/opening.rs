//! How a platform under test opens: an admin publishes a price list, as a deployment does.

use std::process::Output;

use jiff::Timestamp;
use serde_json::Value;

use crate::authenticator;
use crate::persona::{self, PASSWORD, Persona};
use crate::platform::Platform;
use crate::process::command;

/// The price list that a platform under test opens with: 1500.00, 2000.00, 1500.00.
pub fn example_prices() -> Value {
    serde_json::from_str(include_str!("../../docs/how-to/price-list.example.json")).unwrap()
}

impl Platform {
    /// The same platform, where nobody publishes a price list before the first process starts.
    #[must_use]
    pub fn without_prices(self) -> Self {
        let mut platform = self;
        platform.prices = None;
        platform
    }

    /// Opens with this price list instead of the example.
    pub fn open_with(&mut self, prices: Value) {
        self.prices = Some(prices);
    }

    /// An admin publishes the price list, as a deployment does before it opens.
    pub(crate) async fn open(&self) {
        let Some(prices) = &self.prices else { return };
        let (_, email) = self.new_admin().await;
        // For as long as can be: clocks leap over days here.
        self.tot_login(&email, &["--hours", "744"]).await;
        let file = self.folder().join("opening-prices.json");
        std::fs::write(&file, prices.to_string()).unwrap();
        let file = file.display().to_string();
        self.tot(&["prices", "publish", &file], "").await;
        *self.publisher.lock().unwrap() = Some(email);
    }

    /// An admin, made by the command line as the first one always is.
    pub async fn admin(&self) -> Persona {
        let publisher = self.publisher.lock().unwrap().take();
        let email = match publisher {
            Some(email) => email,
            None => self.new_admin().await.1,
        };
        persona::login(&self.anonymous(), &email).await
    }

    /// Signs an admin in on the command line: `tot` acts as them from then on, for twelve hours.
    pub async fn sign_in_operator(&self, email: &str) {
        self.tot_login(email, &[]).await;
    }

    /// `tot login` with a code of the admin's app, which is enrolled on the command line where there is none yet; answers what it printed.
    pub async fn tot_login(&self, email: &str, more: &[&str]) -> String {
        let code = self.code_of(email).await;
        let login = ["login", "--email", email, "--password-stdin", "--code", &code];
        self.tot(&[&login[..], more].concat(), PASSWORD).await
    }

    /// A code of an admin's app that was not brought yet.
    pub async fn code_of(&self, email: &str) -> String {
        let clock = dev_stack::read_clock(self.owner_url()).await.unwrap();
        let now = Timestamp::from_millisecond(clock.now_ms).unwrap();
        if !authenticator::is_known(email) {
            let whose = ["--email", email, "--password-stdin", "--json"];
            let enrol = [&["second-factor", "enrol"], &whose[..]].concat();
            let begun: Value = serde_json::from_str(&self.tot(&enrol, PASSWORD).await).unwrap();
            let secret = begun["secret"].as_str().unwrap();
            let code = authenticator::code_of(secret, u64::try_from(now.as_second()).unwrap());
            let confirm = [&["second-factor", "confirm", "--code", &code], &whose[..]].concat();
            let confirmed: Value = serde_json::from_str(&self.tot(&confirm, PASSWORD).await).unwrap();
            authenticator::keep(email, secret, now, &confirmed["recovery_codes"]);
        }
        authenticator::fresh_code(email, now)
    }

    /// `tot` as a new admin, whoever is signed in; a failure is an answer.
    pub async fn try_tot_as_admin(&self, arguments: &[&str]) -> Output {
        let (_, email) = self.new_admin().await;
        let token = self.tot_login(&email, &["--print"]).await;
        let mut environment = self.environment().to_vec();
        environment.push(("TOT_OPERATOR_TOKEN".to_owned(), token.trim().to_owned()));
        command(arguments, &environment).output().await.unwrap()
    }

    /// The same, and it succeeds: what it printed.
    pub async fn tot_as_admin(&self, arguments: &[&str]) -> String {
        let output = self.try_tot_as_admin(arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tot {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The id and e-mail of a new admin, who need not be signed in.
    pub async fn new_admin(&self) -> (String, String) {
        let email = format!("admin{}@example.com", persona::number());
        let create = ["--json", "admin", "create", "--role", "admin", "--password-stdin"];
        let said = self
            .tot(&[&create[..], &["--email", &email]].concat(), PASSWORD)
            .await;
        let account: Value = serde_json::from_str(&said).unwrap();
        (account["id"].as_str().unwrap().to_owned(), email)
    }
}
