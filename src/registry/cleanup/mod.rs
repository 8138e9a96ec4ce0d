//! Clean-up: what a policy makes of a repository ([`plan`], data from data), and the deed ([`apply`]).

pub mod apply;
mod deletion;
mod gather;
pub mod inventory;
mod load;
mod look;
pub mod plan;
mod planned;
pub mod policy;
pub mod report;
mod schedule;
mod steps;
mod survey;
#[cfg(test)]
mod tests;

pub use crate::registry::cleanup::planned::Cleanup;
pub use crate::registry::cleanup::policy::{Keep, Line, Matcher, Moment, Policy, Remove, Semver};
pub use crate::registry::cleanup::report::{Report, StepDone};
