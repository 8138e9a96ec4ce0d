//! Loading a plan from JSON. It has to be consistent, since it will be applied.

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::json;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::oci::reference::Tag;
use crate::protocol::order::sorted_by;
use crate::protocol::text::timestamp;
use crate::registry::api::connection::Connection;
use crate::registry::cleanup::apply::planned::Cleanup;
use crate::registry::cleanup::plan::{Action, Plan, PlannedDigest, PlannedTag};
use crate::registry::ids::{Ids, Marks};
use crate::transport::{Host, Result};
use std::rc::Rc;

const PLAN: &[&str] = &["registry", "repository", "policy", "createdAt", "tags", "digests", "freed"];
const TAG: &[&str] = &["tag", "digest", "created", "size", "action", "reasons"];
const DIGEST: &[&str] = &["digest", "mediaType", "action", "reasons", "tags", "neededBy", "subject"];

/// A parsed value, or the path and description of an error.
type Read<T> = std::result::Result<T, String>;

impl<H: Host> Cleanup<H> {
    /// Loads a plan of this repository from its JSON. No request is made.
    pub(crate) fn load(api: &Rc<Connection<H>>, name: RepositoryName, json: &str) -> Result<Self> {
        let refused = |error: String| Invalid::argument(format!("plan{error}"));
        let plan = read(json).map_err(refused)?;
        let registry = api.base().to_string();
        for (field, planned, own) in
            [("registry", &plan.registry, registry.as_str()), ("repository", &plan.repository, name.as_str())]
        {
            if planned != own {
                let message = format!("the plan was made for {}, but this is {own}", quoted(planned));
                return Err(refused(format!(".{field}: {message}")).into());
            }
        }
        Ok(Self { api: api.clone(), name, plan })
    }
}

fn read(text: &str) -> Read<Plan> {
    let (registry, repository) = (String::new(), String::new());
    let mut plan = Plan { registry, repository, tags: Vec::new(), digests: Vec::new(), freed: 0, created_at: 0 };
    let text = json::text(text.as_bytes())?;
    object(text, PLAN, &[], &mut |name, text| {
        match name {
            "registry" => plan.registry = json::string(text)?,
            "repository" => plan.repository = json::string(text)?,
            "policy" => json::each_member(text, &mut |_, _| Ok(()))?,
            "createdAt" => plan.created_at = time(text)?,
            "tags" => json::each_item(text, &mut |_, item| read_tag(item, &mut plan.tags))?,
            "digests" => json::each_item(text, &mut |_, item| read_digest(item, &mut plan.digests))?,
            _ => plan.freed = json::size(text)?,
        }
        Ok(())
    })?;
    consistent(plan)
}

fn read_tag(text: &str, tags: &mut Vec<PlannedTag>) -> Read<()> {
    let (tag, action, reasons) = (String::new(), Action::Keep, Vec::new());
    let mut planned = PlannedTag { tag, digest: None, created: None, size: None, action, reasons };
    object(text, TAG, &["digest", "created", "size"], &mut |name, text| {
        match name {
            "tag" => planned.tag = json::string(text)?,
            "digest" => planned.digest = Some(digest(text)?),
            "created" => planned.created = Some(time(text)?),
            "size" => planned.size = Some(json::size(text)?),
            "action" => planned.action = action_of(text)?,
            _ => planned.reasons = json::strings(text)?,
        }
        Ok(())
    })?;
    if planned.action == Action::Remove {
        Tag::parse(&planned.tag).map_err(|invalid| format!(".tag: {}", invalid.message))?;
    }
    tags.push(planned);
    Ok(())
}

