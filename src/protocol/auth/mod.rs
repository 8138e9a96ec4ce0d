//! Challenges, scopes, tokens and secrets of registry authentication.

pub mod challenge;
pub mod scope;
pub mod secret;
pub mod token;
