//! YooKassa's lists: windows by creation time, newest first, page by page.

use commands::ports::{Page, ProviderReply, RefundSnapshot, Snapshot, UnknownReason, Window};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

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

/// Everything a list shows, read to its end: YooKassa has no other search.
pub(super) async fn all<T: DeserializeOwned, U>(
    client: &Client,
    operation: &'static str,
    path: &[&str],
    query: Vec<(String, String)>,
    read: fn(T) -> Result<U, UnknownReason>,
) -> ProviderReply<Vec<U>> {
    let (mut found, mut cursor) = (Vec::new(), None);
    for _ in 0..client.limits().find_pages_max {
        let mut query = query.clone();
        query.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor)));
        let answer: ProviderReply<List<T>> = client.get(operation, path, query).await;
        let page = match answer.read(|list| page(list, read)).accepted() {
            Ok(page) => page,
            Err(answer) => return answer,
        };
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return ProviderReply::Accepted(found);
        }
    }
    too_long()
}

pub(super) fn too_long<T>() -> ProviderReply<T> {
    ProviderReply::Unknown(UnknownReason::CannotTell(
        "the list is too long to search".to_owned(),
    ))
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
