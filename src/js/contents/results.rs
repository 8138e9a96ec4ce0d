//! Results of the calls that look inside an image, for JavaScript.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::contents::entry::{change_fields, list, shown};
use crate::js::output::convert;
use crate::js::output::error::Result;
use crate::layer::waste::Waste;
use crate::registry::contents::Contents;
use crate::registry::contents::diff::ImageDiff;
use crate::registry::contents::package_changes::PackageChange;
use crate::registry::contents::packages::{Manager, Packages};
use crate::registry::contents::waste::ImageWaste;
use crate::registry::image::layer::ImageLayer;

/// Converts to `ImageDiff` of index.d.ts.
pub fn diff_to_js(one: &Contents<FetchHost>, two: &Contents<FetchHost>, diff: &ImageDiff) -> Result<JsValue> {
    let (ones, twos) = (one.image.layers(), two.image.layers());
    let layers = convert::object([
        ("shared", convert::json(&ones.get(..diff.shared).unwrap_or_default())?),
        ("before", convert::json(&ones.get(diff.shared..).unwrap_or_default())?),
        ("after", convert::json(&twos.get(diff.shared..).unwrap_or_default())?),
    ]);
    let config = Array::new();
    for change in &diff.config {
        let value = |json: &Option<String>| json.as_deref().map_or(Ok(JsValue::UNDEFINED), convert::parse);
        config.push(&convert::object([
            ("field", change.field.as_str().into()),
            ("before", value(&change.before)?),
            ("after", value(&change.after)?),
        ]));
    }
    let files: Vec<_> = diff.files.iter().map(change_fields).collect();
    let packages = diff.packages.as_ref().map(|changes| changes.iter().map(package_change).collect::<Array>());
    Ok(convert::object([
        ("layers", layers),
        ("config", config.into()),
        ("files", list(&files)?.into()),
        ("packages", packages.into()),
    ]))
}

/// Converts to `PackageChange` of index.d.ts.
fn package_change(change: &PackageChange) -> JsValue {
    let word = match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    convert::object([
        ("change", word.into()),
        ("name", change.name.as_str().into()),
        ("manager", manager_word(change.manager).into()),
        ("architecture", change.architecture.as_deref().into()),
        ("before", change.before.as_deref().into()),
        ("after", change.after.as_deref().into()),
    ])
}

fn manager_word(manager: Manager) -> &'static str {
    match manager {
        Manager::Dpkg => "dpkg",
        Manager::Apk => "apk",
        Manager::Rpm => "rpm",
    }
}

/// Converts to `ImageWaste` of index.d.ts.
pub fn waste_to_js(contents: &Contents<FetchHost>, waste: &ImageWaste) -> Result<JsValue> {
    let listed = waste.own.as_ref().unwrap_or(&waste.all);
    let files: Array = listed
        .files
        .iter()
        .map(|file| {
            convert::object([
                ("path", shown(&file.path).into()),
                ("size", convert::number(file.size)),
                ("layer", convert::number(file.layer as u64)),
                ("by", convert::number(file.by as u64)),
                ("replaced", file.is_replaced.into()),
            ])
        })
        .collect();
    let layers: Array = waste
        .layers
        .iter()
        .zip(contents.image.layers())
        .map(|(layer, described)| {
            let digest = match described {
                ImageLayer::Blob(layer) => layer.digest.as_str().into(),
                ImageLayer::V1(_) => JsValue::UNDEFINED,
            };
            convert::object([
                ("digest", digest),
                ("createdBy", layer.created_by.as_deref().map_or(JsValue::UNDEFINED, JsValue::from)),
                ("stored", convert::number(layer.stored)),
                ("hidden", convert::number(layer.hidden)),
                ("hides", convert::number(layer.hides)),
            ])
        })
        .collect();
    let total = |waste: &Waste| [("stored", convert::number(waste.stored)), ("wasted", convert::number(waste.wasted))];
    let [stored, wasted] = total(&waste.all);
    let without_base = waste.own.as_ref().map_or(JsValue::UNDEFINED, |own| convert::object(total(own)));
    let dive =
        convert::object([("efficiency", waste.dive.efficiency.into()), ("wasted", convert::number(waste.dive.wasted))]);
    Ok(convert::object([
        stored,
        wasted,
        ("withoutBase", without_base),
        ("files", files.into()),
        ("layers", layers.into()),
        ("dive", dive),
    ]))
}

/// Converts to `ImagePackages` of index.d.ts.
pub fn packages_to_js(found: &Packages) -> Result<JsValue> {
    let packages: Array = found
        .packages
        .iter()
        .map(|(manager, package)| {
            let optional = |text: &Option<String>| text.as_deref().map_or(JsValue::UNDEFINED, JsValue::from);
            convert::object([
                ("name", package.name.as_str().into()),
                ("version", package.version.as_str().into()),
                ("architecture", optional(&package.architecture)),
                ("source", optional(&package.source)),
                ("manager", manager_word(*manager).into()),
            ])
        })
        .collect();
    // JSON, because a name may be `__proto__`.
    let assignments: std::collections::BTreeMap<_, _> = found.os_release.iter().cloned().collect();
    Ok(convert::object([("osRelease", convert::json(&assignments)?), ("packages", packages.into())]))
}
