//! The mailbox of `tot dev`: takes the platform's mail and shows it, unless a real mail server is named.

use std::net::{Ipv4Addr, SocketAddr};

use provider_sandbox::{MAILBOX_SMS_KEY, Mailbox, SandboxError};

use crate::config::{Environment, is_given};

const URL: &str = "TOT_SMTP_URL";
const FROM: &str = "TOT_MAIL_FROM";
const SMS_SENDER: &str = "TOT_SMS_SENDER";
const SMS_KEY: &str = "TOT_SMS_KEY";
const SMS_URL: &str = "TOT_SMS_URL";
/// Who mail is from where nobody says otherwise.
const SENDER: &str = "TOT <no-reply@tot.example>";

/// Starts it, its page at `page`, unless the environment names a mail server. An earlier `tot dev`'s, which `operator.env` may name, is
/// none: it is gone.
///
/// # Errors
/// [`SandboxError`] when an address is taken.
pub async fn start(environment: &Environment, page: SocketAddr) -> Result<Option<Mailbox>, SandboxError> {
    let is_earlier = environment.get(FROM) == Some(SENDER);
    if is_given(environment, URL) && !is_earlier {
        return Ok(None);
    }
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Mailbox::start(any, page).await.map(Some)
}

/// The same environment with this mailbox for a mail server, and for a gateway of text messages unless a real one is named.
pub fn in_environment(environment: Environment, mailbox: &Mailbox) -> Environment {
    let environment = environment
        .with(FROM, SENDER)
        .with(URL, mailbox.smtp_url.as_str());
    let is_earlier = environment.get(SMS_KEY) == Some(MAILBOX_SMS_KEY);
    if is_given(&environment, SMS_KEY) && !is_earlier {
        return environment;
    }
    environment
        .with(SMS_SENDER, "TOT")
        .with(SMS_KEY, MAILBOX_SMS_KEY)
        .with(SMS_URL, mailbox.sms_url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, complete};
    use crate::role::Role;

    #[tokio::test]
    async fn a_mailbox_takes_the_mail_unless_a_server_is_named() {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mailbox = start(&complete(), any).await.unwrap().unwrap();
        let sourced = in_environment(complete(), &mailbox);
        let config = Config::read(&sourced, &Role::ALL).unwrap();
        assert!(config.sends_mail && config.sends_sms && config.sms.is_some());
        mailbox.stop().await;
        let second = start(&sourced, any).await.unwrap();
        second.unwrap().stop().await;
        let real = complete()
            .with(FROM, "TOT <no-reply@clinic.example>")
            .with(URL, "smtps://mail.example");
        assert!(start(&real, any).await.unwrap().is_none());
        assert!(
            Mailbox::start(SocketAddr::from(([0, 0, 0, 0], 0)), any)
                .await
                .is_err()
        );
    }
}
