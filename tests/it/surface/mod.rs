//! The surface itself: dependencies between crates, the layout of sources, what every endpoint owes to whom.

mod alerts;
mod as_of;
mod asvs;
mod clock;
mod command_line;
mod compression;
mod configuration;
mod connections;
mod crate_dependencies;
mod cross_origin;
mod descriptions;
mod documents;
mod failure_cases;
mod figures;
mod headers;
mod import_circles;
mod languages;
mod limits;
mod metrics;
mod notices;
mod openapi;
mod operations;
mod privacy;
mod problems;
mod roles;
mod source_layout;
