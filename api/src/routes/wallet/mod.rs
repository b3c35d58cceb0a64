//! A wallet: a patient's money, a doctor's earnings.

pub mod deposit;
pub mod entries;
pub mod show;
pub mod withdraw;
