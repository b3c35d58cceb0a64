//! The part of text messages in the configuration: who they are from, which makes them a part of this deployment, and the key, of whoever
//! sends them alone.

use integrations::{EXOLVE_URL, Exolve, ExolveError, SmsSender};

use super::Reader;

const SENDER: &str = "TOT_SMS_SENDER";
const KEY: &str = "TOT_SMS_KEY";
const URL: &str = "TOT_SMS_URL";
const MEND: &str = "text messages need both: TOT_SMS_SENDER, the name or the number that MTS Exolve knows, and TOT_SMS_KEY, the \
                    application's key; without text messages set neither";

/// The gateway, where text messages are sent.
pub fn read(reader: &mut Reader<'_>) -> Option<Exolve> {
    let (sender, key) = reader.keys([SENDER, KEY], false, MEND)?;
    let sender = SmsSender::parse(&sender).map_err(|error| reader.wrong(SENDER, error.to_string()));
    let url = reader.text(URL).unwrap_or(EXOLVE_URL).to_owned();
    let variable = |error: &ExolveError| match error {
        ExolveError::Key => KEY,
        ExolveError::Sender => SENDER,
        ExolveError::Url | ExolveError::Client(_) => URL,
    };
    let gateway = Exolve::new(&url, sender.ok()?, &key);
    gateway
        .map_err(|error| reader.wrong(variable(&error), error.to_string()))
        .ok()
}

/// Whether text messages are a part of this deployment: they have a sender.
pub fn is_sent(reader: &mut Reader<'_>) -> bool {
    let read = |text: &str| SmsSender::parse(text).ok().map(Some);
    reader
        .parsed_or(SENDER, None, read, "a sender such as TOT")
        .is_some()
}
