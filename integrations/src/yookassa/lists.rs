//! YooKassa's lists: windows by creation time, newest first, page by page.

use commands::ports::{Page, ProviderReply, RefundSnapshot, Snapshot, UnknownReason, Window};
use jiff::Timestamp;

use super::client::Client;
use super::wire::List;
use super::{payments, refunds};

/// The longest page YooKassa gives.
pub(super) const LIMIT: &str = "100";

pub(super) async fn payments(
    client: &Client,
    window: Window,
    cursor: Option<String>,
) -> ProviderReply<Page<Snapshot>> {
    let answer: ProviderReply<List<_>> = client.get("payments", &["payments"], query(window, cursor)).await;
    answer.read(|list| page(list, payments::snapshot))
}

pub(super) async fn refunds(
    client: &Client,
    window: Window,
    cursor: Option<String>,
) -> ProviderReply<Page<RefundSnapshot>> {
    let answer: ProviderReply<List<_>> = client.get("refunds", &["refunds"], query(window, cursor)).await;
    answer.read(|list| page(list, refunds::snapshot))
}

/// A page in the platform's words; one line that cannot be read makes it unknown, for a hole would look like an absence.
pub(super) fn page<T, U>(
    list: List<T>,
    read: fn(T) -> Result<U, UnknownReason>,
) -> Result<Page<U>, UnknownReason> {
    let items = list.items.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page {
        items,
        next: list.next_cursor.filter(|cursor| !cursor.is_empty()),
    })
}

/// The parts of a query for a window.
pub(super) fn query(window: Window, cursor: Option<String>) -> Vec<(String, String)> {
    let mut query = vec![
        ("created_at.gte".to_owned(), moment(window.from)),
        ("created_at.lt".to_owned(), moment(window.to)),
        ("limit".to_owned(), LIMIT.to_owned()),
    ];
    query.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor)));
    query
}

/// YooKassa's times have milliseconds.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}
