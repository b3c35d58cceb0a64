//! How a platform under test opens: an admin publishes a price list, as a deployment does.

use serde_json::Value;

use crate::persona::{self, PASSWORD, Persona};
use crate::platform::Platform;

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
        self.sign_in_operator(&email).await;
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
