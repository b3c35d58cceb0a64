//! The pages a payer sees, in Russian with English second.

use std::sync::Arc;

use axum::Router;

use crate::desk::Desk;

/// Every page.
pub fn router() -> Router<Arc<Desk>> {
    Router::new()
}
