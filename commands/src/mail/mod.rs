//! Mail to people: what it says, and the worker that has it carried.

mod texts;
mod worker;

pub use texts::{Text, text};
pub use worker::{Carriers, MailWorker, MailWorkerOptions};
