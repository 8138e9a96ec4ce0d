//! `planCleanup()` and its plans.

use std::rc::Rc;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::options::{Options, described};
use crate::js::args::policy;
use crate::js::context::Context;
use crate::js::output::error::{Failure, Result};
use crate::js::output::progress::count_watcher;
use crate::js::output::{convert, error, promise};
use crate::js::repository::Repository;
use crate::registry::Cleanup;
use crate::registry::cleanup::{Report, StepDone};
use crate::transport::Error;

#[wasm_bindgen(module = "/src/js/cleanup/plan.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = planOf)]
    fn plan_of(json: &str, policy: &JsValue, apply: &Function) -> std::result::Result<JsValue, JsValue>;
}

#[wasm_bindgen]
impl Repository {
    /// Resolves to a plan of what a policy would remove, and why.
    #[wasm_bindgen(js_name = planCleanup)]
    pub fn plan_cleanup(&self, policy: JsValue, options: JsValue) -> Promise {
        let (repository, context) = (self.repository.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let rules = policy::read(policy.clone())?;
            let options = Options::read(options, &["signal", "timeout", "onProgress"])?;
            let watcher = options.callback("onProgress")?.map(count_watcher);
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let cleanup = Box::pin(repository.plan_cleanup(&rules, watcher, &call)).await?;
                to_js(Rc::new(cleanup), &policy, context)
            }))
        })
    }

    /// Resolves to a plan that was stored as JSON.
    #[wasm_bindgen(js_name = loadCleanupPlan)]
    pub fn load_cleanup_plan(&self, plan: JsValue) -> Promise {
        promise::run(None, || {
            let plan = self.load(&plan)?;
            Ok((None, async move { Ok(plan) }))
        })
    }
}

impl Repository {
    fn load(&self, plan: &JsValue) -> Result<JsValue> {
        let text = if plan.is_object() {
            JSON::stringify(plan).ok().and_then(|text| text.as_string())
        } else {
            plan.as_string()
        };
        let refused = || Failure::argument(format!("plan: the JSON of a plan is needed, not {}", described(plan)));
        let text = text.ok_or_else(refused)?;
        let cleanup = self.repository.load_cleanup(&text)?;
        let policy = Reflect::get(&convert::parse(&text)?, &"policy".into()).unwrap_or_default();
        to_js(Rc::new(cleanup), &policy, self.context.clone())
    }
}

fn to_js(cleanup: Rc<Cleanup<FetchHost>>, policy: &JsValue, context: Rc<Context>) -> Result<JsValue> {
    let json = convert::text(cleanup.plan())?;
    let apply = Closure::<dyn Fn(JsValue) -> Promise>::new(move |options| apply(&cleanup, &context, options));
    let failed = |_| Error::internal("a plan cannot be made an object");
    Ok(plan_of(&json, policy, apply.into_js_value().unchecked_ref()).map_err(failed)?)
}

fn apply(cleanup: &Rc<Cleanup<FetchHost>>, context: &Rc<Context>, options: JsValue) -> Promise {
    let cleanup = cleanup.clone();
    promise::run(context.signal.as_ref(), || {
        let options = Options::read(options, &["signal", "timeout", "onProgress"])?;
        let progress = options.callback("onProgress")?;
        let call = options.call()?;
        Ok((options.signal()?, async move {
            let told = |step: &StepDone| {
                if let (Some(progress), Ok(step)) = (&progress, convert::small(step)) {
                    progress.tell(&step);
                }
            };
            report(&Box::pin(cleanup.apply(&told, &call)).await?)
        }))
    })
}

/// Converts to `CleanupReport` of index.d.ts.
fn report(report: &Report) -> Result<JsValue> {
    let object = Object::new();
    let set = |object: &Object, name: &str, value: JsValue| {
        let _ = Reflect::set(object, &name.into(), &value); // a fresh object takes every property
    };
    set(&object, "removed", convert::json(&report.removed)?);
    set(&object, "kept", convert::json(&report.kept)?);
    set(&object, "skipped", convert::json(&report.skipped)?);
    let failed = report.failed.iter().map(|(what, error)| {
        let entry = Object::new();
        set(&entry, "what", what.as_str().into());
        set(&entry, "error", error::to_js(error));
        entry
    });
    set(&object, "failed", failed.collect::<Array>().into());
    set(&object, "remaining", convert::json(&report.remaining)?);
    Ok(object.into())
}
