//! Outgoing webhooks: endpoints over HTTP, and a storm over them.

mod endpoints;
mod storm;
