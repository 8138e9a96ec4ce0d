//! Clean-up: what a policy makes of a repository ([`plan`], data from data), and the deed ([`apply`]).

pub mod apply;
pub mod inventory;
mod load;
pub mod plan;
pub mod policy;
pub mod report;
mod survey;
#[cfg(test)]
mod tests;

pub use crate::registry::cleanup::apply::planned::Cleanup;
pub use crate::registry::cleanup::policy::{Keep, Line, Matcher, Moment, Policy, Remove, Semver};
pub use crate::registry::cleanup::report::{Report, StepDone};
