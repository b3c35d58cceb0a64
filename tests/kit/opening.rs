//! How a platform under test opens: an admin publishes a price list, as a deployment does.

use std::process::Output;

use serde_json::Value;

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
        let login = ["login", "--email", &email, "--password-stdin", "--hours", "744"];
        self.tot(&login, PASSWORD).await;
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
        let login = ["login", "--email", email, "--password-stdin"];
        self.tot(&login, PASSWORD).await;
    }

    /// `tot` as a new admin, whoever is signed in; a failure is an answer.
    pub async fn try_tot_as_admin(&self, arguments: &[&str]) -> Output {
        let (_, email) = self.new_admin().await;
        let login = ["login", "--email", &email, "--password-stdin", "--print"];
        let token = self.tot(&login, PASSWORD).await;
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
