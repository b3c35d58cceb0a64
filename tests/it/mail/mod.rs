//! Mail that really leaves: over SMTP, to a server that keeps what it is sent.

mod claims;
mod codes;
mod notices;
mod on_its_way;
mod phones;
mod resets;

use std::net::{Ipv4Addr, SocketAddr};

use kit::persona::Persona;
use kit::platform::{ALL, Platform};
use kit::wait::until;
use provider_sandbox::{MAILBOX_SMS_KEY, Mailbox, ReceivedMail};
use serde_json::json;

/// Who mail is from here.
const SENDER: &str = "TOT <no-reply@clinic.example>";

/// A port of this machine.
fn any() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// A platform that does not run yet, and the mailbox that its mail will go to.
async fn prepared() -> (Platform, Mailbox) {
    let mut platform = Platform::prepare().await;
    let mailbox = Mailbox::start(any(), any()).await.unwrap();
    with_mail(&mut platform, &mailbox);
    (platform, mailbox)
}

/// The same, running.
async fn running() -> (Platform, Mailbox) {
    let (mut platform, mailbox) = prepared().await;
    platform.serve(ALL).await;
    (platform, mailbox)
}

fn with_mail(platform: &mut Platform, mailbox: &Mailbox) {
    platform.set("TOT_MAIL_FROM", SENDER);
    platform.set("TOT_SMTP_URL", &mailbox.smtp_url);
    platform.set("TOT_SMS_SENDER", "TOT");
    platform.set("TOT_SMS_KEY", MAILBOX_SMS_KEY);
    platform.set("TOT_SMS_URL", &mailbox.sms_url);
}

/// Somebody's mail with this in its subject, the oldest first.
fn mail_to(mailbox: &Mailbox, email: &str, subject: &str) -> Vec<ReceivedMail> {
    let mut mail = mailbox.messages();
    mail.retain(|mail| mail.to == [email] && mail.subject.contains(subject));
    mail
}

/// The mail of that number among them, once it is there.
async fn nth_mail(mailbox: &Mailbox, email: &str, subject: &str, number: usize) -> ReceivedMail {
    until("a mail to arrive", || async {
        mail_to(mailbox, email, subject).into_iter().nth(number)
    })
    .await
}

/// The code in a mail.
fn code_in(mail: &ReceivedMail) -> String {
    let mut lines = mail.text.lines().filter_map(|line| line.strip_prefix("    "));
    lines.next().unwrap().to_owned()
}

/// Proves somebody's address, so that they are told what happens to their account.
async fn prove(mailbox: &Mailbox, persona: &Persona) {
    const SUBJECT: &str = "Code to confirm your e-mail";
    let before = mail_to(mailbox, &persona.email, SUBJECT).len();
    persona
        .client
        .post("/auth/email/code", json!({}))
        .await
        .expect(200);
    let code = code_in(&nth_mail(mailbox, &persona.email, SUBJECT, before).await);
    let confirm = persona.client.post("/auth/email/confirm", json!({"code": code}));
    assert_eq!(confirm.await.expect(200)["email_proven"], true);
}
