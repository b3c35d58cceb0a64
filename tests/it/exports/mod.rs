//! Views and the log as files: written by an operator, fetched by an analyst, gone on with after a cut.

pub mod files;
mod over_http;
mod resumed;
