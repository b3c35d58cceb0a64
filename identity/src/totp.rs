//! Codes of authenticator apps: RFC 6238 with what every app has, SHA-1, six digits, a step of thirty seconds.

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::random;
use crate::values::ValueRefusal;

/// Seconds for which a code is an app's code.
const STEP_S: i64 = 30;
/// Steps to either side whose codes are taken: clocks differ, and people type slowly.
const STEPS_ASIDE: i64 = 1;
/// Six digits.
const CODES: u32 = 1_000_000;
const DIGITS: usize = 6;
/// Bytes of a secret: as long as the hash, as RFC 4226 recommends.
pub(crate) const SECRET_BYTES: usize = 20;

/// The secret that an app and the platform share; never shown in `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

/// Six digits that somebody read off an app; never shown in `Debug` output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TotpCode(u32);

impl TotpSecret {
    /// Reads what [`TotpSecret::base32`] writes, in any letter case, with or without spaces.
    ///
    /// # Errors
    /// [`ValueRefusal::NotASecret`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let plain: String = raw.chars().filter(|letter| !letter.is_whitespace()).collect();
        let bytes = BASE32_NOPAD
            .decode(plain.to_ascii_uppercase().as_bytes())
            .map_err(|_| ValueRefusal::NotASecret)?;
        Self::of(&bytes).ok_or(ValueRefusal::NotASecret)
    }

    /// As apps take it by hand: 32 letters and digits.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// As apps take it from a QR code: `otpauth://totp/…`, under the platform's name and the account's address.
    pub fn uri(&self, account: &str) -> String {
        let account = percent_encoded(account);
        format!(
            "otpauth://totp/TOT:{account}?secret={}&issuer=TOT&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
            self.base32()
        )
    }

    /// The code that an app shows at `now`.
    pub fn code_at(&self, now: Timestamp) -> TotpCode {
        self.code(step_of(now))
    }

    pub(crate) fn fresh() -> Self {
        Self(random::bytes())
    }

    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The step whose code this is, among those that are taken at `now` and come after `used`.
    pub(crate) fn step_of_code(&self, code: TotpCode, used: i64, now: Timestamp) -> Option<i64> {
        let current = step_of(now);
        let mut found = None;
        // All are looked at, whichever it is: how long this takes tells nothing.
        for step in (current - STEPS_ASIDE)..=(current + STEPS_ASIDE) {
            let is_it: bool = self.code(step).0.ct_eq(&code.0).into();
            if is_it && step > used {
                found = Some(step);
            }
        }
        found
    }

    fn code(&self, step: i64) -> TotpCode {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        TotpCode(truncated(tag.as_ref()) % CODES)
    }
}

impl TotpCode {
    /// Reads six digits; a space in their middle, as apps show them, is forgiven.
    ///
    /// # Errors
    /// [`ValueRefusal::NotACode`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let digits: String = raw.chars().filter(|letter| *letter != ' ').collect();
        if digits.len() != DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(ValueRefusal::NotACode);
        }
        digits.parse().map(Self).map_err(|_| ValueRefusal::NotACode)
    }

    /// As an app shows it.
    pub fn digits(self) -> String {
        format!("{:0width$}", self.0, width = DIGITS)
    }
}

/// Dynamic truncation by RFC 4226: 31 bits from where the last four bits point to.
fn truncated(tag: &[u8]) -> u32 {
    let offset = tag.last().map_or(0, |last| usize::from(last & 0x0f));
    let four = tag.get(offset..offset + 4).and_then(|four| four.try_into().ok());
    u32::from_be_bytes(four.unwrap_or_default()) & 0x7fff_ffff
}

fn step_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(STEP_S)
}

/// All but letters and digits is written by its bytes.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(hidden)")
    }
}

impl std::fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The secret of RFC 6238's appendix B.
    fn of_the_rfc() -> TotpSecret {
        TotpSecret::of(b"12345678901234567890").unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B tells eight digits; six are its last six.
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (second, code) in vectors {
            assert_eq!(of_the_rfc().code_at(at(second)).digits(), code, "{second}");
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_or_late_and_never_again() {
        let (secret, now) = (of_the_rfc(), at(3_000));
        let step = |seconds: i64, used| secret.step_of_code(secret.code_at(at(seconds)), used, now);
        assert_eq!(
            [2_940, 2_970, 3_000, 3_030, 3_060].map(|seconds| step(seconds, 0)),
            [None, Some(99), Some(100), Some(101), None]
        );
        assert_eq!(
            [99, 100, 101].map(|used| step(3_000, used)),
            [Some(100), None, None]
        );
        assert_eq!(step(2_970, 100), None, "older than one that was used");
    }

    #[test]
    fn a_secret_is_read_as_it_is_written_and_told_to_apps() {
        let secret = of_the_rfc();
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let typed = "gezd gnbv gy3t qojq gezd gnbv gy3t qojq";
        assert_eq!(TotpSecret::parse(typed).unwrap(), secret);
        for raw in ["", "GEZDGNBV", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1"] {
            assert_eq!(TotpSecret::parse(raw), Err(ValueRefusal::NotASecret), "{raw}");
        }
        assert_eq!(
            secret.uri("olga+tot@example.com"),
            "otpauth://totp/TOT:olga%2Btot%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=TOT&algorithm=SHA1&digits=6&period=30"
        );
        assert_ne!(TotpSecret::fresh(), TotpSecret::fresh());
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(TotpCode::parse("005 924").unwrap().digits(), "005924");
        for raw in ["", "12345", "1234567", "12345a", "+12345", "１２３４５６"] {
            assert_eq!(TotpCode::parse(raw), Err(ValueRefusal::NotACode), "{raw}");
        }
    }

    #[test]
    fn neither_shows_itself() {
        let shown = format!("{:?} {:?}", of_the_rfc(), of_the_rfc().code_at(at(59)));
        assert_eq!(shown, "TotpSecret(hidden) TotpCode(hidden)");
    }
}
