//! T-Bank's refusals: HTTP 200 with `Success: false` and a code.
//!
//! Codes 8, 204, 308, 309, 331 and 3016 are known from its pages; 9999 («Неверные параметры») stands for the checks whose
//! own numbers are not.

use serde_json::{Value, json};

use crate::state::bank::BankStatus;

/// A definite "no".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRefusal {
    /// `ErrorCode`.
    pub code: &'static str,
    /// `Message`.
    pub message: &'static str,
    /// `Details`.
    pub details: String,
}

impl BankRefusal {
    fn new(code: &'static str, message: &'static str, details: impl Into<String>) -> Self {
        Self {
            code,
            message,
            details: details.into(),
        }
    }

    /// A field that is absent or wrong.
    pub fn parameters(details: impl Into<String>) -> Self {
        Self::new("9999", "Неверные параметры.", details)
    }

    /// The payment's state does not allow it.
    pub fn wrong_status(status: BankStatus) -> Self {
        Self::new(
            "8",
            "Неверный статус транзакции.",
            format!("Операция недоступна в статусе {}", status.name()),
        )
    }

    /// The signature is wrong.
    pub fn token() -> Self {
        Self::new("204", "Неверный токен. Проверьте пару TerminalKey/SecretKey.", "")
    }

    /// The receipt's sum is another.
    pub fn receipt_sum() -> Self {
        Self::new(
            "308",
            "Сумма чека не совпадает с суммой платежа.",
            "Receipt.Items",
        )
    }

    /// The receipt is absent.
    pub fn receipt_missing() -> Self {
        Self::new("309", "Поле Receipt не должно быть пустым.", "Receipt")
    }

    pub fn terminal() -> Self {
        Self::new("331", "Терминал не найден.", "TerminalKey")
    }

    /// No QR for this payment.
    pub fn no_qr(details: impl Into<String>) -> Self {
        Self::new("3016", "Не удалось сформировать QR-код.", details)
    }

    /// The body, with the fields every answer has.
    pub fn body(&self, terminal: &str) -> Value {
        json!({
            "Success": false,
            "ErrorCode": self.code,
            "Message": self.message,
            "Details": self.details,
            "TerminalKey": terminal,
        })
    }
}
