//! How far the notary has come, for whoever asks whether it is behind, and what the witnesses made of its heads.

use std::time::Duration;

use sqlx::PgPool;

/// How long hashing, signing and showing may take beyond the interval before the notary counts as behind.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the notary stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotaryStatus {
    /// The last position of the log.
    pub head: i64,
    /// Up to where facts are hashed.
    pub hashed: i64,
    /// Up to where they are signed; nothing when no head of this log ever was.
    pub signed: Option<i64>,
    /// For how long the first fact that is not hashed has waited, in milliseconds; 0 when there is none.
    pub unhashed_ms: i64,
    /// The same for the first that is not signed.
    pub unsigned_ms: i64,
    /// The witnesses of the relay that leads, by name.
    pub witnesses: Vec<WitnessStatus>,
}

/// What a witness made of the last head it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessStatus {
    /// Its file or address.
    pub name: String,
    /// The size of the largest head it took; nothing before the first.
    pub tree_size: Option<i64>,
    /// Why it does not have the last one, in words; nothing when it has.
    pub failure: Option<String>,
    /// Whether it refused that one, having seen another past; otherwise it could not be asked.
    pub refused: bool,
    /// For how long it has not taken one, in milliseconds; 0 when it has.
    pub failing_ms: i64,
}

impl NotaryStatus {
    /// In words, as long as heads are signed within `interval` and taken by the witnesses; else what is wrong, in words.
    ///
    /// # Errors
    /// A witness refused, the notary is behind, nobody signs, or a witness is away for long.
    pub fn judge(&self, interval: Duration) -> Result<String, String> {
        // One that lies ahead, by a clock that went back, waits for nobody.
        let late = |ms: i64| u128::try_from(ms).is_ok_and(|ms| ms > (interval + PATIENCE).as_millis());
        let Self { head, hashed, .. } = *self;
        if let Some(witness) = self.witnesses.iter().find(|witness| witness.refused) {
            return Err(witness.words());
        }
        if hashed > head {
            return Err(format!(
                "{hashed} facts are hashed, and the log ends at {head}: `tot audit verify` tells more"
            ));
        }
        if head == 0 {
            return Ok("the log is empty: there is nothing to sign".to_owned());
        }
        if late(self.unhashed_ms) {
            let seconds = self.unhashed_ms / 1_000;
            return Err(format!(
                "behind: {hashed} of {head} facts are hashed, the next has waited {seconds} s"
            ));
        }
        let signed = match self.signed {
            None => Err(format!(
                "{hashed} of {head} facts are hashed and no head is signed: the relay needs TOT_NOTARY_KEY_FILE"
            )),
            Some(signed) if late(self.unsigned_ms) => Err(format!(
                "{hashed} of {head} facts are hashed, but only {signed} are under a signed head: does the relay run with its key? \
                 Its log tells more"
            )),
            Some(signed) => Ok(format!(
                "{hashed} of {head} facts are hashed, {signed} under a signed head"
            )),
        }?;
        if let Some(witness) = self.witnesses.iter().find(|witness| late(witness.failing_ms)) {
            return Err(format!("{signed}; {}", witness.words()));
        }
        let sizes = self
            .witnesses
            .iter()
            .map(|witness| witness.tree_size.unwrap_or(0));
        Ok(match sizes.min() {
            None => format!("{signed}, shown to no witness"),
            Some(witnessed) => format!("{signed}, {witnessed} under a witnessed one"),
        })
    }
}

impl WitnessStatus {
    fn words(&self) -> String {
        let Self { name, refused, .. } = self;
        let failure = self.failure.as_deref().unwrap_or_default();
        let has = self.tree_size.unwrap_or(0);
        let what = if *refused {
            "refuses the last head".to_owned()
        } else {
            format!("has taken no head for {} s", self.failing_ms / 1_000)
        };
        format!("the witness {name}, which has a head of {has} facts, {what}: {failure}")
    }
}

type Position = (i64, i64, Option<i64>, i64, i64);
type Witness = (String, Option<i64>, Option<String>, bool, i64);