fn read_digest(text: &str, digests: &mut Vec<PlannedDigest>) -> Read<()> {
    let (mut own, mut media_type, mut action, mut reasons) = (None, String::new(), Action::Keep, Vec::new());
    let (mut tags, mut needed_by, mut subject) = (Vec::new(), Vec::new(), None);
    object(text, DIGEST, &["subject"], &mut |name, text| {
        match name {
            "digest" => own = Some(digest(text)?),
            "mediaType" => media_type = json::string(text)?,
            "action" => action = action_of(text)?,
            "reasons" => reasons = json::strings(text)?,
            "tags" => tags = json::strings(text)?,
            "neededBy" => json::each_item(text, &mut |_, item| {
                needed_by.push(digest(item)?);
                Ok(())
            })?,
            _ => subject = Some(digest(text)?),
        }
        Ok(())
    })?;
    if action == Action::Remove && !needed_by.is_empty() {
        return Err(".action: it is needed by a manifest that is kept".into());
    }
    let reasons = reasons.into_iter().map(Into::into).collect();
    let digest = own.ok_or_else(|| missing("digest"))?;
    digests.push(PlannedDigest { digest, media_type, action, reasons, tags, needed_by, subject });
    Ok(())
}

/// Parses an object that has each of the fields once, and no others.
fn object(text: &str, fields: &[&str], optional: &[&str], visit: &mut dyn FnMut(&str, &str) -> Read<()>) -> Read<()> {
    let mut seen = Marks::default();
    json::each_member(text, &mut |name, value| {
        let Some(field) = fields.iter().position(|field| *field == name) else {
            return Err(format!(": {}: there is no such field", quoted(name)));
        };
        if !seen.add(field) {
            return Err(json::twice(name));
        }
        visit(name, value).map_err(|error| json::at(name, error))
    })?;
    match fields.iter().enumerate().find(|(at, field)| !seen.has(*at) && !optional.contains(field)) {
        Some((_, field)) => Err(missing(field)),
        None => Ok(()),
    }
}

fn missing(field: &str) -> String {
    json::at(field, ": it is missing".into())
}

/// Sorts the plan after a check that its parts agree: the removal of a digest includes all of its tags.
fn consistent(mut plan: Plan) -> Read<Plan> {
    let (mut digests, mut tags) = (Ids::default(), Ids::default());
    let twice = |list: &str, at: usize, name: &str| Err(format!(".{list}[{at}].{name}: it is there twice"));
    let mut left = Vec::new();
    for (at, planned) in plan.digests.iter().enumerate() {
        if digests.of(planned.digest.as_str()) != at {
            return twice("digests", at, "digest");
        }
        left.push(planned.tags.len());
    }
    for (at, tag) in plan.tags.iter().enumerate() {
        if tags.of(&tag.tag) != at {
            return twice("tags", at, "tag");
        }
        // A tag without a digest belongs to no digest.
        if tag.digest.is_none() && plan.digests.iter().any(|planned| planned.tags.contains(&tag.tag)) {
            return Err(format!(".tags[{at}]{}", missing("digest")));
        }
        let id = tag.digest.as_ref().and_then(|digest| digests.get(digest.as_str()));
        let Some((id, planned)) = id.and_then(|id| Some((id, plan.digests.get(id)?))) else { continue };
        if planned.action == Action::Remove && tag.action == Action::Keep {
            return Err(format!(".tags[{at}].action: the tag is kept, but its digest is to be removed"));
        }
        match left.get_mut(id).filter(|_| planned.tags.contains(&tag.tag)) {
            Some(left) => *left = left.wrapping_sub(1),
            None => {
                return Err(format!(".digests[{id}].tags: {} is missing, although plan.tags has it", quoted(&tag.tag)));
            }
        }
    }
    if let Some(at) = left.iter().position(|left| *left > 0) {
        return Err(format!(".digests[{at}].tags: one of them is not in plan.tags with this digest"));
    }
    plan.tags = sorted_by(plan.tags, |one, other| one.tag.cmp(&other.tag));
    Ok(plan)
}

fn action_of(text: &str) -> Read<Action> {
    match text {
        "\"keep\"" => Ok(Action::Keep),
        "\"remove\"" => Ok(Action::Remove),
        _ => Err(json::needed("\"keep\" or \"remove\"", text)),
    }
}

fn digest(text: &str) -> Read<Digest> {
    Digest::parse(&json::string(text)?).map_err(|invalid| format!(": {}", invalid.message))
}

/// Parses a date as JavaScript writes it.
fn time(text: &str) -> Read<u64> {
    timestamp::unix_ms(&json::string(text)?)
        .ok_or_else(|| json::needed("a time like \"2026-01-31T12:00:00.000Z\"", text))
}
