//! Tickets that open one live stream once: what a browser's EventSource, which sends no header, shows in place of an access token.

use domain::ids::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use super::People;
use super::rows::{self, instant, sql};
use crate::opaque::OpaqueToken;
use crate::refusal::{IdentityError, IdentityRefusal};
use crate::tokens::{Access, Principal};

/// How long a ticket waits to be used.
const LASTS: SignedDuration = SignedDuration::from_secs(60);

/// An opaque 256-bit ticket that opens one stream, once; never shown in `Debug` output.
#[derive(Clone, Debug)]
pub struct StreamTicket(OpaqueToken);

impl StreamTicket {
    /// Tells a ticket from a token at a glance, also for secret scanners.
    pub const PREFIX: &str = "totk_";

    /// Reads a ticket; what does not look like one was never issued.
    ///
    /// # Errors
    /// [`IdentityRefusal::TicketInvalid`].
    pub fn parse(raw: &str) -> Result<Self, IdentityRefusal> {
        OpaqueToken::parse(Self::PREFIX, raw)
            .map(Self)
            .ok_or(IdentityRefusal::TicketInvalid)
    }

    /// The ticket itself, for the one answer it belongs into.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn fresh() -> Self {
        Self(OpaqueToken::fresh(Self::PREFIX))
    }

    /// What is stored in its place.
    fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }
}

/// A ticket just made.
#[derive(Clone, Debug)]
pub struct IssuedStreamTicket {
    /// The ticket.
    pub ticket: StreamTicket,
    /// When it opens nothing any more: a minute on, or when the access token expires.
    pub expires_at: Timestamp,
}

impl People {
    /// Makes a ticket for the stream of this name, in the session of an access token; none when that has just ended.
    pub async fn issue_stream_ticket(
        &self,
        access: &Access,
        stream: &str,
        now: Timestamp,
    ) -> Result<Option<IssuedStreamTicket>, IdentityError> {
        let ticket = StreamTicket::fresh();
        let until = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        let token_expires_at = until(access.expires_at_s);
        let expires_at = now
            .checked_add(LASTS)
            .unwrap_or(Timestamp::MAX)
            .min(token_expires_at);
        // Under a lock on the session: whoever ends it meanwhile takes the ticket with it.
        let issued = sqlx::query(
            "with living as ( \
                 select id from identity.sessions where id = $2 and revoked_at is null for share \
             ) \
             insert into identity.stream_tickets \
                 (digest, session_id, stream, token_issued_at, token_expires_at, expires_at) \
             select $1, id, $3, $4, $5, $6 from living",
        )
        .bind(&ticket.digest()[..])
        .bind(access.principal.session_id.uuid())
        .bind(stream)
        .bind(sql(until(access.issued_at_s)))
        .bind(sql(token_expires_at))
        .bind(sql(expires_at))
        .execute(self.pool())
        .await?;
        let issued = issued.rows_affected() > 0;
        Ok(issued.then_some(IssuedStreamTicket { ticket, expires_at }))
    }

    /// What the access token was good for that a ticket was asked for with. The ticket is gone then, also where it is for another
    /// stream than the one of this name.
    ///
    /// # Errors
    /// [`IdentityRefusal::TicketInvalid`], and faults.
    pub async fn redeem_stream_ticket(
        &self,
        ticket: &StreamTicket,
        stream: &str,
        now: Timestamp,
    ) -> Result<Access, IdentityError> {
        let found = sqlx::query(
            "with taken as ( \
                 delete from identity.stream_tickets where digest = $1 returning * \
             ) \
             select taken.token_issued_at, taken.token_expires_at, s.id as session_id, s.second_factor, \
                 a.id as account_id, a.role \
             from taken \
             join identity.sessions s on s.id = taken.session_id and s.revoked_at is null \
             join identity.accounts a on a.id = s.account_id and a.deactivated_at is null \
             where taken.stream = $2 and taken.expires_at > $3",
        )
        .bind(&ticket.digest()[..])
        .bind(stream)
        .bind(sql(now))
        .fetch_optional(self.pool())
        .await?;
        let row = found.ok_or(IdentityRefusal::TicketInvalid)?;
        Ok(Access {
            principal: Principal {
                account_id: AccountId::from_uuid(row.try_get("account_id")?),
                role: rows::role(&row)?,
                session_id: SessionId::from_uuid(row.try_get("session_id")?),
            },
            second_factor: row.try_get("second_factor")?,
            issued_at_s: instant(&row, "token_issued_at")?.as_second(),
            expires_at_s: instant(&row, "token_expires_at")?.as_second(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_reads_back_and_shows_itself_to_nobody() {
        let ticket = StreamTicket::fresh();
        let read = StreamTicket::parse(ticket.expose()).unwrap();
        assert_eq!(read.digest(), ticket.digest());
        assert!(!format!("{ticket:?}").contains(&ticket.expose()[StreamTicket::PREFIX.len()..]));
        let refresh_token = ticket.expose().replace(StreamTicket::PREFIX, "totr_");
        for raw in [
            "",
            StreamTicket::PREFIX,
            &ticket.expose()[1..],
            &refresh_token,
            "totk_short",
        ] {
            assert!(StreamTicket::parse(raw).is_err(), "{raw}");
        }
    }
}
