//! Places in lists, as clients send them back.

use jiff::Timestamp;
use projections::{Cursor, List};
use uuid::Uuid;

pub fn seeds() -> Vec<Vec<u8>> {
    let some = [List::Bookings, List::Payments, List::Slots, List::AuditTrail];
    let at = Timestamp::UNIX_EPOCH;
    some.map(|list| Cursor::at(list, at, Uuid::max()).encode().into_bytes())
        .into()
}

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(cursor) = Cursor::parse(text) {
        assert_eq!(cursor.encode(), text, "a cursor has one spelling");
        let both = [List::Bookings, List::Payments].map(|list| cursor.place(list).is_ok());
        assert_ne!(both, [true, true], "a cursor is of one list");
    }
}
