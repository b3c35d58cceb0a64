//! T-Bank's acquiring protocol (EACQ v2), the part that the fast payment system needs.

pub mod cancel;
pub mod errors;
pub mod fields;
pub mod handler;
pub mod init;
pub mod notify;
pub mod qr;
pub mod state;
pub mod token;

use serde_json::Value;

use crate::state::SandboxState;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;

static METHODS: [Method; 11] = [
    method("Init", true, init::init),
    method("GetQr", true, qr::get_qr),
    method("GetState", true, state::get_state),
    method("CheckOrder", true, state::check_order),
    method("Cancel", true, cancel::cancel),
    method("Resend", true, notify::resend),
    method("GetQrState", false, state::get_qr_state),
    method("QrMembersList", false, qr::members),
    method("SbpPayTest", false, state::sbp_pay_test),
    method("GetQrBankList", false, qr::banks),
    method("SendClosingReceipt", false, notify::closing_receipt),
];

/// What is asked of the bank when the signature was right; its refusal goes on the wire with HTTP 200.
type CarryOut = fn(&mut SandboxState, &BankFields<'_>) -> Result<Value, BankRefusal>;

/// What can be asked.
pub struct Method {
    /// As the path names it.
    name: &'static str,
    /// Whether its answers name the terminal: the description gives the field to some of them only.
    pub names_terminal: bool,
    pub carry_out: CarryOut,
}

const fn method(name: &'static str, names_terminal: bool, carry_out: CarryOut) -> Method {
    Method {
        name,
        names_terminal,
        carry_out,
    }
}

impl Method {
    /// The method of that name.
    pub fn of(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }
}
