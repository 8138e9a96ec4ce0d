//! Tags: set, untag, describe.

pub mod data;
pub mod describe;
pub(crate) mod list;
pub(crate) mod placeholder;
mod placeholder_push;
pub(crate) mod set;
pub(crate) mod untag;
