//! One target under libFuzzer: `TOT_FUZZ_TARGET` names it; the arguments are libFuzzer's.
#![no_main]

use std::sync::LazyLock;

use fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TOT_FUZZ_TARGET").unwrap_or_default();
    let names = fuzz::TARGETS.map(|target| target.name).join(", ");
    fuzz::target(&name).unwrap_or_else(|| panic!("TOT_FUZZ_TARGET must be one of {names}"))
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| (TARGET.run)(input));
