//! Plans that were kept as JSON: carried out as well as fresh ones, and read with care.

use crate::support::clean::{ALL, filled, plan};
use crate::support::model::{Deletes, FAULTS};
use crate::support::{OCI_TYPE, Scripted};
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::cleanup::Cleanup;
use docker_registry_client_wasm::registry::{Call, Client, Settings};
use docker_registry_client_wasm::transport::Error;
use serde_json::{Value, json};

/// As JavaScript writes it.
fn json_of(cleanup: &Cleanup<Scripted>) -> Value {
    let mut plan = serde_json::to_value(cleanup.plan()).unwrap();
    plan["createdAt"] = json!("2026-01-01T00:00:00.000Z");
    plan["policy"] = json!({"remove": {"tags": ["old*"]}, "any": [1, {"thing": null}]});
    plan["tags"][0]["created"] = json!("2025-12-31T23:00:00Z");
    plan["tags"][0]["size"] = json!(12);
    plan
}

fn load(host: &Scripted, json: &str) -> Result<Cleanup<Scripted>, Error> {
    host.client().repository("a/b", None).unwrap().load_cleanup(json)
}

#[test]
fn a_loaded_plan_is_carried_out() {
    for deletes in ALL {
        for referrers in [true, false] {
            let content = filled(deletes, referrers);
            let host = content.model.host();
            let json = json_of(&plan(&host, &host.client()).unwrap());
            let loaded = load(&host, &json.to_string()).unwrap();
            let again: Value = json_of(&loaded);
            assert_eq!(again, json);
            let report = host.run(loaded.apply(&|_| {}, &Call::default())).unwrap();
            assert_eq!((report.failed.len(), report.skipped.len(), report.remaining.len()), (0, 0, 0), "{report:?}");
            content.check_done(&format!("{deletes:?} {referrers}"));
        }
    }
}

/// The process that made the plan ended in the middle of it; another one, which knows of nothing else, does the rest.
#[test]
fn after_an_interruption() {
    for deletes in ALL {
        for failing in 0..45 {
            let content = filled(deletes, failing % 2 == 0);
            let host = content.model.host();
            let cleanup = plan(&host, &host.once()).unwrap();
            let json = json_of(&cleanup).to_string();
            content.model.fail(move |index, _| (index >= failing).then_some(FAULTS[failing % FAULTS.len()]));
            let _ = host.run(cleanup.apply(&|_| {}, &Call::default()));
            content.model.heal();
            let what = format!("{deletes:?}, from request {failing} on");
            content.check(&what);
            let report = host.run(load(&host, &json).unwrap().apply(&|_| {}, &Call::default())).unwrap();
            content.check_done(&format!("{what}: {report:?}"));
        }
    }
}

