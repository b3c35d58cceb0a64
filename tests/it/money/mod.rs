//! Real money, as far as a sandbox can rehearse it: payers click through pages, providers fail, and every kopeck is found.

mod books;
mod card;
mod cases;
mod causes;
pub mod control;
mod deposits;
mod found;
mod late;
mod merchant_dashboard;
mod payout_books;
mod payout_history;
mod payouts;
pub mod provider_fixture;
mod return_urls;
mod sbp;
mod slow_provider;
mod withdrawals;
