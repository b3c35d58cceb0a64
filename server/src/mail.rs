//! Opens the port through which mail leaves.

use std::path::PathBuf;
use std::sync::Arc;

use commands::ports::Messenger;
use integrations::{SmtpError, SmtpMessenger};

use crate::config::MailConfig;

/// Why mail cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The certificates trusted beside the usual ones.
    #[error("TOT_SMTP_ROOTS: {0} cannot be read")]
    Roots(PathBuf, #[source] std::io::Error),
    /// They hold nothing to trust.
    #[error("TOT_SMTP_ROOTS must be {0}")]
    Certificates(SmtpError),
}

/// Makes the client; nobody is called yet.
pub fn open(config: &MailConfig) -> Result<Arc<dyn Messenger>, MailError> {
    let roots = match &config.roots {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.map_err(|error| MailError::Roots(path.clone(), error))?)
        }
        None => None,
    };
    let messenger = SmtpMessenger::new(&config.server, config.sender.clone(), roots.as_deref());
    Ok(Arc::new(messenger.map_err(MailError::Certificates)?))
}
