//! Trying again: what may be repeated, how often, and after which pause.

use std::rc::Rc;

use crate::protocol::code;
use crate::transport::request::{Failures, Request, Response};
use crate::transport::{Clock, Result, Transport, read};

/// The longest wait a server may ask for. What asks for more is told to the caller at once.
const LONGEST_WAIT: u64 = 60_000;

/// How often, and with which pauses between.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Tries in all; 1 never repeats.
    pub attempts: u32,
    /// Milliseconds before the second try; each further pause is twice as long.
    pub min_delay: u64,
    /// Milliseconds at most, unless the server asks for more.
    pub max_delay: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { attempts: 5, min_delay: 250, max_delay: 30_000 }
    }
}

/// The policy with a clock to wait by.
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
    /// Waits by `clock`.
    pub fn new(clock: Rc<C>, policy: Policy) -> Self {
        Self { clock, policy }
    }

    /// Milliseconds to pause after one more failure; `None` where it was the last try, or the server asks for a longer
    /// wait than a caller should sit through unasked.
    pub fn after(&self, failures: &Failures, asked: Option<u64>) -> Option<u64> {
        let failed = failures.count();
        if failed >= self.policy.attempts || asked.is_some_and(|asked| asked > LONGEST_WAIT) {
            return None;
        }
        let doubled = self.policy.min_delay.saturating_mul(1 << (failed - 1).min(20));
        let longest = doubled.min(self.policy.max_delay);
        // Half of it by chance: clients that failed together do not come back together.
        let delay = longest / 2 + (longest as f64 / 2.0 * self.clock.random()) as u64;
        Some(delay.max(asked.unwrap_or(0)))
    }

    /// Whether anything is tried more than once.
    pub fn repeats(&self) -> bool {
        self.policy.attempts > 1
    }

    /// Waits so long.
    pub async fn pause(&self, milliseconds: u64) {
        if milliseconds > 0 {
            self.clock.sleep(milliseconds).await;
        }
    }
}

/// Repeats requests that failed for the moment: the connection broke, or the status says so. Only those whose repetition
/// does no harm.
pub struct Retried<T, C> {
    inner: T,
    retry: Retry<C>,
    has_cache: bool,
}

impl<T: Transport, C: Clock> Retried<T, C> {
    /// Over another transport. `has_cache`: whether a browser's HTTP cache may answer.
    pub fn new(inner: T, retry: Retry<C>, has_cache: bool) -> Self {
        Self { inner, retry, has_cache }
    }

    /// Whether a cache may have answered, and not with content: what it kept may be long past, or meant for another page.
    fn may_be_outdated(&self, request: &Request<T::Chunk>, result: &Result<Response<T::Body>>) -> bool {
        self.has_cache
            && request.may_be_cached
            && match result {
                Ok(response) => !response.is_success(),
                Err(error) => error.code == code::CORS_OR_NETWORK,
            }
    }
}

impl<T: Transport, C: Clock> Transport for Retried<T, C> {
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
            let asked = match &result {
                Ok(response) if is_momentary(response.status) => response.retry_after(self.retry.clock.unix_ms()),
                Err(error) if error.is_transient => None,
                _ => return result,
            };
            let repeatable = !request.is_streamed() && (request.is_repeatable || is_refusal(&result));
            let delay = if repeatable { self.retry.after(&request.failures, asked) } else { None };
            let Some(delay) = delay else { return result };
            if let Ok(response) = result {
                read::discard(&*self.retry.clock, response).await;
            }
            self.retry.pause(delay).await;
        }
    }
}

/// Statuses that peers repeat on as well; 499 and 522 are those of proxies that lost the registry.
pub fn is_momentary(status: u16) -> bool {
    matches!(status, 408 | 429 | 499 | 500 | 502 | 503 | 504 | 522)
}

/// Whether the server says that it did not begin.
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
        let failures = Failures::default();
        std::iter::from_fn(|| retry.after(&failures, None)).collect()
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
        let after = |asked| retry.after(&Failures::default(), Some(asked));
        assert_eq!(after(0), Some(125));
        assert_eq!(after(3_000), Some(3_000));
        assert_eq!(after(60_000), Some(60_000));
        assert_eq!(after(60_001), None);
        assert_eq!(after(u64::MAX), None);
    }

    #[test]
    fn progress_forgets_failures() {
        let retry = Retry::new(Rc::new(Still(0.0)), Policy { attempts: 2, ..Policy::default() });
        let failures = Failures::default();
        for _ in 0..10 {
            assert!(retry.after(&failures, None).is_some());
            failures.forget();
        }
        assert!(retry.after(&failures, None).is_some() && retry.after(&failures, None).is_none());
    }
}
