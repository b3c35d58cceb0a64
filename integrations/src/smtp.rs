//! Mail over SMTP: to a server on this machine in clear, to any other by TLS alone, whose certificate is checked.

use std::time::Duration;

use commands::ports::messenger::Unreachable;
use commands::ports::{MailMessage, Messenger, MessengerError};
use futures::future::BoxFuture;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// How long one command of the protocol may take.
const COMMAND_WITHIN: Duration = Duration::from_secs(10);
/// How long a message may take in all: less than a stopping process waits for its tasks.
const MESSAGE_WITHIN: Duration = Duration::from_secs(20);
/// What a server answers whose trouble passes, where it says nothing more precise.
const TRANSIENT: u16 = 450;

/// Why mail cannot be sent as it is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// Of `TOT_SMTP_URL`.
    #[error(
        "an address such as smtps://user:password@mail.example (TLS from the start) or smtp://user:password@mail.example:587 (STARTTLS)"
    )]
    Url,
    /// Of `TOT_MAIL_FROM`.
    #[error("a sender such as TOT <no-reply@clinic.example>")]
    Sender,
    /// Of `TOT_SMTP_ROOTS`.
    #[error("a file of certificates in PEM that this process can read")]
    Roots,
}

/// Whom mail is from: `Name <address>` or an address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSender(Mailbox);

impl MailSender {
    /// Reads it.
    ///
    /// # Errors
    /// [`SmtpError::Sender`].
    pub fn parse(text: &str) -> Result<Self, SmtpError> {
        text.parse().map(Self).map_err(|_| SmtpError::Sender)
    }

    fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

/// Whether, and from when on, a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    /// From the first byte on.
    Implicit,
    /// By STARTTLS, or not at all.
    StartTls,
    /// Never: the server is on this machine.
    None,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<(String, SecretString)>,
}

impl SmtpServer {
    /// Reads `smtps://…` and `smtp://…`; the latter in clear only on this machine.
    ///
    /// # Errors
    /// [`SmtpError::Url`].
    pub fn parse(url: &SecretString) -> Result<Self, SmtpError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| SmtpError::Url)?;
        let is_plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let host = url.host().filter(|_| is_plain).ok_or(SmtpError::Url)?;
        // The scheme is none that the library of addresses knows: hosts are not looked at any closer there.
        let host = Host::parse(&host.to_string()).map_err(|_| SmtpError::Url)?;
        let is_here = match &host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let (encryption, port) = match url.scheme() {
            "smtps" => (Encryption::Implicit, 465),
            "smtp" if is_here => (Encryption::None, 25),
            "smtp" => (Encryption::StartTls, 587),
            _ => return Err(SmtpError::Url),
        };
        let decoded = |text: &str| {
            let bytes = percent_encoding::percent_decode_str(text);
            bytes.decode_utf8().map(|text| text.into_owned())
        };
        let user = decoded(url.username()).map_err(|_| SmtpError::Url)?;
        let password = decoded(url.password().unwrap_or_default()).map_err(|_| SmtpError::Url)?;
        Ok(Self {
            host: host.to_string().trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            encryption,
            credentials: (!user.is_empty()).then(|| (user, password.into())),
        })
    }
}

/// Carries mail to a server, a connection for each.
pub struct SmtpMessenger {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: MailSender,
}

impl SmtpMessenger {
    /// One that trusts the usual authorities, and those of `extra_roots_pem` beside them.
    ///
    /// # Errors
    /// [`SmtpError::Roots`] where that holds no certificates.
    pub fn new(
        server: &SmtpServer,
        sender: MailSender,
        extra_roots_pem: Option<&str>,
    ) -> Result<Self, SmtpError> {
        let tls = match server.encryption {
            Encryption::Implicit => Tls::Wrapper(parameters(&server.host, extra_roots_pem)?),
            Encryption::StartTls => Tls::Required(parameters(&server.host, extra_roots_pem)?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.as_str())
            .port(server.port)
            .tls(tls)
            .timeout(Some(COMMAND_WITHIN))
            .hello_name(ClientId::Domain(sender.domain().to_owned()));
        if let Some((user, password)) = &server.credentials {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            sender,
        })
    }

    fn written(&self, message: MailMessage) -> Result<Message, MessengerError> {
        let to = message
            .to
            .as_str()
            .parse()
            .map_err(|_| MessengerError::Unwritable)?;
        Message::builder()
            .from(self.sender.0.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(format!("<{}@{}>", message.id, self.sender.domain())))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .subject(message.subject)
            .body(message.text)
            .map_err(|_| MessengerError::Unwritable)
    }
}

impl Messenger for SmtpMessenger {
    fn send(&self, message: MailMessage) -> BoxFuture<'_, Result<(), MessengerError>> {
        Box::pin(async move {
            let written = self.written(message)?;
            match tokio::time::timeout(MESSAGE_WITHIN, self.transport.send(written)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(told(&error)),
                Err(_) => Err(MessengerError::Unreachable(Unreachable::Timeout)),
            }
        })
    }
}

