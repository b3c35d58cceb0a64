//! Clinics, as anyone reads them.

pub mod show;
