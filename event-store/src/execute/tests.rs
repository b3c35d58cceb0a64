//! Locks of streams: first come, first served.

use futures::FutureExt;

use crate::store::{StreamGuards, StreamLocks};
use crate::stream_name::StreamName;
use crate::testing::Nothing;

fn name(id: &str) -> StreamName {
    StreamName::of::<Nothing>(id, id)
}

#[test]
fn locks_are_given_first_come_first_served_and_nobody_barges_in() {
    let locks = StreamLocks::default();
    let (a, b) = (name("a"), name("b"));
    let first = locks.lock_all([&a].into_iter()).now_or_never().unwrap();
    let mut second = Box::pin(locks.lock_all([&b, &a].into_iter()));
    let mut third = Box::pin(locks.lock_all([&a].into_iter()));
    assert!(second.as_mut().now_or_never().is_none());
    assert!(third.as_mut().now_or_never().is_none());
    drop(first);
    assert!(
        !StreamGuards::default().try_lock_more(&locks, &a),
        "the next one waits for it"
    );
    assert!(third.as_mut().now_or_never().is_none());
    let second = second.now_or_never().unwrap();
    drop(second);
    assert!(third.now_or_never().is_some());
}

#[test]
fn a_turn_already_held_is_held_once() {
    let locks = StreamLocks::default();
    let (a, b) = (name("a"), name("b"));
    let mut guards = locks.lock_all([&a, &a].into_iter()).now_or_never().unwrap();
    assert!(guards.try_lock_more(&locks, &a));
    assert!(guards.try_lock_more(&locks, &b));
    assert_eq!(guards.0.len(), 2);
}
