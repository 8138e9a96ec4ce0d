//! The order of the layers between the registry's operations and the host.

use std::rc::Rc;

use crate::transport::layers::{limit, notice, observe, redirect, retry, timeout};
use crate::transport::limiter::Limiter;
use crate::transport::{Host, Transport, auth, trust};

/// The layers that a request passes, from the registry's operations (outermost) to the host (innermost).
pub type Stack<H> = auth::AuthLayer<Unauthenticated<H>, H>;

/// The layers below authentication.
pub type Unauthenticated<H> = retry::RetryLayer<
    limit::LimitLayer<
        redirect::RedirectLayer<notice::NoticeLayer<observe::ObserveLayer<timeout::TimeoutLayer<H>, H>>, H>,
        H,
    >,
    H,
>;

/// The response body of the [`Stack`].
pub type StackBody<H> = <Stack<H> as Transport>::Body;

/// The settings of the [`Stack`]'s layers.
pub struct StackSettings<H: Host> {
    /// Decides where requests and credentials may be sent.
    pub trust: trust::Trust,
    /// Credentials and token service.
    pub auth: auth::AuthSettings,
    /// Loads the code for them.
    pub auth_loader: Rc<dyn auth::LoadAuth<Unauthenticated<H>, H>>,
    /// The retry policy.
    pub retry: retry::Policy,
    /// The maximum number of concurrent requests; fewer are sent while the registry is overloaded.
    pub concurrency: usize,
    /// Called after every attempt.
    pub observer: Option<observe::Observer>,
    /// Where warnings and rate limits are recorded.
    pub notices: Rc<notice::Notices>,
    /// The timeout for the headers in milliseconds; 0 disables it.
    pub header_timeout: u64,
    /// The timeout for a read of a body without progress, in milliseconds; 0 disables it.
    pub idle_timeout: u64,
}

/// Builds the [`Stack`] over a host. Also returns the retry policy and the limiter of requests, for operations of several
/// requests.
pub fn stack<H: Host>(host: &Rc<H>, settings: StackSettings<H>) -> (Stack<H>, retry::Retry<H>, Limiter) {
    let StackSettings { trust, auth, auth_loader, concurrency, observer, .. } = settings;
    let retry = retry::Retry::new(host.clone(), settings.retry);
    let timed = timeout::TimeoutLayer::new(host.clone(), settings.header_timeout, settings.idle_timeout);
    let observed = observe::ObserveLayer::new(timed, host.clone(), observer);
    let noticed = notice::NoticeLayer::new(observed, trust.registry().clone(), settings.notices);
    let redirected = redirect::RedirectLayer::new(noticed, host.clone(), trust.clone());
    let limiter = Limiter::new(concurrency);
    let limited = limit::LimitLayer::new(redirected, host.clone(), trust.registry().clone(), limiter.clone());
    let retried = retry::RetryLayer::new(limited, retry.clone(), host.page_origin().is_some());
    let (transport, clock) = (Rc::new(retried), host.clone());
    let context = auth::AuthContext { transport, clock, retry: retry.clone(), trust, settings: auth };
    (auth::AuthLayer::new(context, auth_loader), retry, limiter)
}
