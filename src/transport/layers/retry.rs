//! Retries: which requests, how often, and after which delay.

use std::rc::Rc;

use crate::protocol::code;
use crate::transport::request::{Request, Response, RetryBudget};
use crate::transport::{Clock, Result, Transport, read};

/// The longest `Retry-After` in milliseconds that is waited for. A longer one fails the call at once.
const LONGEST_WAIT: u64 = 60_000;

/// How often a request is tried, and with which delays.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The total number of attempts; 1 disables retries.
    pub attempts: u32,
    /// Milliseconds before the second attempt; each further delay is twice as long.
    pub min_delay: u64,
    /// The longest delay in milliseconds, unless `Retry-After` asks for more.
    pub max_delay: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { attempts: 5, min_delay: 250, max_delay: 30_000 }
    }
}

/// The retry policy with a clock.
pub struct Retry<C> {
    clock: Rc<C>,
    policy: Policy,
}

impl<C> Clone for Retry<C> {
    fn clone(&self) -> Self {
        Self { clock: self.clock.clone(), policy: self.policy }
    }
}

impl<C: Clock> Retry<C> {
    /// Applies `policy` with the delays of `clock`.
    pub fn new(clock: Rc<C>, policy: Policy) -> Self {
        Self { clock, policy }
    }

    /// Records a failure and returns the milliseconds before the next attempt. `None` if the budget is used up, or the
    /// server's `retry_after` is longer than a caller should wait without having asked for it.
    pub fn next_delay(&self, retry_budget: &RetryBudget, retry_after: Option<u64>) -> Option<u64> {
        let failed = retry_budget.record_failure();
        if failed >= self.policy.attempts || retry_after.is_some_and(|wait| wait > LONGEST_WAIT) {
            return None;
        }
        let doubled = self.policy.min_delay.saturating_mul(1 << (failed - 1).min(20));
        let longest = doubled.min(self.policy.max_delay);
        // Half of it is jitter, so that clients that failed together do not return together.
        let delay = longest / 2 + (longest as f64 / 2.0 * self.clock.random()) as u64;
        Some(delay.max(retry_after.unwrap_or(0)))
    }

    /// Returns true if the policy allows retries.
    pub fn is_enabled(&self) -> bool {
        self.policy.attempts > 1
    }

    /// Waits for the given milliseconds.
    pub async fn pause(&self, milliseconds: u64) {
        if milliseconds > 0 {
            self.clock.sleep(milliseconds).await;
        }
    }
}

/// Retries requests that failed temporarily: the connection broke, or the status says so. Only idempotent requests, and
/// those that the server refused before it processed them.
pub struct RetryLayer<T, C> {
    inner: T,
    retry: Retry<C>,
    has_cache: bool,
}

impl<T: Transport, C: Clock> RetryLayer<T, C> {
    /// Wraps a transport; `has_cache` is true if a browser's HTTP cache may answer.
    pub fn new(inner: T, retry: Retry<C>, has_cache: bool) -> Self {
        Self { inner, retry, has_cache }
    }

    /// Returns true if the failure may come from the HTTP cache: a cached response may be outdated, or for another
    /// page's origin.
    fn may_be_outdated(&self, request: &Request<T::Chunk>, result: &Result<Response<T::Body>>) -> bool {
        self.has_cache
            && request.may_be_cached
            && match result {
                Ok(response) => !response.is_success(),
                Err(error) => error.code == code::CORS_OR_NETWORK,
            }
    }
}

impl<T: Transport, C: Clock> Transport for RetryLayer<T, C> {
    type Chunk = T::Chunk;
    type Body = T::Body;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let mut fresh = None;
        loop {
            let request = fresh.as_ref().unwrap_or(request);
            let result = self.inner.send(request).await;
            if self.may_be_outdated(request, &result) {
                if let Ok(response) = result {
                    read::discard(&*self.retry.clock, response).await;
                }
                fresh = Some(Request { may_be_cached: false, ..request.clone() });
                continue;
            }
            let retry_after = match &result {
                Ok(response) if is_transient_status(response.status) => {
                    response.retry_after(self.retry.clock.unix_ms())
                }
                Err(error) if error.is_transient => None,
                _ => return result,
            };
            let repeatable = !request.is_streamed() && (request.is_repeatable || is_refusal(&result));
            let delay = if repeatable { self.retry.next_delay(&request.retry_budget, retry_after) } else { None };
            let Some(delay) = delay else { return result };
            if let Ok(response) = result {
                read::discard(&*self.retry.clock, response).await;
            }
            self.retry.pause(delay).await;
            if let Some(recheck) = &request.recheck {
                recheck.ask().await?;
            }
        }
    }
}

/// Returns true if a status justifies a retry. Other clients retry the same ones; 499 and 522 come from proxies that
/// lost the registry.
pub fn is_transient_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 499 | 500 | 502 | 503 | 504 | 522)
}

/// Returns true if the server rejected the request without processing it.
fn is_refusal<B>(result: &Result<Response<B>>) -> bool {
    matches!(result, Ok(response) if response.status == 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Always the same chance, and no time.
    struct Still(f64);

    impl Clock for Still {
        fn now(&self) -> u64 {
            0
        }

        fn unix_ms(&self) -> u64 {
            0
        }

        fn random(&self) -> f64 {
            self.0
        }

        async fn sleep(&self, _: u64) {}
    }

    fn delays(chance: f64, policy: Policy) -> Vec<u64> {
        let retry = Retry::new(Rc::new(Still(chance)), policy);
        let retry_budget = RetryBudget::default();
        std::iter::from_fn(|| retry.next_delay(&retry_budget, None)).collect()
    }

    /// F64.
    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = Policy { attempts: 10, ..Policy::default() };
        assert_eq!(delays(0.0, policy), [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
        let longest = delays(0.999_999, policy);
        assert!(longest.iter().all(|delay| *delay <= 30_000) && longest.last() >= Some(&29_900), "{longest:?}");
        assert_eq!(delays(0.5, Policy::default()).len(), 4);
        assert!(delays(0.5, Policy { attempts: 1, ..Policy::default() }).is_empty());
        assert_eq!(delays(0.5, Policy { min_delay: u64::MAX, max_delay: 8, attempts: 80 }), [6; 79]);
    }

    /// F63.
    #[test]
    fn a_server_may_ask_for_a_minute() {
        let retry = Retry::new(Rc::new(Still(0.0)), Policy::default());
        let after = |asked| retry.next_delay(&RetryBudget::default(), Some(asked));
        assert_eq!(after(0), Some(125));
        assert_eq!(after(3_000), Some(3_000));
        assert_eq!(after(60_000), Some(60_000));
        assert_eq!(after(60_001), None);
        assert_eq!(after(u64::MAX), None);
    }

    #[test]
    fn progress_forgets_failures() {
        let retry = Retry::new(Rc::new(Still(0.0)), Policy { attempts: 2, ..Policy::default() });
        let retry_budget = RetryBudget::default();
        for _ in 0..10 {
            assert!(retry.next_delay(&retry_budget, None).is_some());
            retry_budget.reset();
        }
        assert!(retry.next_delay(&retry_budget, None).is_some() && retry.next_delay(&retry_budget, None).is_none());
    }
}
