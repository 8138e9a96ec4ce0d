//! Clean-up policies: the rules for what to keep and what to remove.

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::order::ordered;
use crate::protocol::text::timestamp;
use crate::protocol::text::version_order::{Version, highest_first};
use crate::registry::cleanup::inventory::{Inventory, TagEntry};
use crate::registry::ids::Marks;

/// Tests a tag's name.
pub type Matcher = Box<dyn Fn(&str) -> bool>;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Milliseconds since 1970.
    At(u64),
    /// Milliseconds before now.
    Ago(u64),
}

/// A rule on versions. Tags that are not versions do not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semver {
    /// Keeps all releases (versions that are not pre-releases).
    pub releases: bool,
    /// Keeps this many of the highest releases of each line.
    pub highest: Option<u64>,
    /// The definition of a line.
    pub line: Line,
}

/// Versions that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// All versions.
    All,
    /// Versions with the same major number.
    Major,
    /// Versions with the same major and minor number.
    Minor,
}

/// The rules that keep selected tags. One matching rule is sufficient.
#[derive(Default)]
pub struct Keep {
    /// Keeps this many digests, those created last.
    pub newest: Option<u64>,
    /// Keeps images created later.
    pub newer_than: Option<Moment>,
    /// Keeps matching tags.
    pub tags: Vec<Matcher>,
    /// Keeps matching versions.
    pub semver: Option<Semver>,
}

/// The rules that select tags for removal. All given rules must match.
#[derive(Default)]
pub struct Remove {
    /// Selects matching tags.
    pub tags: Option<Vec<Matcher>>,
    /// Selects images created earlier.
    pub older_than: Option<Moment>,
    /// Selects pre-releases only.
    pub pre_release: bool,
}

/// A clean-up policy.
pub struct Policy {
    /// Keeps tags, regardless of `remove`.
    pub keep: Keep,
    /// Selects tags for removal.
    pub remove: Remove,
    /// True to remove untagged manifests that nothing kept needs.
    pub untagged: bool,
}

/// The decision on a tag.
pub struct Verdict {
    /// True if it is removed.
    pub is_removed: bool,
    /// The rules that apply.
    pub reasons: Vec<String>,
}

impl Moment {
    /// Parses `30d`, `12h`, `90m`, `2w` (ago), a date or an RFC 3339 time.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unit = |unit| match unit {
            "s" => Some(1000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            "w" => Some(604_800_000),
            _ => None,
        };
        let ago = text.find(|character: char| !character.is_ascii_digit()).and_then(|at| {
            let (number, name) = text.split_at_checked(at)?;
            number.parse::<u64>().ok()?.checked_mul(unit(name)?)
        });
        let at = || timestamp::unix_ms(text).or_else(|| timestamp::unix_ms(&format!("{text}T00:00:00Z")));
        ago.map(Self::Ago).or_else(|| at().map(Self::At)).ok_or_else(|| {
            Invalid::argument(format!(
                "{}: a time ago like \"30d\" (s, m, h, d, w), a date like \"2026-01-31\" or an RFC 3339 time is needed",
                quoted(text)
            ))
        })
    }

    fn unix_ms(self, now: u64) -> u64 {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.saturating_sub(ago),
        }
    }
}

impl Policy {
    /// Rejects a policy that selects nothing, which must be a mistake.
    pub fn check(&self) -> Result<(), Invalid> {
        let Remove { tags, older_than, pre_release } = &self.remove;
        let is_empty = tags.as_ref().is_none_or(Vec::is_empty) && older_than.is_none() && !pre_release;
        if !is_empty && tags.as_ref().is_none_or(|tags| !tags.is_empty()) {
            return Ok(());
        }
        Err(Invalid::argument(
            "policy.remove: set tags (at least one), olderThan or prerelease to select what to remove; \
             { tags: [\"*\"] } selects everything that policy.keep does not keep",
        ))
    }

    /// Returns true if a rule depends on the age of images.
    pub(super) fn needs_ages(&self) -> bool {
        let Keep { newest, newer_than, .. } = &self.keep;
        newest.is_some() || newer_than.is_some() || self.remove.older_than.is_some()
    }

    /// Decides on each tag. Tags that belong to a digest get no decision here.
    pub(super) fn judge(&self, inventory: &Inventory, now: u64) -> Vec<Option<Verdict>> {
        let is_judged = |tag: &TagEntry| tag.belongs_to().is_none();
        let tags = inventory.tags.iter();
        let selected: Vec<&TagEntry> = tags.filter(|tag| is_judged(tag) && self.selects(tag, now)).collect();
        let newest = self.newest(inventory, &selected);
        let highest = self.highest(&selected);
        let mut at = 0;
        let mut verdict = |tag: &TagEntry| {
            if !self.selects(tag, now) {
                return Verdict { is_removed: false, reasons: vec!["not selected by remove".into()] };
            }
            let is_newest = inventory.target(tag).is_some_and(|id| newest.has(id));
            let reasons = self.kept_by(tag, now, is_newest, highest.has(at));
            at += 1;
            if reasons.is_empty() {
                return Verdict { is_removed: true, reasons: self.remove.rules() };
            }
            Verdict { is_removed: false, reasons }
        };
        inventory.tags.iter().map(|tag| is_judged(tag).then(|| verdict(tag))).collect()
    }

