//! The images of an archive, and the one of them that a caller wants.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::invalid::quoted;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type::OCI_INDEX;
use crate::registry::archive::members::inside;
use crate::registry::archive::name::ImageName;
use crate::registry::archive::survey::Survey;
use crate::registry::archive::{IMAGE_NAME, INDEX, LAYOUT, MANIFEST, REF_NAME, invalid};
use crate::transport::{Error, Result};

/// An image of an archive.
pub struct ArchiveImage {
    /// Its names, as the archive has them.
    pub names: Vec<String>,
    /// Where it is.
    pub root: Root,
}

/// Where an image is.
pub enum Root {
    /// A manifest of the layout.
    Manifest(Box<Descriptor>),
    /// `index.json` itself, whose entries are the platforms of one image.
    Index(Rc<Vec<u8>>, Vec<Descriptor>),
    /// An entry of `manifest.json`: the paths of a config and of layers.
    Docker(DockerEntry),
}

/// An entry of `manifest.json`.
pub struct DockerEntry {
    /// The path of the config.
    pub config: String,
    /// The paths of the layers, base first.
    pub layers: Vec<String>,
}

impl ArchiveImage {
    fn shown(&self) -> String {
        match (self.names.is_empty(), &self.root) {
            (true, Root::Manifest(descriptor)) => descriptor.digest.to_string(),
            (true, _) => "one without a name".to_owned(),
            _ => self.names.join(" = "),
        }
    }

    fn told_apart(&self) -> String {
        match &self.root {
            Root::Manifest(descriptor) => descriptor.digest.to_string(),
            Root::Index(..) | Root::Docker(_) => self.shown(),
        }
    }

    fn is_called(&self, wanted: &str) -> bool {
        let full = |name: &str| ImageName::parse(name).map(|name| name.full).ok();
        let is_digest = matches!(&self.root, Root::Manifest(descriptor) if descriptor.digest.as_str() == wanted);
        is_digest
            || self.names.iter().any(|name| name == wanted || full(wanted).is_some_and(|one| full(name) == Some(one)))
    }
}

/// Returns the images of an archive.
///
/// # Errors
///
/// `ARCHIVE_INVALID` when it is not an archive of images.
pub fn images(survey: &Survey) -> Result<Vec<ArchiveImage>> {
    if let Some(index) = survey.document(INDEX) {
        return of_layout(index);
    }
    if let Some(list) = survey.document(MANIFEST) {
        return of_docker(list).map_err(|error| invalid(json::complete(MANIFEST, &error)));
    }
    let what = match survey.first_path() {
        None => "it has no files".to_owned(),
        Some(_) if survey.document(LAYOUT).is_some() => format!("it has {LAYOUT}, but no {INDEX}"),
        Some(path) => format!("it begins with {}, and may be a layer or the file system of a container", quoted(path)),
    };
    Err(invalid(format!("this is no archive of images: there is neither {INDEX} nor {MANIFEST}; {what}")))
}

fn of_layout(index: &Rc<Vec<u8>>) -> Result<Vec<ArchiveImage>> {
    let parsed = Manifest::parse(index, Some(OCI_INDEX)).and_then(Manifest::sound);
    let parsed = parsed.map_err(|refused| invalid(format!("{INDEX}: {}", refused.message)))?;
    let mut images: Vec<ArchiveImage> = Vec::new();
    let entries = parsed.manifests.unwrap_or_default();
    let names = entries.first().map(names_of).unwrap_or_default();
    let is_further = |(at, entry): (usize, &Descriptor)| {
        let is_new = entries.iter().take(at).all(|before| before.platform != entry.platform);
        is_new && entry.platform.is_some() && names_of(entry) == names
    };
    if entries.len() > 1 && entries.iter().enumerate().all(is_further) {
        return Ok(vec![ArchiveImage { names, root: Root::Index(index.clone(), entries) }]);
    }
    for entry in entries {
        let names = names_of(&entry);
        let known =
            images.iter_mut().find(|image| matches!(&image.root, Root::Manifest(one) if one.digest == entry.digest));
        match known {
            Some(image) => image.names.extend(names),
            None => images.push(ArchiveImage { names, root: Root::Manifest(Box::new(entry)) }),
        }
    }
    Ok(images)
}