/// Written by a program: nobody's absence is answered to it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn parameters(host: &str, extra_roots_pem: Option<&str>) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = extra_roots_pem {
        let mut roots = 0;
        for certificate in pem.split_inclusive(PEM_END).filter(|part| part.contains(PEM_END)) {
            let certificate = Certificate::from_pem(certificate.as_bytes()).map_err(|_| SmtpError::Roots)?;
            builder = builder.add_root_certificate(certificate);
            roots += 1;
        }
        if roots == 0 {
            return Err(SmtpError::Roots);
        }
    }
    builder.build_rustls().map_err(|_| SmtpError::Roots)
}

/// How a certificate in PEM ends.
const PEM_END: &str = "-----END CERTIFICATE-----";

/// What a failure means; what the server said is left out, for it may quote the receiver.
fn told(error: &Error) -> MessengerError {
    let status = error.status().map(u16::from);
    if error.is_permanent() {
        return MessengerError::Refused(status.unwrap_or(TRANSIENT));
    }
    if error.is_transient() {
        return MessengerError::Later(status.unwrap_or(TRANSIENT));
    }
    MessengerError::Unreachable(if error.is_tls() {
        Unreachable::Tls
    } else if error.is_timeout() {
        Unreachable::Timeout
    } else if error.is_client() {
        Unreachable::Protocol
    } else {
        Unreachable::Connection
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<(String, u16, Encryption, bool), SmtpError> {
        let server = SmtpServer::parse(&url.to_owned().into())?;
        let signs_in = server.credentials.is_some();
        Ok((server.host, server.port, server.encryption, signs_in))
    }

    #[test]
    fn only_a_server_on_this_machine_is_spoken_to_in_clear() {
        let is = |host: &str, port, encryption, signs_in| Ok((host.to_owned(), port, encryption, signs_in));
        for (url, expected) in [
            (
                "smtps://mail.example",
                is("mail.example", 465, Encryption::Implicit, false),
            ),
            (
                "smtps://a%40b:p%2Fw@mail.example:2465",
                is("mail.example", 2465, Encryption::Implicit, true),
            ),
            (
                "smtp://user:hush@mail.example",
                is("mail.example", 587, Encryption::StartTls, true),
            ),
            (
                "smtp://10.0.0.7:25",
                is("10.0.0.7", 25, Encryption::StartTls, false),
            ),
            (
                "smtp://127.0.0.1:1025",
                is("127.0.0.1", 1025, Encryption::None, false),
            ),
            ("smtp://localhost", is("localhost", 25, Encryption::None, false)),
            ("smtp://[::1]:1025", is("::1", 1025, Encryption::None, false)),
            (
                "smtp://localhost.example",
                is("localhost.example", 587, Encryption::StartTls, false),
            ),
        ] {
            assert_eq!(parsed(url), expected, "{url}");
        }
        for url in [
            "",
            "mail.example",
            "https://mail.example",
            "smtp://mail.example?tls=none",
            "smtp://mail.example/x",
            "smtp://",
        ] {
            assert_eq!(parsed(url), Err(SmtpError::Url), "{url}");
        }
    }

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        assert_eq!(
            MailSender::parse("TOT <no-reply@clinic.example>")
                .unwrap()
                .domain(),
            "clinic.example"
        );
        assert!(MailSender::parse("no-reply@clinic.example").is_ok());
        for text in ["", "clinic.example", "TOT <>", "a@b@c"] {
            assert_eq!(MailSender::parse(text), Err(SmtpError::Sender), "{text}");
        }
    }

    #[test]
    fn a_mail_is_the_same_however_often_it_is_written_but_for_its_date() {
        let server = SmtpServer::parse(&"smtp://127.0.0.1:9".to_owned().into()).unwrap();
        let sender = MailSender::parse("ТОТ <no-reply@clinic.example>").unwrap();
        let messenger = SmtpMessenger::new(&server, sender, None).unwrap();
        let message = MailMessage {
            id: uuid::Uuid::from_u128(7),
            to: identity::Email::parse("anna@example.com").unwrap(),
            subject: "Код / Code".to_owned(),
            text: "Код: ABCDE-FGHJK\n".to_owned(),
        };
        assert!(!format!("{message:?}").contains("anna"));
        let written = String::from_utf8(messenger.written(message).unwrap().formatted()).unwrap();
        for line in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@clinic.example>\r\n",
            "To: anna@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
        ] {
            assert!(written.contains(line), "{line} in {written}");
        }
    }

    #[test]
    fn roots_that_hold_no_certificate_are_refused() {
        let server = SmtpServer::parse(&"smtps://mail.example".to_owned().into()).unwrap();
        let sender = || MailSender::parse("no-reply@clinic.example").unwrap();
        assert!(SmtpMessenger::new(&server, sender(), None).is_ok());
        for pem in [
            "",
            "nothing",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let made = SmtpMessenger::new(&server, sender(), Some(pem));
            assert_eq!(made.err(), Some(SmtpError::Roots), "{pem}");
        }
    }
}
