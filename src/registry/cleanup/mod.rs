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
