//! Cleaning up a repository: a [`plan`] from a policy, without requests, and its application ([`apply`]).

pub mod apply;
pub mod inventory;
pub mod plan;
pub mod policy;
pub mod report;
mod saved_plan;
mod survey;
#[cfg(test)]
mod tests;

pub use crate::registry::cleanup::apply::planned::Cleanup;
pub use crate::registry::cleanup::policy::{Keep, Line, Matcher, Moment, Policy, Remove, Semver};
pub use crate::registry::cleanup::report::{Report, StepDone};

use crate::registry::api::settings::Call;
use crate::registry::concurrency::CountWatcher;
use crate::registry::repository::Repository;
use crate::transport::{Host, Result};

impl<H: Host> Repository<H> {
    /// Plans a clean-up by a policy: lists the removals and their reasons. Nothing is changed.
    ///
    /// # Errors
    ///
    /// - `INVALID_ARGUMENT` when a rule of the policy cannot be used.
    /// - `UNSUPPORTED` when the registry speaks V1.
    /// - Otherwise the code of the failed request.
    pub async fn plan_cleanup(
        &self,
        policy: &Policy,
        watcher: Option<CountWatcher>,
        call: &Call,
    ) -> Result<Cleanup<H>> {
        self.in_call(call)?.plan_cleanup(policy, watcher).await
    }

    /// Loads a clean-up plan of this repository from its JSON. No request is made.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when the JSON is not a plan, or a plan for another registry or repository.
    pub fn load_cleanup(&self, json: &str) -> Result<Cleanup<H>> {
        Cleanup::load(&self.api, self.checked_name()?, json)
    }
}