/// What the plan does not know of by now stays, with all that it needs.
#[test]
fn what_is_new_stays() {
    let content = filled(Deletes::Both, true);
    let host = content.model.host();
    let json = json_of(&plan(&host, &host.client()).unwrap()).to_string();
    let old = content.model.body_of("old").unwrap();
    content.model.put(&["new"], OCI_TYPE, &old);
    let report = host.run(load(&host, &json).unwrap().apply(&|_| {}, &Call::default())).unwrap();
    content.check(&format!("{report:?}"));
    assert_eq!(content.model.body_of("new"), Some(old));
    assert_eq!(content.model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep", "new"], "{report:?}");
}

#[test]
fn only_for_the_repository_it_was_made_for() {
    let content = filled(Deletes::Both, true);
    let host = content.model.host();
    let json = json_of(&plan(&host, &host.client()).unwrap()).to_string();
    let refused = |client: &Client<Scripted>, name: &str| {
        let error = client.repository(name, None).unwrap().load_cleanup(&json).err().unwrap();
        (error.code.to_string(), error.message.clone())
    };
    let (code, message) = refused(&host.client(), "a/c");
    assert_eq!(code, "INVALID_ARGUMENT");
    assert_eq!(message, "plan.repository: the plan was made for \"a/b\", but this is a/c");
    for url in ["http://registry.test", "https://other.test", "https://registry.test/prefix"] {
        let client = Client::new(host.clone(), Url::parse(url).unwrap(), Settings::default());
        let (_, message) = refused(&client, "a/b");
        assert!(
            message.starts_with("plan.registry: the plan was made for \"https://registry.test/\", but this is "),
            "{message}"
        );
    }
}

#[test]
fn what_is_no_plan() {
    let content = filled(Deletes::Both, true);
    let host = content.model.host();
    let good = json_of(&plan(&host, &host.client()).unwrap());
    let before = host.seen().len();
    let at = |list: &str, key: &str, value: &str| {
        good[list].as_array().unwrap().iter().position(|entry| entry[key] == value).unwrap()
    };
    let (old, keep) = (at("tags", "tag", "old"), at("tags", "tag", "keep"));
    let of_old = at("digests", "digest", good["tags"][old]["digest"].as_str().unwrap());
    let changed = |pointer: &str, value: Value| {
        let mut plan = good.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match plan.pointer_mut(parent).unwrap() {
            Value::Object(object) if value == json!("ABSENT") => drop(object.remove(name)),
            Value::Object(object) => drop(object.insert(name.to_owned(), value)),
            Value::Array(list) => list.push(value),
            other => panic!("{other}"),
        }
        plan.to_string()
    };
    let it = |what: &str| format!("plan.{what}");
    let twice = |list: &str| changed(&format!("/{list}/-"), good[list][0].clone());
    let counts = (good["tags"].as_array().unwrap().len(), good["digests"].as_array().unwrap().len());
    for (json, expected) in [
        (String::new(), "plan: not JSON: ".to_owned()),
        ("[]".into(), "plan: got an array; an object is needed".into()),
        ("7".into(), "plan: got 7; an object is needed".into()),
        ("{}".into(), it("registry: it is missing")),
        ("[".repeat(200), "plan: nested more than".into()),
        (changed("/registry", json!("ABSENT")), it("registry: it is missing")),
        (changed("/registry", json!(null)), it("registry: got null")),
        (changed("/repository", json!(7)), it("repository: got 7; a string is needed")),
        (changed("/policy", json!([])), it("policy: got an array")),
        (changed("/createdAt", json!(1_767_225_600_000_u64)), it("createdAt: got 1767225600000; a string")),
        (changed("/createdAt", json!("yesterday")), it("createdAt: got \"yesterday\"; a time like")),
        (changed("/freed", json!(-1)), it("freed: got -1")),
        (changed("/more", json!(1)), "plan: \"more\": there is no such field".into()),
        (changed("/tags", json!({})), it("tags: got an object")),
        (changed(&format!("/tags/{old}/action"), json!("delete")), it(&format!("tags[{old}].action: got \"delete\""))),
        (changed(&format!("/tags/{old}/digest"), json!("ABSENT")), it(&format!("tags[{old}].digest: it is missing"))),
        (changed(&format!("/tags/{old}/digest"), json!("sha256:x")), it(&format!("tags[{old}].digest: "))),
        (changed(&format!("/tags/{old}/tag"), json!("../x")), it(&format!("tags[{old}].tag: "))),
        (changed(&format!("/tags/{old}/size"), json!(1.5)), it(&format!("tags[{old}].size: got 1.5"))),
        (changed(&format!("/tags/{old}/reasons"), json!([1])), it(&format!("tags[{old}].reasons[0]: got 1"))),
        (changed(&format!("/tags/{old}/x"), json!(1)), it(&format!("tags[{old}]: \"x\": there is no such field"))),
        // A tag that stays, and loses what it points to.
        (changed(&format!("/tags/{old}/action"), json!("keep")), it(&format!("tags[{old}].action: the tag is kept"))),
        (
            changed(&format!("/digests/{of_old}/tags"), json!(["old"])),
            it(&format!("digests[{of_old}].tags: \"old-too\" is missing")),
        ),
        (
            changed(&format!("/digests/{of_old}/tags"), json!(["keep", "old", "old-too"])),
            it(&format!("digests[{of_old}].tags: one of them is not in plan.tags")),
        ),
        (
            changed(&format!("/digests/{of_old}/tags"), json!(["old", "old", "old-too"])),
            it(&format!("digests[{of_old}].tags: one of them is not in plan.tags")),
        ),
        (
            changed(&format!("/digests/{of_old}/neededBy"), json!([good["digests"][0]["digest"]])),
            it(&format!("digests[{of_old}].action: it is needed")),
        ),
        (
            changed(&format!("/digests/{of_old}/mediaType"), json!("ABSENT")),
            it(&format!("digests[{of_old}].mediaType: ")),
        ),
        (changed(&format!("/digests/{of_old}/subject"), json!(1)), it(&format!("digests[{of_old}].subject: got 1"))),
        (twice("tags"), it(&format!("tags[{}].tag: it is there twice", counts.0))),
        (twice("digests"), it(&format!("digests[{}].digest: it is there twice", counts.1))),
        (good.to_string().replacen("{", r#"{"freed":1,"#, 1), it("freed: it is there twice")),
    ] {
        let error = load(&host, &json).err().unwrap_or_else(|| panic!("{expected}"));
        assert_eq!(error.code, "INVALID_ARGUMENT");
        assert!(error.message.starts_with(&expected), "{} is not {expected}", error.message);
    }
    assert!(load(&host, &changed(&format!("/tags/{keep}/reasons"), json!([]))).is_ok());
    assert_eq!(host.seen().len(), before);
}
