//! Challenges, scopes and tokens: how a registry asks for credentials, and what they are exchanged for.

pub mod challenge;
pub mod scope;
pub mod secret;
pub mod token;
