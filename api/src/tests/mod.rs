//! The API called in-process, over a real log: what all answers have in common, webhooks, and the description of it all.

mod compression;
mod conformance;
mod contract;
mod description;
mod docs;
mod limits;
mod parts;
mod refusals;
mod shapes;
mod surface;
mod webhooks;
