//! Wake-ups between processes: a plain message that says how far the log has come. A lost one costs latency only, and a
//! made-up one a look into the log: nobody takes its word.

use futures::StreamExt;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::Bus;
use crate::log::EventLog;

impl Bus {
    /// Tells other processes of appends made here, and wakes this one for theirs, until stopped. A lost hint costs
    /// latency only. Every process runs one.
    pub async fn exchange_hints(self, log: EventLog, stop: CancellationToken) {
        let mut appends = log.subscribe_appends();
        let mut announced = *appends.borrow_and_update();
        let mut heard = announced;
        while !stop.is_cancelled() {
            let subject = format!("tot-hint.{}", self.token);
            let Ok(Ok(mut hints)) =
                timeout(self.options.answer_max, self.client.subscribe(subject.clone())).await
            else {
                // A client whose runtime is ending refuses at once, for ever.
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(self.options.reopen) => continue,
                }
            };
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    hint = hints.next() => {
                        let Some(hint) = hint else { break };
                        let said = std::str::from_utf8(&hint.payload).ok().and_then(|text| text.parse().ok());
                        let Some(position) = said else { continue };
                        heard = position;
                        log.heard_of_appends(position);
                    }
                    changed = appends.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let position = *appends.borrow_and_update();
                        // What another process has told need not be told again; what none can know is no telling.
                        if heard <= position {
                            announced = announced.max(heard);
                        }
                        if position > announced && self.connected() {
                            announced = position;
                            let sent = self.client.publish(subject.clone(), position.to_string().into());
                            if let Ok(Err(error)) = timeout(self.options.answer_max, sent).await {
                                debug!(error = %error, "a hint was not sent");
                            }
                            tokio::time::sleep(self.options.hint_pause).await;
                        }
                    }
                }
            }
        }
    }
}
