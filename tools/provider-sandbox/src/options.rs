//! How a sandbox is started: addresses, seed and first settings.

use std::net::SocketAddr;

use crate::state::settings::Settings;

/// What to start. `Default` listens on free ports of 127.0.0.1.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the providers' APIs and their pages are served; port 0 picks a free one.
    pub api: SocketAddr,
    /// Where the control surface is served; port 0 picks a free one.
    pub control: SocketAddr,
    /// The seed of all ids; drawn from the clock when absent, so that a restarted sandbox does not repeat old ids.
    pub seed: Option<u64>,
    /// Credentials, webhook addresses, switches.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            api: any,
            control: any,
            seed: None,
            settings: Settings::default(),
        }
    }
}
