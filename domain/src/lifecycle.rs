//! How a picture shows a life: its states, and every way from one to another. Tests walk the rules and find the same ways, no others.

/// A way from one state to another, by the fact that leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transition<State> {
    /// Where it comes from; nothing where the life begins.
    pub from: Option<State>,
    /// The type of the fact, as the log and live events name it.
    pub fact: &'static str,
    /// Where it leads.
    pub to: State,
}

/// From `from` to `to` by `fact`.
pub(crate) const fn by<State: Copy>(from: State, fact: &'static str, to: State) -> Transition<State> {
    Transition {
        from: Some(from),
        fact,
        to,
    }
}

/// The life begins at `to` by `fact`.
pub(crate) const fn begins<State: Copy>(fact: &'static str, to: State) -> Transition<State> {
    Transition { from: None, fact, to }
}
