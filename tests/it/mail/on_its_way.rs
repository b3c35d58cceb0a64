//! Mail is neither lost nor shown: it outlives processes and mail servers, sealed, and leaves by trusted connections alone.

use dev_stack::Authority;
use kit::platform::{ALL, Platform, ROLES};
use kit::tls::SmtpTls;
use kit::wait::until;
use provider_sandbox::Mailbox;
use sqlx::{PgPool, Row};

use super::resets::ask;
use super::{any, code_in, mail_to, nth_mail, prepared, with_mail};

const SUBJECT: &str = "Code for a new password";

/// Somebody's mail that waits, once it was tried: its sealed bytes.
async fn waiting(pool: &PgPool, account: &str) -> Vec<u8> {
    until("a mail to be tried", || async {
        let row = sqlx::query(
            "select sealed from identity.outgoing_mail where account_id = $1::uuid and attempts >= 1",
        )
        .bind(account)
        .fetch_optional(pool)
        .await
        .unwrap();
        row.map(|row| row.get("sealed"))
    })
    .await
}

#[tokio::test]
async fn a_code_arrives_once_although_everything_was_killed_before_it_was_sent() {
    let mut platform = Platform::prepare_private().await;
    let mailbox = Mailbox::start(any(), any()).await.unwrap();
    with_mail(&mut platform, &mailbox);
    for role in ROLES {
        platform.serve(role).await;
    }
    let (patient, other) = (platform.patient().await, platform.patient().await);
    // Accepted, and nobody is there who would have got to it.
    platform.take("intents").kill().await;
    ask(&platform, &patient.email).await.expect(200);
    platform.kill_and_restart("api").await;
    // Got to, and taken by no server.
    mailbox.refuse(Some(451));
    platform.serve("intents").await;
    let pool = platform.pool().await;
    waiting(&pool, &patient.id).await;
    platform.take("intents").kill().await;
    assert_eq!(mail_to(&mailbox, &patient.email, ""), []);
    mailbox.refuse(None);
    ask(&platform, &other.email).await.expect(200);
    platform.serve("intents").await;
    // Two of them share the work and send nothing twice.
    platform.serve("intents").await;
    platform.advance(130).await;
    for person in [&patient, &other] {
        nth_mail(&mailbox, &person.email, SUBJECT, 0).await;
    }
    until("no mail to wait", || async {
        let left: i64 = sqlx::query_scalar("select count(*) from identity.outgoing_mail")
            .fetch_one(&pool)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
    for person in [&patient, &other] {
        assert_eq!(mail_to(&mailbox, &person.email, SUBJECT).len(), 1);
    }
    pool.close().await;
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn what_waits_shows_neither_address_nor_code_nor_do_logs() {
    let (mut platform, mailbox) = prepared().await;
    mailbox.refuse(Some(451));
    platform.serve(ALL).await;
    let patient = platform.patient().await;
    ask(&platform, &patient.email).await.expect(200);
    let pool = platform.pool().await;
    let sealed = waiting(&pool, &patient.id).await;
    mailbox.refuse(None);
    platform.advance(10).await;
    let code = code_in(&nth_mail(&mailbox, &patient.email, SUBJECT, 0).await);
    pool.close().await;
    let handed_over = || async {
        let log = std::fs::read_to_string(platform.log(ALL)).unwrap();
        log.contains("was handed over").then_some(log)
    };
    let log = until("the log to tell of it", handed_over).await;
    for secret in [patient.email.as_str(), code.as_str(), "Код"] {
        let is_there = sealed.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!is_there && !log.contains(secret), "{secret}");
    }
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up() {
    let (mut platform, mailbox) = prepared().await;
    mailbox.refuse(Some(550));
    platform.serve(ALL).await;
    let (patient, other) = (platform.patient().await, platform.patient().await);
    ask(&platform, &patient.email).await.expect(200);
    let log = platform.log(ALL);
    until("the mail to be given up", || async {
        let log = std::fs::read_to_string(&log).unwrap();
        let mut lines = log.lines();
        let is_told = |line: &str| line.contains("is given up") && line.contains(&patient.id);
        lines.any(is_told).then_some(())
    })
    .await;
    mailbox.refuse(None);
    ask(&platform, &other.email).await.expect(200);
    nth_mail(&mailbox, &other.email, SUBJECT, 0).await;
    assert_eq!(mail_to(&mailbox, &patient.email, ""), []);
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn mail_leaves_by_tls_to_a_server_whose_certificate_is_trusted_and_to_no_other() {
    let authority = Authority::new().unwrap();
    let issued = authority.issue(&["localhost"]).unwrap();
    for is_trusted in [false, true] {
        let (mut platform, mailbox) = prepared().await;
        let tls = SmtpTls::before(&mailbox.smtp_url, &issued).await;
        platform.set("TOT_SMTP_URL", &tls.url());
        let roots = platform.folder().join("mail-roots.pem");
        let trusted = match is_trusted {
            true => authority.root_pem(),
            false => Authority::new().unwrap().root_pem(),
        };
        std::fs::write(&roots, trusted).unwrap();
        platform.set("TOT_SMTP_ROOTS", roots.to_str().unwrap());
        platform.serve(ALL).await;
        let patient = platform.patient().await;
        ask(&platform, &patient.email).await.expect(200);
        if is_trusted {
            nth_mail(&mailbox, &patient.email, SUBJECT, 0).await;
        } else {
            until("the certificate to be refused", || async {
                (tls.distrusted() > 0).then_some(())
            })
            .await;
            let pool = platform.pool().await;
            waiting(&pool, &patient.id).await;
            pool.close().await;
            assert_eq!(mailbox.messages(), []);
        }
        platform.finish().await;
        mailbox.stop().await;
    }
}
