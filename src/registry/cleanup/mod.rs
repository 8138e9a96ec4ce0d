//! Clean-up: what a policy makes of a repository ([`plan`], data from data), and the deed ([`apply`]).

pub mod apply;
mod gather;
pub mod inventory;
pub mod plan;
pub mod policy;
mod steps;
#[cfg(test)]
mod tests;

pub use apply::{Cleanup, Report, StepDone};
pub use policy::{Keep, Line, Matcher, Moment, Policy, Remove, Semver};
