//! Reads a `CleanupPolicy`.

use js_sys::Date;
use wasm_bindgen::prelude::*;

use crate::fetch::tag;
use crate::js::args::filter::Filter;
use crate::js::args::options;
use crate::js::args::options::{Options, described};
use crate::js::output::error::{Failure, Result};
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::registry::Policy;
use crate::registry::cleanup::{Keep, Line, Matcher, Moment, Remove, Semver};

/// The shortest age in milliseconds.
const SHORTEST_AGE: u64 = 60_000;

/// Reads the policy of `planCleanup()`.
pub fn read(value: JsValue) -> Result<Policy> {
    if value.is_undefined() {
        return Err(Failure::argument("policy: an object is needed, not undefined"));
    }
    let policy = Options::at("policy".into(), value, &["keep", "remove", "untagged"])?.without_undefined()?;
    let part = |name: &str, known: &[&str]| {
        Options::at(policy.path(name), policy.get(name)?.unwrap_or(JsValue::UNDEFINED), known)?.without_undefined()
    };
    let keep = part("keep", &["newest", "newerThan", "tags", "semver"])?;
    let remove = part("remove", &["tags", "olderThan", "prerelease"])?;
    let policy = Policy {
        keep: Keep {
            newest: keep.whole("newest", 0, MAX_SAFE_INTEGER)?,
            newer_than: moment(&keep, "newerThan")?,
            tags: matchers(&keep, "tags")?.unwrap_or_default(),
            semver: semver(&keep)?,
        },
        remove: Remove {
            tags: matchers(&remove, "tags")?,
            older_than: moment(&remove, "olderThan")?,
            pre_release: remove.flag("prerelease")?,
        },
        untagged: policy.optional_flag("untagged")?.unwrap_or(true),
    };
    policy.check()?;
    Ok(policy)
}

fn moment(options: &Options, name: &str) -> Result<Option<Moment>> {
    let Some(value) = options.get(name)? else { return Ok(None) };
    let path = options.path(name);
    if let Some(text) = value.as_string() {
        return match Moment::parse(&text) {
            Ok(moment) => Ok(Some(moment)),
            Err(invalid) => Err(Failure::argument(format!("{path}: {}", invalid.message))),
        };
    }
    let is_date = tag(&value) == "[object Date]";
    let number = if is_date { Some(value.unchecked_ref::<Date>().get_time()) } else { value.as_f64() };
    match number {
        // A caller who writes 30 means days; as milliseconds, it would select almost every image.
        Some(number) if !is_date && number > 0.0 && number < SHORTEST_AGE as f64 => Err(Failure::argument(format!(
            "{path}: a number is an age in milliseconds, 0 or at least {SHORTEST_AGE}, not {0}; write \"{0}d\" for days",
            described(&value)
        ))),
        Some(number) if (0.0..=MAX_SAFE_INTEGER as f64).contains(&number) => {
            Ok(Some(if is_date { Moment::At(number as u64) } else { Moment::Ago(number as u64) }))
        }
        _ => Err(Failure::argument(format!(
            "{path}: a Date since 1970, a text like \"30d\" or \"2026-01-31\", or milliseconds are needed, not {}",
            described(&value)
        ))),
    }
}

fn matchers(options: &Options, name: &str) -> Result<Option<Vec<Matcher>>> {
    let Some(value) = options.get(name)? else { return Ok(None) };
    let path = options.path(name);
    let refused = || Failure::argument(format!("{path}: a list of strings and regular expressions is needed"));
    let list = options::list(&value).ok_or_else(refused)?;
    let matcher = |(index, value): (usize, JsValue)| -> Result<Matcher> {
        let filter = Filter::check(value, &format!("{path}[{index}]"))?;
        Ok(Box::new(move |tag| filter.fits(tag)))
    };
    list.iter().enumerate().map(matcher).collect::<Result<_>>().map(Some)
}

fn semver(keep: &Options) -> Result<Option<Semver>> {
    let Some(value) = keep.get("semver")? else { return Ok(None) };
    let semver = Options::at(keep.path("semver"), value, &["releases", "highest", "per"])?.without_undefined()?;
    let lines = [("major", Line::Major), ("minor", Line::Minor), ("all", Line::All)];
    let line = semver.choice("per", &lines)?.unwrap_or(Line::All);
    let (releases, highest) = (semver.flag("releases")?, semver.whole("highest", 1, MAX_SAFE_INTEGER)?);
    if !releases && highest.is_none() {
        return Err(Failure::argument(format!("{}: releases or highest is needed", keep.path("semver"))));
    }
    Ok(Some(Semver { releases, highest, line }))
}
