//! The layers that a request passes on its way to the host.

pub mod limit;
pub mod notice;
pub mod observe;
pub mod redirect;
pub mod retry;
pub mod timeout;