/// Where the notary stands now.
///
/// # Errors
/// What Postgres answers.
pub async fn status(pool: &PgPool) -> sqlx::Result<NotaryStatus> {
    // The next fact may stand behind a hole.
    let (head, hashed, signed, unhashed_ms, unsigned_ms): Position = sqlx::query_as(
        "with at as materialized (
             select coalesce((select max(position) from events), 0) as head,
                    coalesce((select first_position + cardinality(previous_positions) - 1 from notary_leaves
                              order by first_position desc limit 1), 0) as hashed,
                    (select h.tree_size from notary_heads h join log_identity i on i.log_id = h.log_id
                     order by h.tree_size desc limit 1) as signed
         )
         select head, hashed, signed,
                coalesce((select (extract(epoch from house_now() - e.recorded_at) * 1000)::bigint
                          from events e where e.position > hashed order by e.position limit 1), 0),
                coalesce((select (extract(epoch from house_now() - e.recorded_at) * 1000)::bigint
                          from events e where e.position > coalesce(signed, 0) order by e.position limit 1), 0)
         from at",
    )
    .fetch_one(pool)
    .await?;
    let witnesses: Vec<Witness> = sqlx::query_as(
        "select w.name, w.tree_size, w.failure, w.refused,
                coalesce((extract(epoch from house_now() - w.failing_since) * 1000)::bigint, 0)
         from notary_witnesses w join log_identity i on i.log_id = w.log_id
         order by w.name",
    )
    .fetch_all(pool)
    .await?;
    let witness = |(name, tree_size, failure, refused, failing_ms)| WitnessStatus {
        name,
        tree_size,
        failure,
        refused,
        failing_ms,
    };
    Ok(NotaryStatus {
        head,
        hashed,
        signed,
        unhashed_ms,
        unsigned_ms,
        witnesses: witnesses.into_iter().map(witness).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn standing() -> NotaryStatus {
        NotaryStatus {
            head: 12,
            hashed: 12,
            signed: Some(12),
            unhashed_ms: 0,
            unsigned_ms: 0,
            witnesses: Vec::new(),
        }
    }

    fn witness(tree_size: i64) -> WitnessStatus {
        WitnessStatus {
            name: "file heads.jsonl".to_owned(),
            tree_size: Some(tree_size),
            failure: None,
            refused: false,
            failing_ms: 0,
        }
    }

    #[test]
    fn a_notary_that_keeps_up_is_well() {
        assert_eq!(
            standing().judge(MINUTE).unwrap(),
            "12 of 12 facts are hashed, 12 under a signed head, shown to no witness"
        );
        let between_two_heads = NotaryStatus {
            signed: Some(3),
            unsigned_ms: 120_000,
            ..standing()
        };
        assert!(between_two_heads.judge(MINUTE).is_ok());
        let ahead_of_the_clock = NotaryStatus {
            unhashed_ms: -120_001,
            ..standing()
        };
        assert!(ahead_of_the_clock.judge(MINUTE).is_ok());
    }

    #[test]
    fn a_notary_without_a_key_or_behind_says_so() {
        let keyless = NotaryStatus {
            signed: None,
            ..standing()
        };
        assert!(keyless.judge(MINUTE).unwrap_err().contains("TOT_NOTARY_KEY_FILE"));
        let behind = NotaryStatus {
            hashed: 3,
            unhashed_ms: 120_001,
            ..standing()
        };
        assert!(behind.judge(MINUTE).unwrap_err().starts_with("behind: 3 of 12"));
        let unsigned = NotaryStatus {
            signed: Some(3),
            unsigned_ms: 120_001,
            ..standing()
        };
        assert!(unsigned.judge(MINUTE).unwrap_err().contains("only 3"));
        let lost = NotaryStatus {
            head: 9,
            ..standing()
        };
        assert!(lost.judge(MINUTE).unwrap_err().contains("the log ends at 9"));
    }

    #[test]
    fn of_an_empty_log_nothing_can_be_signed() {
        let empty = NotaryStatus {
            head: 0,
            hashed: 0,
            signed: None,
            ..standing()
        };
        assert!(empty.judge(MINUTE).unwrap().contains("empty"));
    }

    #[test]
    fn a_witness_that_refuses_or_is_away_for_long_is_told() {
        let with = |witnesses: Vec<WitnessStatus>| NotaryStatus {
            witnesses,
            ..standing()
        };
        let both = with(vec![witness(12), witness(7)]).judge(MINUTE).unwrap();
        assert!(both.ends_with(", 7 under a witnessed one"), "{both}");
        let refusing = WitnessStatus {
            failure: Some("fork".to_owned()),
            refused: true,
            failing_ms: 1,
            ..witness(7)
        };
        let told = with(vec![witness(12), refusing]).judge(MINUTE).unwrap_err();
        assert!(told.contains("refuses the last head: fork"), "{told}");
        let away = |failing_ms| WitnessStatus {
            failure: Some("no route".to_owned()),
            failing_ms,
            ..witness(7)
        };
        assert!(with(vec![away(120_000)]).judge(MINUTE).is_ok());
        let told = with(vec![away(120_001)]).judge(MINUTE).unwrap_err();
        assert!(told.contains("has taken no head for 120 s: no route"), "{told}");
    }
}
