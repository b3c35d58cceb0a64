//! Every id and number the sandbox gives out, drawn from one seed, so that a run can be repeated.

use uuid::Uuid;

/// Where T-Bank's payment numbers begin: ten digits, as in its own samples.
const BANK_NUMBER_BASE: u64 = 3_000_000_000;
/// How far the seed moves that beginning.
const BANK_NUMBER_SPREAD: u128 = 900_000_000;

/// A source of ids: the same seed and the same order of requests give the same ids.
#[derive(Debug)]
pub struct Ids {
    space: Uuid,
    drawn: u64,
    bank_number: u64,
}

impl Ids {
    /// Ids of one seed.
    pub fn of(seed: u64) -> Self {
        let space = Uuid::new_v5(&Uuid::NAMESPACE_OID, &seed.to_be_bytes());
        let spread = u64::try_from(space.as_u128() % BANK_NUMBER_SPREAD).unwrap_or_default();
        Self {
            space,
            drawn: 0,
            bank_number: BANK_NUMBER_BASE + spread,
        }
    }

    /// 36 characters: payments, refunds, payment methods, errors.
    pub fn uuid(&mut self) -> String {
        self.draw().to_string()
    }

    /// A prefix and a UUID: `rt-…`, `po-…`, `ct-…`, `wh-…`.
    pub fn prefixed(&mut self, prefix: &str) -> String {
        format!("{prefix}-{}", self.draw())
    }

    /// So many decimal digits (at most 30): retrieval references, authorisation codes, fiscal numbers.
    pub fn digits(&mut self, count: u32) -> String {
        let bound = 10_u128.saturating_pow(count.min(30));
        let width = usize::try_from(count).unwrap_or_default();
        format!("{:0width$}", self.draw().as_u128() % bound)
    }

    /// 32 characters, as the fast payment system's operations and QR codes have.
    pub fn sbp_operation(&mut self, prefix: char) -> String {
        let mut id = self.draw().simple().to_string().to_uppercase();
        id.replace_range(0..1, prefix.encode_utf8(&mut [0; 4]));
        id
    }

    /// The next payment number of T-Bank.
    pub fn bank_number(&mut self) -> u64 {
        self.bank_number += 1;
        self.bank_number
    }

    fn draw(&mut self) -> Uuid {
        self.drawn += 1;
        Uuid::new_v5(&self.space, &self.drawn.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let mut ids = Ids::of(seed);
            (
                ids.uuid(),
                ids.digits(6),
                ids.sbp_operation('A'),
                ids.bank_number(),
            )
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let (uuid, digits, operation, _) = draw(7);
        assert_eq!((uuid.len(), digits.len(), operation.len()), (36, 6, 32));
    }
}
