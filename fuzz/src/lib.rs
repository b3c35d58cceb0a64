#![doc = include_str!("../README.md")]
// A broken invariant stops the run where it is found: that is what targets are for.
#![expect(clippy::expect_used, reason = "a target that cannot begin is no target")]

mod cursors;
mod facts;
pub mod mutation;
mod notices;
mod platform;
mod requests;
mod tokens;

/// One kind of input.
pub struct Target {
    /// Its name, as `make fuzz TARGET=…` takes it.
    pub name: &'static str,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads one input. It panics where an invariant does not hold.
    pub run: fn(&[u8]),
}

/// All there are.
pub const TARGETS: [Target; 5] = [
    Target {
        name: "cursors",
        seeds: cursors::seeds,
        run: cursors::run,
    },
    Target {
        name: "facts",
        seeds: facts::seeds,
        run: facts::run,
    },
    Target {
        name: "notices",
        seeds: notices::seeds,
        run: notices::run,
    },
    Target {
        name: "tokens",
        seeds: tokens::seeds,
        run: tokens::run,
    },
    Target {
        name: "requests",
        seeds: requests::seeds,
        run: requests::run,
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