/// The whole name of an entry, else its tag.
fn names_of(entry: &Descriptor) -> Vec<String> {
    let told = |name| entry.annotations.as_ref().and_then(|annotations| annotations.get(name));
    told(IMAGE_NAME).or_else(|| told(REF_NAME)).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect()
}

fn of_docker(list: &[u8]) -> std::result::Result<Vec<ArchiveImage>, String> {
    const NAMES: &[&str] = &["Config", "RepoTags", "Layers"];
    let mut images = Vec::new();
    json::each_item(json::text(list)?, &mut |_, item| {
        let members = Members::read_unique(item, NAMES)?;
        let names = members.optional("RepoTags", json::strings)?.unwrap_or_default();
        // Paths are those of members, which may be written with "./". One that leads outside leads to none.
        let path = |path: String| inside("", &path).unwrap_or(path);
        let config = path(members.required("Config", json::string)?);
        let layers = members.optional("Layers", json::strings)?.unwrap_or_default().into_iter().map(path).collect();
        images.push(ArchiveImage { names, root: Root::Docker(DockerEntry { config, layers }) });
        Ok(())
    })?;
    Ok(images)
}

/// Returns the image that the caller wants: by a name or digest, or the only one.
///
/// # Errors
///
/// `INVALID_ARGUMENT` when there is no such image, or when there are several and none was named.
pub fn chosen(images: Vec<ArchiveImage>, wanted: Option<&str>) -> Result<ArchiveImage> {
    let mut available: Vec<String> = images.iter().map(ArchiveImage::shown).collect();
    let count = images.len();
    for image in &images {
        if let Root::Index(_, entries) = &image.root
            && let Some(entry) = entries.iter().find(|entry| Some(entry.digest.as_str()) == wanted)
        {
            return Ok(ArchiveImage { names: Vec::new(), root: Root::Manifest(Box::new(entry.clone())) });
        }
    }
    let fitting = images.into_iter().filter(|image| wanted.is_none_or(|wanted| image.is_called(wanted)));
    let fitting: Vec<_> = fitting.collect();
    if wanted.is_some() && fitting.len() > 1 {
        // The name does not tell them apart.
        available = fitting.iter().map(ArchiveImage::told_apart).collect();
    }
    let mut fitting = fitting.into_iter();
    match (fitting.next(), fitting.next()) {
        (Some(image), None) => Ok(image),
        (None, _) if count == 0 => Err(invalid("the archive has no image")),
        (found, _) => {
            let why = match (wanted, found) {
                (Some(wanted), None) => format!("the archive has no image {}", quoted(wanted)),
                (Some(wanted), Some(_)) => format!("several images are called {}", quoted(wanted)),
                (None, _) => format!("the archive has {count} images, and one has to be chosen"),
            };
            let error = Error::new(code::INVALID_ARGUMENT, format!("options.reference: {why}"));
            Err(error
                .and(&format!("available: {}", available.join(", ")))
                .with_fact("available", crate::transport::Fact::Texts(available)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::oci::digest::{Algorithm, Digest};

    #[test]
    fn images_of_one_name_are_told_apart_by_their_digests() {
        let digests = [b"one", b"two"].map(|content| Digest::of(Algorithm::Sha256, content));
        let image = |digest: &Digest| {
            let descriptor = Descriptor::new(OCI_INDEX.into(), digest.clone(), 1);
            ArchiveImage { names: vec!["a:1".to_owned()], root: Root::Manifest(Box::new(descriptor)) }
        };
        let error = chosen(digests.iter().map(image).collect(), Some("a:1")).err().unwrap();
        assert_eq!(error.code, code::INVALID_ARGUMENT);
        assert!(digests.iter().all(|digest| error.message.contains(digest.as_str())), "{}", error.message);
        assert!(chosen(digests.iter().map(image).collect(), Some(digests[1].as_str())).is_ok());
    }
}