    fn selects(&self, tag: &TagEntry, now: u64) -> bool {
        let Remove { tags, older_than, pre_release } = &self.remove;
        let is_older = |moment: &Moment| tag.created.is_some_and(|created| created < moment.unix_ms(now));
        // A tag that cannot be read may be needed for an unknown reason.
        tag.problem.is_none()
            && tags.as_ref().is_none_or(|tags| tags.iter().any(|fits| fits(&tag.tag)))
            && older_than.as_ref().is_none_or(is_older)
            && (!pre_release || Version::parse(&tag.tag).is_some_and(|version| version.is_pre_release()))
    }

    fn kept_by(&self, tag: &TagEntry, now: u64, is_newest: bool, is_highest: bool) -> Vec<String> {
        let Keep { newest: count, newer_than, tags, semver } = &self.keep;
        let mut reasons = Vec::new();
        let mut keep = |reason: &str| reasons.push(format!("keep.{reason}"));
        if tags.iter().any(|fits| fits(&tag.tag)) {
            keep("tags");
        }
        if is_newest {
            keep("newest");
        }
        let boundary = newer_than.map(|moment| moment.unix_ms(now));
        if boundary.is_some_and(|boundary| tag.created.is_some_and(|created| created >= boundary)) {
            keep("newerThan");
        }
        let is_release = || Version::parse(&tag.tag).is_some_and(|version| !version.is_pre_release());
        if semver.as_ref().is_some_and(|semver| semver.releases) && is_release() {
            keep("semver.releases");
        }
        if is_highest {
            keep("semver.highest");
        }
        if tag.created.is_none() && (count.is_some() || newer_than.is_some()) {
            let why = tag.undescribed.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            reasons.push(format!("its age is unknown{why}, and a rule of keep depends on it"));
        }
        reasons
    }

    /// Returns the manifests created last. Those with the same date as the last one are all included: reproducible
    /// builds share one date, so that the order among them is unknown.
    fn newest(&self, inventory: &Inventory, selected: &[&TagEntry]) -> Marks {
        let created = |at: usize| selected.get(at).and_then(|tag| tag.created);
        let (mut newest, mut edge) = (Marks::default(), None);
        let mut left = self.keep.newest.unwrap_or_default();
        for at in ordered(selected.len(), &|one, other| created(other).cmp(&created(one))) {
            let (Some(date), Some(tag)) = (created(at), selected.get(at)) else { continue };
            let Some(target) = inventory.target(tag).filter(|_| left > 0 || edge == Some(date)) else { continue };
            if newest.add(target) {
                left = left.saturating_sub(1);
                edge = Some(date);
            }
        }
        newest
    }

    /// Returns the positions of the tags that are the highest releases of their lines.
    fn highest(&self, selected: &[&TagEntry]) -> Marks {
        let mut kept = Marks::default();
        let Some(Semver { highest: Some(count), line, .. }) = &self.keep.semver else { return kept };
        let length = match line {
            Line::All => 0,
            Line::Major => 1,
            Line::Minor => 2,
        };
        let tag = |at: usize| selected.get(at).map(|tag| tag.tag.as_str()).unwrap_or_default();
        // For each line the number of releases so far, and the last of them.
        let mut lines: Vec<(Vec<&str>, u64, Version<'_>)> = Vec::new();
        for at in ordered(selected.len(), &|one, other| highest_first(tag(one), tag(other))) {
            // A tag without a manifest is not a release.
            let is_image = selected.get(at).is_some_and(|tag| tag.digest.is_some());
            let Some(version) = Version::parse(tag(at)).filter(|version| is_image && !version.is_pre_release()) else {
                continue;
            };
            let name = version.line(length);
            let number = match lines.iter_mut().find(|(line, ..)| *line == name) {
                Some((_, number, last)) => {
                    *number += u64::from(!last.is_same_release(&version));
                    *last = version;
                    *number
                }
                None => {
                    lines.push((name, 1, version));
                    1
                }
            };
            if number <= *count {
                kept.add(at);
            }
        }
        kept
    }
}

impl Remove {
    fn rules(&self) -> Vec<String> {
        let rules =
            [("tags", self.tags.is_some()), ("olderThan", self.older_than.is_some()), ("prerelease", self.pre_release)];
        rules.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| format!("remove.{name}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, expected) in [
            ("30d", Moment::Ago(30 * 86_400_000)),
            ("2w", Moment::Ago(14 * 86_400_000)),
            ("0s", Moment::Ago(0)),
            ("2026-01-02", Moment::At(1_767_312_000_000)),
            ("2026-01-02T03:04:05Z", Moment::At(1_767_323_045_000)),
        ] {
            assert_eq!(Moment::parse(text), Ok(expected), "{text}");
        }
        for text in
            ["", "d", "30", "30 d", "-1d", "1y", "1.5d", "yesterday", "99999999999999999999d", "9999999999999999w"]
        {
            let refused = Moment::parse(text).expect_err(text);
            assert_eq!(refused.code, "INVALID_ARGUMENT");
        }
    }
}
