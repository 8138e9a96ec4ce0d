//! One target for all properties: the environment's `PROPERTY` names the one to look at.
#![no_main]

#[path = "../../native/support/properties.rs"]
mod properties;

use std::env;
use std::sync::LazyLock;

static CHECK: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = env::var("PROPERTY").expect("PROPERTY");
    properties::ALL.iter().find(|property| property.name == name).expect("a property of this name").check
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| (*CHECK)(input));
