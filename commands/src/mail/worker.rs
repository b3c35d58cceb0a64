//! Has mail and text messages carried: answers requests for codes, hands over what is due, and tries again what was not taken. Any number of workers may run; a
//! mail is one worker's at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use identity::{IdentityError, MailContent, OutgoingMail, People, Receiver};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::texts::{sms_text, text};
use crate::ports::messenger::Unreachable;
use crate::ports::{MailMessage, Messenger, MessengerError, SmsGateway, SmsMessage};
use event_store::EventLog;

/// How a worker goes about it.
#[derive(Clone, Debug)]
pub struct MailWorkerOptions {
    /// How often it is looked for what is due, by one statement.
    pub poll: Duration,
    /// How often what expired is forgotten, and what waits is counted.
    pub tidy: Duration,
    /// The rest after the database refused.
    pub pause: Duration,
    /// For how long a mail is nobody else's; longer than a server is waited for.
    pub lease: SignedDuration,
    /// Mails handed over at once.
    pub at_once: i64,
    /// The wait before the second try, doubling each time.
    pub retry_first: SignedDuration,
    /// And at most.
    pub retry_max: SignedDuration,
}

impl Default for MailWorkerOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            tidy: Duration::from_secs(30),
            pause: Duration::from_secs(2),
            lease: SignedDuration::from_mins(2),
            at_once: 8,
            retry_first: SignedDuration::from_secs(5),
            retry_max: SignedDuration::from_mins(30),
        }
    }
}

impl MailWorkerOptions {
    /// How long to wait after so many tries.
    fn wait(&self, attempts: i32) -> SignedDuration {
        let doublings = u32::try_from(attempts)
            .unwrap_or_default()
            .saturating_sub(1)
            .min(16);
        let wait = self.retry_first.checked_mul(1 << doublings);
        wait.unwrap_or(self.retry_max).min(self.retry_max)
    }
}

/// Who carries what, where anybody does.
#[derive(Clone)]
pub struct Carriers {
    /// Mail.
    pub mail: Option<Arc<dyn Messenger>>,
    /// Text messages.
    pub sms: Option<Arc<dyn SmsGateway>>,
    /// The host of the platform's address, to which codes are bound.
    pub host: String,
}

/// The worker.
pub struct MailWorker {
    log: EventLog,
    people: People,
    carriers: Carriers,
    options: MailWorkerOptions,
}

impl MailWorker {
    /// One that hands over what `people` are sent.
    pub fn new(log: EventLog, people: People, carriers: Carriers, options: MailWorkerOptions) -> Self {
        Self {
            log,
            people,
            carriers,
            options,
        }
    }

    /// Works until stopped; what was begun is finished, since a mail that was cut off would be sent again.
    pub async fn run(self, stop: CancellationToken) {
        let mut failing = false;
        let mut tidied: Option<Instant> = None;
        while !stop.is_cancelled() {
            let rest = match self.look(&mut tidied).await {
                Ok(done) => {
                    failing = false;
                    if done > 0 {
                        continue;
                    }
                    self.options.poll
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "Mail waits: the database cannot be used at present"
                        );
                    }
                    self.options.pause
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Does what is due, where anything is, and tidies where it is time to.
    async fn look(&self, tidied: &mut Option<Instant>) -> Result<usize, IdentityError> {
        if tidied.is_none_or(|at| at.elapsed() >= self.options.tidy) {
            self.tidy().await?;
            *tidied = Some(Instant::now());
        }
        match self.people.is_mail_due(self.now()).await? {
            true => self.step().await,
            false => Ok(0),
        }
    }

    async fn step(&self) -> Result<usize, IdentityError> {
        let mut done = 0;
        while done < usize::try_from(self.options.at_once).unwrap_or(1)
            && self.people.answer_reset_request(self.now()).await?
        {
            done += 1;
        }
        let options = &self.options;
        let due = self
            .people
            .due_mail(self.now(), options.lease, options.at_once)
            .await?;
        done += due.len();
        for handed_over in join_all(due.into_iter().map(|mail| self.hand_over(mail))).await {
            handed_over?;
        }
        Ok(done)
    }

    async fn tidy(&self) -> Result<(), IdentityError> {
        let expired = self.people.forget_expired_mail(self.now()).await?;
        if expired > 0 {
            metrics::counter!("tot_mail_lost_total", "reason" => "expired").increment(expired);
            warn!(
                expired,
                "Mail was given up: no server took it before it was of no use"
            );
        }
        let (waiting, _) = self.people.waiting_mail().await?;
        metrics::gauge!("tot_mail_waiting").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
        Ok(())
    }

    async fn hand_over(&self, mail: OutgoingMail) -> Result<(), IdentityError> {
        let (id, account, attempts) = (mail.id, mail.account_id, mail.attempts);
        let channel = match &mail.to {
            Receiver::Email(_) => "email",
            Receiver::Phone(_) => "sms",
        };
        let sent = self.send(mail).await;
        let result = match &sent {
            Ok(()) => "sent",
            Err(MessengerError::Refused(_) | MessengerError::Unwritable) => "refused",
            Err(MessengerError::Later(_) | MessengerError::Unreachable(_)) => "later",
        };
        metrics::counter!("tot_mail_attempts_total", "channel" => channel, "result" => result).increment(1);
        match sent {
            Ok(()) => {
                self.people.forget_mail(id).await?;
                info!(mail.id = %id, account.id = %account, mail.attempts = attempts, "Mail {id} was handed over");
            }
            Err(error @ (MessengerError::Refused(_) | MessengerError::Unwritable)) => {
                self.people.forget_mail(id).await?;
                metrics::counter!("tot_mail_lost_total", "reason" => "refused").increment(1);
                warn!(mail.id = %id, account.id = %account, error = %error, "Mail {id} is given up");
            }
            Err(error @ (MessengerError::Later(_) | MessengerError::Unreachable(_))) => {
                let wait = self.options.wait(attempts);
                let due = self.now().checked_add(wait).unwrap_or(Timestamp::MAX);
                self.people.retry_mail_at(id, due).await?;
                warn!(mail.id = %id, mail.attempts = attempts, error = %error, "Mail {id} waits {} s", wait.as_secs());
            }
        }
        Ok(())
    }

    /// By whoever carries it; where nobody does any more it waits for somebody who does, until it is of no use.
    async fn send(&self, mail: OutgoingMail) -> Result<(), MessengerError> {
        let nobody = MessengerError::Unreachable(Unreachable::Connection);
        match mail.to {
            Receiver::Email(to) => {
                let words = text(&mail.content);
                let message = MailMessage {
                    id: mail.id,
                    to,
                    subject: words.subject,
                    text: words.body,
                };
                let messenger = self.carriers.mail.as_ref().ok_or(nobody)?;
                messenger.send(message).await
            }
            Receiver::Phone(to) => {
                let MailContent::PhoneCode { code } = &mail.content else {
                    return Err(MessengerError::Unwritable);
                };
                let message = SmsMessage {
                    id: mail.id,
                    to,
                    text: sms_text(code, &self.carriers.host),
                };
                let gateway = self.carriers.sms.as_ref().ok_or(nobody)?;
                gateway.send(message).await
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.log.clock().now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_have_an_end() {
        let options = MailWorkerOptions::default();
        let seconds = |attempts| options.wait(attempts).as_secs();
        assert_eq!([0, 1, 2, 3, 4].map(seconds), [5, 5, 10, 20, 40]);
        assert_eq!([20, i32::MAX].map(seconds), [1_800, 1_800]);
    }
}
