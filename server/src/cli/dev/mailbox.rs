//! The mailbox of `tot dev`: takes the platform's mail and shows it, unless a real mail server is named.

use std::net::{Ipv4Addr, SocketAddr};

use provider_sandbox::{Mailbox, SandboxError};

use crate::config::{Environment, is_given};

const URL: &str = "TOT_SMTP_URL";
const FROM: &str = "TOT_MAIL_FROM";
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

/// The same environment with this mailbox for a mail server.
pub fn in_environment(environment: Environment, mailbox: &Mailbox) -> Environment {
    environment
        .with(FROM, SENDER)
        .with(URL, mailbox.smtp_url.as_str())
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
        assert!(Config::read(&sourced, &Role::ALL).unwrap().sends_mail);
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
