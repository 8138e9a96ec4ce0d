//! The layers in their order, from the registry's operations down to the host.

use std::rc::Rc;

use crate::transport::layers::{limit, notice, observe, redirect, retry, timeout};
use crate::transport::{Host, Transport, auth, trust};

/// What a request passes from the registry's operations (top) to the host (bottom).
pub type Stack<H> = auth::Authenticated<
    retry::Retried<
        limit::Limited<redirect::Redirected<notice::Noticed<observe::Observed<timeout::Timed<H>, H>>, H>>,
        H,
    >,
    H,
>;

/// The body of a response that came through the [`Stack`].
pub type StackBody<H> = <Stack<H> as Transport>::Body;

/// What the layers of the [`Stack`] need to know.
pub struct StackSettings {
    /// Where requests and credentials may go.
    pub trust: trust::Trust,
    /// What to authenticate with.
    pub auth: auth::AuthSettings,
    /// How often to try.
    pub retry: retry::Policy,
    /// Parallel requests at most.
    pub concurrency: usize,
    /// Called after every attempt.
    pub observer: Option<observe::Observer>,
    /// Where what the registry says beside its answers is kept.
    pub notices: Rc<notice::Notices>,
    /// Milliseconds until headers must have arrived; 0 waits for ever.
    pub header_timeout: u64,
    /// Milliseconds a read of a body may go without progress; 0 waits for ever.
    pub idle_timeout: u64,
}

/// Builds the [`Stack`] over a host, and gives what else may repeat work by the same rules.
pub fn stack<H: Host>(host: &Rc<H>, settings: StackSettings) -> (Stack<H>, retry::Retry<H>) {
    let StackSettings { trust, auth, concurrency, observer, .. } = settings;
    let retry = retry::Retry::new(host.clone(), settings.retry);
    let timed = timeout::Timed::new(host.clone(), settings.header_timeout, settings.idle_timeout);
    let observed = observe::Observed::new(timed, host.clone(), observer);
    let noticed = notice::Noticed::new(observed, trust.registry().clone(), settings.notices);
    let redirected = redirect::Redirected::new(noticed, host.clone(), trust.clone());
    let limited = limit::Limited::new(redirected, concurrency);
    let retried = retry::Retried::new(limited, retry.clone(), host.page_origin().is_some());
    (auth::Authenticated::new(retried, host.clone(), retry.clone(), trust, auth), retry)
}
