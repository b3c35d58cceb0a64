//! Pages of lists: a bounded length and an opaque place to go on from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{FromRow, PgPool, Postgres};
use uuid::Uuid;

use crate::QueryError;
use crate::sql_types::{self, EARLIEST, LATEST};

/// Rows of a page when the client names no limit.
pub const LIMIT_DEFAULT: u16 = 50;
/// Rows of a page at most.
pub const LIMIT_MAX: u16 = 200;

/// How many rows a page has at most: 1 to [`LIMIT_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u16);

/// A limit outside 1 to [`LIMIT_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit is 1 to {LIMIT_MAX}")]
pub struct LimitRefusal;

impl Limit {
    /// This many rows.
    ///
    /// # Errors
    /// [`LimitRefusal`] unless 1 to [`LIMIT_MAX`].
    pub fn new(rows: u16) -> Result<Self, LimitRefusal> {
        if (1..=LIMIT_MAX).contains(&rows) {
            Ok(Self(rows))
        } else {
            Err(LimitRefusal)
        }
    }

    /// From 1 to [`LIMIT_MAX`].
    pub const fn rows(self) -> u16 {
        self.0
    }

    /// One row more than the page shows: whether it is there says whether another page follows.
    pub(crate) fn and_one_more(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

/// A stretch of a list and, if more follows, where the next begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Where to go on; absent at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Nothing, and nothing more.
    pub(crate) const fn empty() -> Self {
        Self {
            items: Vec::new(),
            next: None,
        }
    }

    /// Asks for a page: the last parameter of `query`, yet to be bound, is how many rows it may find.
    pub(crate) async fn fetch(
        pool: &PgPool,
        query: QueryAs<'_, Postgres, T, PgArguments>,
        limit: Limit,
        place: impl Fn(&T) -> Cursor,
    ) -> Result<Self, QueryError>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let rows = query.bind(limit.and_one_more()).fetch_all(pool).await?;
        Ok(Self::cut(rows, limit, place))
    }

    /// Cuts the one row too many off and points behind the last that stays.
    pub(crate) fn cut(mut items: Vec<T>, limit: Limit, place: impl Fn(&T) -> Cursor) -> Self {
        let more = items.len() > usize::from(limit.rows());
        items.truncate(usize::from(limit.rows()));
        let next = if more { items.last().map(place) } else { None };
        Self { items, next }
    }
}

/// A place in one list: the sort key and the id of the last row seen. Clients see it as opaque text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    list: List,
    key: i64,
    id: Uuid,
}

/// Where a list begins that shows the earliest first.
pub(crate) const OLDEST_FIRST: (Timestamp, Uuid) = (EARLIEST, Uuid::nil());
/// Where a list begins that shows the latest first.
pub(crate) const NEWEST_FIRST: (Timestamp, Uuid) = (LATEST, Uuid::max());

/// Text that is no cursor, not one of this list, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of this list")]
pub struct CursorRefusal;

/// The lists there are, each with the byte that tells its cursors: one of them means nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum List {
    /// By request time, newest first.
    Bookings = b'b',
    /// By request time, oldest first.
    BookingsOldest = b'B',
    /// By the visit's start, earliest first.
    Agenda = b'a',
    /// By the visit's start, latest first.
    AgendaLatest = b'A',
    /// By their start, newest first.
    Payments = b'p',
    /// By their start, oldest first.
    PaymentsOldest = b'P',
    /// The ledger's, by position.
    Entries = b'e',
    /// An account's entries, by position.
    Statement = b's',
    /// By the position of their fact.
    Anomalies = b'x',
    /// By when they were asked for.
    Payouts = b'o',
    /// By when they were asked for.
    Reconciliations = b'r',
    /// A doctor's free slots, by their start.
    Slots = b'f',
    /// A doctor's, by their start.
    Blocks = b'k',
    /// By how long they have waited.
    OpenCalls = b'c',
    /// By when they are due.
    Intents = b'i',
    /// What staff read and did, by when.
    AuditTrail = b'u',
    /// Who was shown one's data, by when.
    DataReads = b'R',
    /// Erasures of people, by when they were asked for, the latest first.
    Erasures = b'E',
    /// A doctor's open days, by their date.
    Days = b'd',
    /// Doctors by their next free slot.
    DoctorsBySlot = b'n',
    /// Doctors by the price of a visit, the cheapest first.
    DoctorsByPrice = b'm',
    /// By their distance, nearest first.
    DoctorsByDistance = b'y',
    /// Doctors by the price of a visit, the dearest first.
    DoctorsDearest = b'M',
    /// Endpoints of webhooks by when they were made.
    WebhookEndpoints = b'w',
    /// An endpoint's deliveries by when they were queued, the latest first.
    Deliveries = b'v',
    /// Apps by when they were made.
    Apps = b'q',
    /// An app's patients by when they let it act for them.
    AppPatients = b'Q',
}

