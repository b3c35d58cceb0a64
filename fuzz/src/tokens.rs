//! Access tokens: whoever changes one has none.

use crate::platform::PLATFORM;

pub fn seeds() -> Vec<Vec<u8>> {
    vec![PLATFORM.token.clone().into_bytes()]
}

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let is_issued = text == PLATFORM.token;
    assert_eq!(PLATFORM.accepts(text), is_issued, "{text}");
}
