//! Mail's part of the configuration: who it is from, which makes mail a part of this deployment, and the server, of whoever sends it alone.

use std::path::PathBuf;

use integrations::{MailSender, SmtpServer};

use super::Reader;

const FROM: &str = "TOT_MAIL_FROM";
const URL: &str = "TOT_SMTP_URL";
const ROOTS: &str = "TOT_SMTP_ROOTS";
const MEND: &str = "mail needs both: TOT_MAIL_FROM, the sender such as `TOT <no-reply@clinic.example>`, and TOT_SMTP_URL, the server such \
                    as `smtps://user:password@mail.example`; without mail set neither";

/// The mail server, and who mail is from.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Who it is from (`TOT_MAIL_FROM`).
    pub sender: MailSender,
    /// The server (`TOT_SMTP_URL`).
    pub server: SmtpServer,
    /// Certificates of authorities trusted beside the usual ones (`TOT_SMTP_ROOTS`).
    pub roots: Option<PathBuf>,
}

impl MailConfig {
    /// Reads it for whoever sends; none where no mail is sent.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (sender, url) = reader.keys([FROM, URL], false, MEND)?;
        let sender = MailSender::parse(&sender).map_err(|error| reader.wrong(FROM, error.to_string()));
        let server = SmtpServer::parse(&url).map_err(|error| reader.wrong(URL, error.to_string()));
        Some(Self {
            sender: sender.ok()?,
            server: server.ok()?,
            roots: reader.text(ROOTS).map(PathBuf::from),
        })
    }
}

/// Whether mail is a part of this deployment: it has a sender.
pub fn is_sent(reader: &mut Reader<'_>) -> bool {
    let read = |text: &str| MailSender::parse(text).ok().map(Some);
    let expected = "a sender such as TOT <no-reply@clinic.example>";
    reader.parsed_or(FROM, None, read, expected).is_some()
}
