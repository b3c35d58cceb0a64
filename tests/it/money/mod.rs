//! Real money, as far as a sandbox can rehearse it: payers click through pages, providers fail, and every kopeck is found.

mod books;
mod cabinet;
mod card;
mod cases;
pub mod control;
mod deposits;
mod late;
mod payout_books;
mod payouts;
mod sbp;
mod slow_provider;
pub mod stand;
