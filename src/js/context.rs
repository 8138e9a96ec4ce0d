//! State that the objects of one client share.

use js_sys::Object;

use crate::fetch::FetchHost;
use crate::js::signal::Signal;

/// State shared by a client, its repositories and their images.
pub struct Context {
    pub host: FetchHost,
    /// The client's own signal, which aborts every call.
    pub signal: Option<Signal>,
    /// Where the caller keeps indexes of layers.
    pub indexes: Option<Object>,
}
