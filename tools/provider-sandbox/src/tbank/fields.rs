//! Reads T-Bank's flat bodies, in which numbers may come as text.

use serde_json::Value;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::bank::BankPayment;
use crate::tbank::errors::BankRefusal;

#[derive(Debug)]
pub struct BankFields<'a>(pub &'a Value);

impl<'a> BankFields<'a> {
    /// A field as it is; `null` counts as absent.
    pub fn raw(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text of at most so many characters: 9999 when it is none or too long.
    pub fn text(&self, name: &str, chars_max: usize) -> Result<Option<String>, BankRefusal> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        let text = value
            .as_str()
            .ok_or_else(|| BankRefusal::parameters(format!("Поле {name} должно быть строкой")))?;
        if text.chars().count() > chars_max {
            return Err(BankRefusal::parameters(format!(
                "Поле {name} длиннее {chars_max} знаков"
            )));
        }
        Ok(Some(text.to_owned()))
    }

    /// What must not be absent: 9999 when it is.
    pub fn need<T>(&self, name: &str, value: Option<T>) -> Result<T, BankRefusal> {
        value.ok_or_else(|| BankRefusal::parameters(format!("Поле {name} обязательно")))
    }

    /// A whole number, also as text: 9999 when it is none.
    pub fn number(&self, name: &str) -> Result<Option<i64>, BankRefusal> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        let number = value
            .as_i64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        number
            .map(Some)
            .ok_or_else(|| BankRefusal::parameters(format!("Поле {name} должно быть целым числом")))
    }

    /// A sum in kopecks: 9999 when it is none or not above nothing.
    pub fn amount(&self) -> Result<Option<Kopecks>, BankRefusal> {
        match self.number("Amount")? {
            Some(sum) if sum > 0 => Ok(Some(Kopecks(sum))),
            Some(_) => Err(BankRefusal::parameters("Поле Amount должно быть больше нуля")),
            None => Ok(None),
        }
    }

    /// The payment that `PaymentId` names: 9999 when there is none.
    pub fn payment<'w>(&self, state: &'w SandboxState) -> Result<&'w BankPayment, BankRefusal> {
        let number = self.need("PaymentId", self.number("PaymentId")?)?;
        u64::try_from(number)
            .ok()
            .and_then(|number| state.bank_payment(number))
            .ok_or_else(|| BankRefusal::parameters("Платеж не найден"))
    }
}
