//! Links by which other calendars read when one's visits are: an opaque token in an address, of which only a digest is kept. Calendars
//! cannot sign in, so whoever has the link reads what it leads to; its owner makes a new one or ends it at any time.

use domain::ids::AccountId;
use domain::people::Role;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgRow;
use tracing::info;

use super::People;
use super::rows::{self, instant, maybe_instant, sql};
use crate::opaque::{self, OpaqueToken};
use crate::refusal::{IdentityError, IdentityRefusal};

/// The language of a feed's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalendarLanguage {
    #[default]
    Russian,
    English,
}

impl CalendarLanguage {
    /// Both, the default first.
    pub const ALL: [Self; 2] = [Self::Russian, Self::English];

    /// Its tag (RFC 5646).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// The language of this tag.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == tag)
    }
}

/// What stands in a link and opens its feed; never shown in `Debug` output.
#[derive(Clone, Debug)]
pub struct CalendarToken(OpaqueToken);

impl CalendarToken {
    /// Tells such a token from all others at a glance, also for secret scanners.
    pub const PREFIX: &str = "totc_";
    /// So many characters of base64url stand behind it: 256 bits.
    pub const ENCODED_CHARS: usize = opaque::ENCODED_CHARS;

    /// Reads a token; none of what does not look like one.
    pub fn parse(raw: &str) -> Option<Self> {
        OpaqueToken::parse(Self::PREFIX, raw).map(Self)
    }

    /// The token itself, for the one answer it belongs into.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored in its place.
    pub fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }

    fn fresh() -> Self {
        Self(OpaqueToken::fresh(Self::PREFIX))
    }
}

/// What its owner may know of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarLink {
    pub language: CalendarLanguage,
    pub made_at: Timestamp,
    /// When a calendar last read it.
    pub read_at: Option<Timestamp>,
}

/// Whose visits a link shows, and in which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarOwner {
    pub account_id: AccountId,
    pub role: Role,
    pub language: CalendarLanguage,
}

impl People {
    /// Makes a link for an account, in the place of the one it had: that one opens nothing from now on.
    ///
    /// # Errors
    /// [`IdentityRefusal::Deactivated`], and faults.
    pub async fn make_calendar_link(
        &self,
        account_id: AccountId,
        language: CalendarLanguage,
        now: Timestamp,
    ) -> Result<(CalendarToken, CalendarLink), IdentityError> {
        let token = CalendarToken::fresh();
        // Under a lock on the account, so that no link slips past a deactivation.
        let made = sqlx::query(
            "with owner as ( \
                 select id from identity.accounts where id = $1 and deactivated_at is null for share \
             ) \
             insert into identity.calendar_links (account_id, digest, language, made_at) \
             select id, $2, $3, $4 from owner \
             on conflict (account_id) do update set digest = excluded.digest, language = excluded.language, \
                 made_at = excluded.made_at, read_at = null, served_digest = null, served_since = null",
        )
        .bind(account_id.uuid())
        .bind(&token.digest()[..])
        .bind(language.as_str())
        .bind(sql(now))
        .execute(self.pool())
        .await?;
        if made.rows_affected() == 0 {
            return Err(IdentityRefusal::Deactivated.into());
        }
        info!(account.id = %account_id, "Account {account_id} made a link to its calendar");
        let link = CalendarLink {
            language,
            made_at: now,
            read_at: None,
        };
        Ok((token, link))
    }

    /// The link of an account, if it has one.
    pub async fn calendar_link(&self, account_id: AccountId) -> Result<Option<CalendarLink>, IdentityError> {
        let row = sqlx::query(
            "select language, made_at, read_at from identity.calendar_links where account_id = $1",
        )
        .bind(account_id.uuid())
        .fetch_optional(self.pool())
        .await?;
        Ok(row.as_ref().map(link).transpose()?)
    }

    /// Ends the link of an account; ending it twice is ending it once.
    pub async fn end_calendar_link(&self, account_id: AccountId) -> Result<(), IdentityError> {
        let ended = sqlx::query("delete from identity.calendar_links where account_id = $1")
            .bind(account_id.uuid())
            .execute(self.pool())
            .await?;
        if ended.rows_affected() > 0 {
            info!(account.id = %account_id, "Account {account_id} ended the link to its calendar");
        }
        Ok(())
    }

    /// Whose visits this token shows; nobody's once its link has ended, its account is deactivated, or where it was never issued.
    pub async fn calendar_owner(
        &self,
        token: &CalendarToken,
    ) -> Result<Option<CalendarOwner>, IdentityError> {
        let row = sqlx::query(
            "select a.id, a.role, l.language from identity.calendar_links l \
             join identity.accounts a on a.id = l.account_id and a.deactivated_at is null where l.digest = $1",
        )
        .bind(&token.digest()[..])
        .fetch_optional(self.pool())
        .await?;
        Ok(row.as_ref().map(owner).transpose()?)
    }

    /// Remembers that the feed was read and what was served; answers since when it has been the same, in whole seconds. `None` where
    /// the link ended meanwhile.
    ///
    /// Two changes within a second would be told apart by no time of HTTP: the later one counts for the next second.
    pub async fn calendar_served(
        &self,
        token: &CalendarToken,
        served: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, IdentityError> {
        let row = sqlx::query(
            "update identity.calendar_links set read_at = $3, served_digest = $2, \
                 served_since = case when served_digest = $2 then served_since \
                                     else greatest(date_trunc('second', $3), served_since + interval '1 second') end \
             where digest = $1 returning served_since",
        )
        .bind(&token.digest()[..])
        .bind(&served[..])
        .bind(sql(now))
        .fetch_optional(self.pool())
        .await?;
        Ok(row.as_ref().map(|row| instant(row, "served_since")).transpose()?)
    }
}

fn link(row: &PgRow) -> Result<CalendarLink, sqlx::Error> {
    Ok(CalendarLink {
        language: language(row)?,
        made_at: instant(row, "made_at")?,
        read_at: maybe_instant(row, "read_at")?,
    })
}

fn owner(row: &PgRow) -> Result<CalendarOwner, sqlx::Error> {
    Ok(CalendarOwner {
        account_id: AccountId::from_uuid(row.try_get("id")?),
        role: rows::role(row)?,
        language: language(row)?,
    })
}

fn language(row: &PgRow) -> Result<CalendarLanguage, sqlx::Error> {
    let tag: &str = row.try_get("language")?;
    CalendarLanguage::parse(tag).ok_or_else(|| rows::unreadable("language"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_shows_itself_to_nobody() {
        let token = CalendarToken::fresh();
        let read = CalendarToken::parse(token.expose()).unwrap();
        assert_eq!(read.digest(), token.digest());
        let secret = &token.expose()[CalendarToken::PREFIX.len()..];
        assert!(!format!("{token:?}").contains(secret));
        let refresh_token = token.expose().replace(CalendarToken::PREFIX, "totr_");
        let longer = format!("{}A", token.expose());
        for raw in [
            "",
            CalendarToken::PREFIX,
            secret,
            &token.expose()[1..],
            &refresh_token,
            &longer,
        ] {
            assert!(CalendarToken::parse(raw).is_none(), "{raw}");
        }
    }
}
