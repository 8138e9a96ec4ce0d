//! Clean-ups carried out on every kind of registry, whatever goes wrong: what is kept stays as it was and complete, and
//! another try does the rest.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::support::clean::{ALL, OCI, filled, plan};
use crate::support::model::{Deletes, FAULTS, Fault, Model};
use crate::support::{Reply, Scripted, image_manifest, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::cleanup::plan::Action;
use docker_registry_client_wasm::registry::cleanup::{Cleanup, Report};
use docker_registry_client_wasm::registry::{Call, Settings};
use docker_registry_client_wasm::transport::Error;

/// Carries a plan out: what it is about stands in the report once, and was told of once.
fn applied(host: &Scripted, cleanup: &Cleanup<Scripted>) -> Result<Report, Error> {
    let told = RefCell::new(Vec::new());
    let report = host.run(cleanup.apply(&|step| told.borrow_mut().push(step.clone()), &Call::default()))?;
    let told = told.take();
    for (at, step) in told.iter().enumerate() {
        assert_eq!((step.done, step.total), (at + 1, told.len()), "{told:?}");
    }
    let Report { removed, skipped, failed, remaining, .. } = &report;
    let skipped = skipped.iter().map(|skipped| &skipped.what);
    let all = removed.iter().chain(skipped).chain(failed.iter().map(|(what, _)| what)).chain(remaining);
    let planned = cleanup.plan().tags.iter().filter(|tag| tag.action == Action::Remove).map(|tag| tag.tag.clone());
    let digests = cleanup.plan().digests.iter().filter(|digest| digest.action == Action::Remove);
    let mut planned: Vec<String> = planned.chain(digests.map(|digest| digest.digest.to_string())).collect();
    let sorted = |all: &mut Vec<String>| all.sort();
    let (mut all, mut names): (Vec<_>, Vec<_>) =
        (all.cloned().collect(), told.into_iter().map(|step| step.what).collect());
    [&mut all, &mut names, &mut planned].into_iter().for_each(sorted);
    assert_eq!((&all, &names), (&planned, &planned), "{report:?}");
    Ok(report)
}

#[test]
fn all_goes_that_the_plan_says() {
    for deletes in ALL {
        for referrers in [true, false] {
            let content = filled(deletes, referrers);
            let host = content.model.host();
            let cleanup = plan(&host, &host.client()).unwrap();
            content.check("planned");
            assert!(host.seen().iter().all(|seen| matches!(seen.method.as_str(), "GET" | "HEAD")));
            let removed = cleanup.plan().digests.iter().filter(|digest| digest.action == Action::Remove);
            assert_eq!(removed.map(|digest| digest.digest.to_string()).collect::<BTreeSet<_>>(), content.goes);
            let told = RefCell::new(Vec::new());
            let tell = |step: &_| told.borrow_mut().push(format!("{step:?}"));
            let report = host.run(cleanup.apply(&tell, &Call::default())).unwrap();
            assert_eq!((report.failed.len(), report.skipped.len(), report.remaining.len()), (0, 0, 0), "{report:?}");
            assert_eq!(told.borrow().len(), report.removed.len());
            content.check_done(&format!("{deletes:?} {referrers}"));
        }
    }
}

/// One request fails, any of them, in any way; then the same plan is carried out again.
#[test]
fn with_one_failure() {
    for deletes in ALL {
        for (fault, referrers) in FAULTS.into_iter().flat_map(|fault| [(fault, true), (fault, false)]) {
            for failing in 0..45 {
                let content = filled(deletes, referrers);
                let host = content.model.host();
                let client = host.once();
                let cleanup = plan(&host, &client).unwrap();
                content.model.fail(move |index, _| (index == failing).then_some(fault));
                let result = applied(&host, &cleanup);
                let what = format!("{deletes:?} {referrers}, request {failing} {fault:?}: {result:?}");
                content.check(&what);
                content.model.heal();
                let again = host.run(cleanup.apply(&|_| {}, &Call::default())).unwrap();
                assert!(again.failed.is_empty() && again.remaining.is_empty(), "{what}; then {again:?}");
                content.check_done(&format!("{what}; then {again:?}"));
            }
        }
    }
}

/// Images of their own under `old0` to `old19`, and ten more tags of what `keep` points to.
fn many(deletes: Deletes) -> Model {
    let model = Model::new(deletes, true);
    for number in 0..20 {
        model.put(&[&format!("old{number}")], OCI, &image_manifest(&format!("image {number}"), ""));
    }
    let kept: Vec<String> = (0..10).map(|number| format!("old-{number}")).chain(["keep".into()]).collect();
    model.put(&kept.iter().map(String::as_str).collect::<Vec<_>>(), OCI, &image_manifest("kept", ""));
    model
}

/// Manifests several at a time, of the tags of one digest one at a time.
#[test]
fn deletions_at_the_same_time() {
    for (concurrency, most) in [(1, 1), (2, 2), (6, 6), (64, 8)] {
        let model = many(Deletes::Both);
        let host = model.host();
        let client = host.client_with(Settings { concurrency: Some(concurrency), ..Settings::default() });
        let cleanup = plan(&host, &client).unwrap();
        let before = host.seen().len();
        let report = applied(&host, &cleanup).unwrap();
        assert_eq!((report.removed.len(), model.0.manifests.borrow().len()), (50, 1), "{report:?}");
        // An answer takes 10 ms.
        let deletions: Vec<_> =
            host.seen().into_iter().skip(before).filter(|seen| seen.method == Method::Delete).collect();
        let at_once = |digests: bool| {
            let of_kind = || deletions.iter().filter(|seen| seen.target.contains("sha256:") == digests);
            of_kind().map(|one| of_kind().filter(|other| other.at <= one.at && one.at < other.at + 10).count()).max()
        };
        assert_eq!((at_once(true), at_once(false)), (Some(most), Some(1)));
    }
}

/// Whatever fails of much that is done at the same time: another try does the rest.
#[test]
fn with_many_failures() {
    for deletes in ALL {
        for round in 0..8 {
            let model = many(deletes);
            let host = model.host();
            let cleanup = plan(&host, &host.once()).unwrap();
            model.fail(move |index, _| {
                let chance = (index * 7919 + round * 104_729) % 1009;
                (chance % 9 == 0).then(|| FAULTS[chance % FAULTS.len()])
            });
            let mut tries = 0;
            loop {
                tries += 1;
                assert!(tries < 60, "{deletes:?} {round}");
                // Before anything was changed a refusal is an error.
                if let Ok(report) = applied(&host, &cleanup)
                    && report.failed.is_empty()
                    && report.remaining.is_empty()
                {
                    break;
                }
                if tries == 50 {
                    model.heal();
                }
                assert!(model.tag("keep").is_some_and(|digest| model.has(&digest)), "{deletes:?} {round}");
            }
            assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep"], "{deletes:?} {round}");
            assert_eq!(model.body_of("keep"), Some(image_manifest("kept", "")));
            let manifests = model.0.manifests.borrow();
            assert_eq!(manifests.values().filter(|(_, body)| !body.contains(".untag.")).count(), 1);
        }
    }
}

/// While it goes on a tag moves to what is to go: that stays then.
#[test]
fn a_tag_moves_to_what_is_to_go() {
    for deletes in ALL {
        let model = many(deletes);
        let host = model.host();
        let cleanup = plan(&host, &host.client()).unwrap();
        let (moved, begun) = (sha256(image_manifest("image 12", "")), std::cell::Cell::new(false));
        let digest = moved.clone();
        model.meanwhile(move |state, seen| {
            begun.set(begun.get() || seen.method == Method::Delete);
            // Other tags go first; this look comes right before the deletion.
            if begun.get() && seen.target.ends_with("/manifests/old0") {
                state.tags.borrow_mut().insert("old0".into(), digest.clone());
            }
        });
        let report = applied(&host, &cleanup).unwrap();
        let skipped: Vec<&str> = report.skipped.iter().map(|skipped| skipped.what.as_str()).collect();
        assert_eq!(skipped, ["old0", &moved], "{deletes:?}: {report:?}");
        assert_eq!(model.body_of("old0"), Some(image_manifest("image 12", "")), "{deletes:?}");
        assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep", "old0"], "{deletes:?}");
    }
}

/// A registry that refuses from some deletion on: what was removed is told, and the rest remains.
#[test]
fn refused_in_the_middle() {
    // Ten tags go one after the other, then manifests eight at a time, each with a tag.
    for allowed in (0..8).chain(10..16) {
        let model = many(Deletes::Both);
        let host = model.host();
        let cleanup = plan(&host, &host.client()).unwrap();
        let left = std::cell::Cell::new(allowed);
        model.fail(move |_, seen| {
            let is_deletion = seen.method == Method::Delete;
            left.set(left.get() - i32::from(is_deletion));
            (is_deletion && left.get() < 0).then_some(Fault::Denied)
        });
        match applied(&host, &cleanup) {
            Err(error) => assert_eq!((allowed, error.code.as_ref()), (0, "DENIED")),
            Ok(report) => {
                assert_eq!(report.removed.len() as i32, allowed + (allowed - 10).max(0), "{report:?}");
                let most = if allowed < 10 { 1 } else { 8 };
                assert!((1..=most).contains(&report.failed.len()), "{report:?}");
                assert!(report.remaining.len() > 20, "{report:?}");
            }
        }
        assert_eq!(model.0.tags.borrow().len(), 31 - allowed as usize);
    }
}

/// Aborted at any time; then the same plan, or a new one, does the rest.
#[test]
fn aborted_anywhere() {
    for deletes in ALL {
        for limit in (0..500).step_by(5) {
            let content = filled(deletes, false);
            let host = content.model.host();
            let cleanup = plan(&host, &host.client()).unwrap();
            let begun = host.now();
            let _ = host.run_for(begun + limit, async { cleanup.apply(&|_| {}, &Call::default()).await });
            host.settle();
            let what = format!("{deletes:?} aborted after {limit} ms");
            content.check(&what);
            if limit % 2 == 0 {
                let report = host.run(cleanup.apply(&|_| {}, &Call::default())).unwrap();
                content.check_done(&format!("{what}: {report:?}"));
            } else {
                let anew = plan(&host, &host.client()).unwrap();
                host.run(anew.apply(&|_| {}, &Call::default())).unwrap();
                content.check(&what);
                assert_eq!(content.model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep"], "{what}");
            }
        }
    }
}

/// Somebody else writes between any two requests of `apply()`: their tag stays, and what it needs as long as there is time
/// to see it.
#[test]
fn another_writer() {
    for deletes in ALL {
        for at in 0.. {
            let content = filled(deletes, true);
            let host = content.model.host();
            let cleanup = plan(&host, &host.client()).unwrap();
            let count = std::cell::Cell::new(0);
            let other = image_manifest("other", "");
            content.model.meanwhile(move |state, _| {
                if count.replace(count.get() + 1) == at {
                    state.put(&["old", "new"], OCI, &other);
                }
            });
            let report = host.run(cleanup.apply(&|_| {}, &Call::default())).unwrap();
            content.check(&format!("{deletes:?} at {at}: {report:?}"));
            if content.model.tag("new").is_none() {
                assert!(at > 10, "{deletes:?}: done before they wrote");
                break;
            }
            let expected = image_manifest("other", "");
            assert_eq!(content.model.body_of("new"), Some(expected.clone()), "{deletes:?} at {at}: {report:?}");
            assert_eq!(content.model.body_of("old"), Some(expected), "{deletes:?} at {at}: {report:?}");
        }
    }
}

/// A tag that is moved before any look at it stays: the last look is just before the write.
#[test]
fn a_tag_that_moves_between_two_looks() {
    for deletes in ALL {
        for at in 0.. {
            let content = filled(deletes, true);
            let host = content.model.host();
            let cleanup = plan(&host, &host.client()).unwrap();
            let (count, other) = (std::cell::Cell::new(0), image_manifest("other", ""));
            let written = other.clone();
            content.model.meanwhile(move |state, seen| {
                let is_look = seen.method == Method::Get && seen.target.ends_with("/manifests/old-b");
                if is_look && count.replace(count.get() + 1) == at {
                    state.put(&["old-b", "new"], OCI, &written);
                }
            });
            let report = host.run(cleanup.apply(&|_| {}, &Call::default())).unwrap();
            if content.model.tag("new").is_none() {
                assert!(at > 2, "{deletes:?}: {at} looks");
                break;
            }
            assert_eq!(content.model.body_of("old-b"), Some(other), "{deletes:?} at look {at}: {report:?}");
        }
    }
}

#[test]
fn where_nothing_is_deleted_nothing_is_changed() {
    let content = filled(Deletes::Nothing, false);
    let host = content.model.host();
    let cleanup = plan(&host, &host.client()).unwrap();
    let before = content.model.0.tags.borrow().clone();
    let error = host.run(cleanup.apply(&|_| {}, &Call::default())).unwrap_err();
    assert_eq!(error.code, "UNSUPPORTED");
    assert_eq!(*content.model.0.tags.borrow(), before);
}

/// Google's registries refuse a digest that has tags, which are then removed. A tag that is found on it meanwhile, by the
/// deletion of another, keeps it: it is not tried again.
#[test]
fn a_manifest_that_is_needed_right_before_it_goes() {
    let model = Model::new(Deletes::Both, true);
    // The first deletion runs alone.
    let [first, one, two] = ["first", "one", "two"].map(|name| image_manifest(name, ""));
    model.put(&["old-0"], OCI, &first);
    let refused = model.put(&["old-1", "old-2", "old-3", "old-4"], OCI, &one);
    let moving = ["old-a", "old-b", "old-c", "old-d", "old-e", "old-f"];
    let other = model.put(&moving, OCI, &two);
    let (state, digest) = (model.0.clone(), refused.clone());
    let host = Scripted::new(move |seen| {
        if seen.method == Method::Delete && seen.target.ends_with(&digest) {
            state.tags.borrow_mut().insert("old-f".into(), digest.clone());
            let body = r#"{"errors":[{"code":"GOOGLE_MANIFEST_DANGLING_TAG","message":"it has tags"}]}"#;
            return Reply::json(body).status(400).after(10);
        }
        state.handle(seen).after(10)
    });
    let cleanup = plan(&host, &host.client()).unwrap();
    let report = applied(&host, &cleanup).unwrap();
    assert_eq!((model.has(&refused), model.has(&other)), (true, false), "{report:?}");
    assert_eq!(model.tag("old-f").as_ref(), Some(&refused), "{report:?}");
    let failed: Vec<_> = report.failed.iter().map(|(what, error)| (what, error.code.as_ref())).collect();
    assert_eq!(failed, [(&refused, "CONFLICT")], "{report:?}");
    let asked = host.seen().into_iter().filter(|seen| seen.method == Method::Delete && seen.target.ends_with(&refused));
    assert_eq!(asked.count(), 1, "{report:?}");
    assert!(report.skipped.iter().any(|skipped| skipped.what == "old-f"), "{report:?}");
}
