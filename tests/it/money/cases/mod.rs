//! What can go wrong with real money, by number (`docs/FAILURE-CASES.md`): shown here over HTTP, against the real binary and
//! a sandbox that plays the providers' worst days.

mod beginning;
mod holds;
mod notices;
mod redaction;
mod refunds;
mod storms;
mod twice;
