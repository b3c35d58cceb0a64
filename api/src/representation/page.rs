//! A page of a list as JSON.

use projections::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// A stretch of a list and, if more follows, where the next begins.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PageView<T> {
    /// The entries, in the list's order.
    pub items: Vec<T>,
    /// Pass it as `cursor` to go on; null at the end.
    #[schema(example = "YgAAAZoq…")]
    pub next: Option<String>,
}

impl<T> PageView<T> {
    /// The page with each of its rows as JSON.
    pub fn of<R>(page: Page<R>, show: impl FnMut(R) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(show).collect(),
            next: page.next.map(|cursor| cursor.encode()),
        }
    }
}
