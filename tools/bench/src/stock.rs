//! The stock service under the same load on the same servers.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::child::{Service, beside};
use crate::http;
use crate::load::{Gate, Measured, closed_loop};

/// Measures the stock service in the database at `url`.
pub async fn run(url: &str, connections: usize, duration: Duration) -> Result<Measured, String> {
    let environment = [("DATABASE_URL".to_owned(), url.to_owned())];
    let service = Service::start(
        &beside("stock-peer")?.display().to_string(),
        &[],
        &environment,
        "ready ",
    )
    .await?;
    let host = service.address.clone();
    let body = r#"{"call_type":"urgent","address":"ул. Ленина, 1","amount":"1500.00","symptoms":"кашель"}"#;
    let request = move |_| {
        http::post(
            "/bookings",
            &host,
            &format!("X-Request: {}\r\n", Uuid::nil()),
            body,
        )
    };
    let measured = closed_loop(
        &service.address,
        connections,
        duration,
        Arc::new(Gate::default()),
        request,
    )
    .await;
    service.stop().await;
    measured
}