impl List {
    fn of(tag: u8) -> Option<Self> {
        let all = [
            Self::Bookings,
            Self::BookingsOldest,
            Self::Agenda,
            Self::AgendaLatest,
            Self::Payments,
            Self::PaymentsOldest,
            Self::Entries,
            Self::Statement,
            Self::Anomalies,
            Self::Payouts,
            Self::Reconciliations,
            Self::Slots,
            Self::Blocks,
            Self::OpenCalls,
            Self::Intents,
            Self::AuditTrail,
            Self::DataReads,
            Self::Erasures,
            Self::Days,
            Self::DoctorsBySlot,
            Self::DoctorsByPrice,
            Self::DoctorsByDistance,
            Self::DoctorsDearest,
            Self::WebhookEndpoints,
            Self::Deliveries,
            Self::Apps,
            Self::AppPatients,
        ];
        all.into_iter().find(|list| *list as u8 == tag)
    }
}

/// Tag, key, id, checksum.
const CURSOR_BYTES: usize = 1 + 8 + 16 + 4;
const CHECKED_BYTES: usize = CURSOR_BYTES - 4;

impl Cursor {
    /// How many characters [`Cursor::encode`] writes.
    pub const CHARS: usize = (CURSOR_BYTES * 8).div_ceil(6);

    /// The place of the row with this sort key and id.
    pub const fn new(list: List, key: i64, id: Uuid) -> Self {
        Self { list, key, id }
    }

    /// The place of a row in a list by time.
    pub fn at(list: List, at: Timestamp, id: Uuid) -> Self {
        Self::new(list, at.as_microsecond(), id)
    }

    /// The sort key and id, if the cursor belongs to `list`.
    ///
    /// # Errors
    /// [`CursorRefusal`] when it is another list's.
    pub fn place(self, list: List) -> Result<(i64, Uuid), CursorRefusal> {
        if self.list == list {
            Ok((self.key, self.id))
        } else {
            Err(CursorRefusal)
        }
    }

    /// Where a list by time goes on, to be bound: at the cursor, or where the list begins.
    pub(crate) fn time_place(
        cursor: Option<Self>,
        list: List,
        start: (Timestamp, Uuid),
    ) -> Result<(jiff_sqlx::Timestamp, Uuid), CursorRefusal> {
        let (at, id) = match cursor {
            Some(cursor) => cursor.instant(list)?,
            None => start,
        };
        Ok((sql_types::time(at), id))
    }

    /// The instant and id of the row, if the cursor belongs to `list`, which is by time.
    ///
    /// # Errors
    /// [`CursorRefusal`] when it is another list's.
    pub fn instant(self, list: List) -> Result<(Timestamp, Uuid), CursorRefusal> {
        let (micros, id) = self.place(list)?;
        let at = Timestamp::from_microsecond(micros).map_err(|_| CursorRefusal)?;
        Ok((at, id))
    }

    /// The text handed to clients: base64url without padding.
    pub fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(CURSOR_BYTES);
        bytes.push(self.list as u8);
        bytes.extend_from_slice(&self.key.to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&checksum(&bytes).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Cursor::encode`] wrote.
    ///
    /// # Errors
    /// [`CursorRefusal`] for anything else.
    pub fn parse(text: &str) -> Result<Self, CursorRefusal> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorRefusal)?;
        let bytes: [u8; CURSOR_BYTES] = bytes.try_into().map_err(|_| CursorRefusal)?;
        let (checked, sum) = bytes.split_at(CHECKED_BYTES);
        if checksum(checked).to_be_bytes() != sum {
            return Err(CursorRefusal);
        }
        let (tag, rest) = checked.split_first().ok_or(CursorRefusal)?;
        let (key, id) = rest.split_at(8);
        Ok(Self {
            list: List::of(*tag).ok_or(CursorRefusal)?,
            key: i64::from_be_bytes(key.try_into().map_err(|_| CursorRefusal)?),
            id: Uuid::from_slice(id).map_err(|_| CursorRefusal)?,
        })
    }
}

/// FNV-1a: finds slips and tinkering. A cursor opens nothing by itself, so it needs no secret: the owner comes from
/// the token.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_survives_the_way_out_and_back(key: i64, id: u128) {
            let cursor = Cursor::new(List::Payments, key, Uuid::from_u128(id));
            prop_assert_eq!(Cursor::parse(&cursor.encode()), Ok(cursor));
        }

        #[test]
        fn a_changed_cursor_is_refused(key: i64, id: u128, at in 0..38_usize, letter in "[A-Za-z0-9_-]") {
            let text = Cursor::new(List::Agenda, key, Uuid::from_u128(id)).encode();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &letter);
            prop_assume!(changed != text);
            prop_assert_eq!(Cursor::parse(&changed), Err(CursorRefusal));
        }
    }

    #[test]
    fn text_that_is_no_cursor_is_refused() {
        for text in ["", "x", "####", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(Cursor::parse(text), Err(CursorRefusal), "{text}");
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = Cursor::new(List::Agenda, 7, Uuid::nil());
        assert_eq!(cursor.place(List::Bookings), Err(CursorRefusal));
        assert_eq!(cursor.place(List::Agenda), Ok((7, Uuid::nil())));
    }

    #[test]
    fn a_limit_is_bounded() {
        assert_eq!(Limit::new(0), Err(LimitRefusal));
        assert_eq!(Limit::new(201), Err(LimitRefusal));
        assert_eq!(Limit::new(200).map(Limit::rows), Ok(200));
        assert_eq!(Limit::default().rows(), 50);
    }
}
