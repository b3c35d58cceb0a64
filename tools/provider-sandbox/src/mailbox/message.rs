//! A mail as it was received.

use mail_parser::MessageParser;
use serde::Serialize;

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceivedMail {
    /// Counted from 1.
    pub number: u64,
    /// `Message-ID`, without its brackets.
    pub id: String,
    /// `From`, the address alone.
    pub from: String,
    /// Whom it was handed over for.
    pub to: Vec<String>,
    /// Decoded.
    pub subject: String,
    /// The text, decoded.
    pub text: String,
}

impl ReceivedMail {
    /// Of the bytes behind `DATA`; what cannot be read is empty.
    pub fn of(to: Vec<String>, raw: &[u8]) -> Self {
        let parsed = MessageParser::default().parse(raw);
        let parsed = parsed.as_ref();
        let from = parsed.and_then(|mail| mail.from()?.first()?.address());
        let text = parsed.and_then(|mail| mail.body_text(0));
        Self {
            number: 0,
            id: parsed
                .and_then(|mail| mail.message_id())
                .unwrap_or_default()
                .to_owned(),
            from: from.unwrap_or_default().to_owned(),
            to,
            subject: parsed
                .and_then(|mail| mail.subject())
                .unwrap_or_default()
                .to_owned(),
            text: text.map(|text| text.replace("\r\n", "\n")).unwrap_or_default(),
        }
    }
}
