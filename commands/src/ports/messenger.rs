//! The ports through which people are written to: by e-mail, and by text messages.

use futures::future::BoxFuture;
use identity::{Email, Phone};
use uuid::Uuid;

/// A message as its receiver reads it; `Debug` shows neither whose it is nor what it says.
#[derive(Clone)]
pub struct MailMessage {
    /// The same however often it is sent, so that mail programs know a repetition again.
    pub id: Uuid,
    /// To whom.
    pub to: Email,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

impl std::fmt::Debug for MailMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailMessage")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Why a message was not taken. No text of the server's is kept: it may quote the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessengerError {
    /// For good: this message, or this receiver.
    #[error("the server refused it for good ({0})")]
    Refused(u16),
    /// Not now, by an answer of its own.
    #[error("the server does not take it at present ({0})")]
    Later(u16),
    /// No connection, or none that is trusted.
    #[error("the server cannot be reached: {0}")]
    Unreachable(Unreachable),
    /// It cannot be written as a mail.
    #[error("it cannot be written as a mail")]
    Unwritable,
}

/// What became of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// TLS: the certificate is not believed, or there is no TLS.
    #[error(
        "TLS failed; is its certificate of a known authority (TOT_SMTP_ROOTS) and of the host in TOT_SMTP_URL or TOT_SMS_URL?"
    )]
    Tls,
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// There is nobody, or they broke off.
    #[error("no connection, or it broke off")]
    Connection,
    /// It speaks otherwise than asked for: STARTTLS or the way to sign in is missing.
    #[error("it offers no STARTTLS, or no way to sign in that is known here")]
    Protocol,
}

/// Somebody who carries messages to people.
pub trait Messenger: Send + Sync {
    /// Hands a message over; done means that the server answers for it from then on.
    fn send(&self, message: MailMessage) -> BoxFuture<'_, Result<(), MessengerError>>;
}

/// A text message; `Debug` shows neither whose it is nor what it says.
#[derive(Clone)]
pub struct SmsMessage {
    /// Which.
    pub id: Uuid,
    /// To whom.
    pub to: Phone,
    /// At most seventy characters, so that it is one message.
    pub text: String,
}

impl std::fmt::Debug for SmsMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsMessage")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Somebody who carries text messages to people.
pub trait SmsGateway: Send + Sync {
    /// Hands a message over; done means that the gateway answers for it from then on.
    fn send(&self, message: SmsMessage) -> BoxFuture<'_, Result<(), MessengerError>>;
}
