#![doc = include_str!("../README.md")]

pub mod breaker;
pub mod collector;
pub mod exolve;
pub mod http;
pub mod networks;
pub mod qr;
pub mod routing;
pub mod smtp;
pub mod tbank;
pub mod webhook_sender;
pub mod witness;
pub mod yookassa;

mod not_offered;
mod scrub;
#[cfg(test)]
mod tests;

pub use breaker::{Breaker, BreakerOptions};
pub use collector::OtlpCollector;
pub use exolve::{EXOLVE_URL, Exolve, ExolveError, SmsSender};
pub use http::{Http, HttpError, Limits};
pub use networks::Networks;
pub use qr::QrPicture;
pub use routing::Routes;
pub use smtp::{MailSender, SmtpError, SmtpMessenger, SmtpServer};
pub use webhook_sender::HttpSender;
pub use witness::HttpWitness;
