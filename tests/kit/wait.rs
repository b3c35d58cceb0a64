//! Waiting for a condition, bounded, with the condition's name in the failure.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything may take on a busy two-core machine before it counts as never.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `look` yields a value.
pub async fn until<T, F, Fut>(what: &str, mut look: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = look().await {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "waited {PATIENCE:?} in vain for {what}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Looks for as long as `span` and fails as soon as `holds` does not: for what must go on, or must not happen.
pub async fn throughout<F, Fut>(what: &str, span: Duration, mut holds: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let deadline = Instant::now() + span;
    while Instant::now() < deadline {
        assert!(holds().await, "did not hold throughout {span:?}: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
