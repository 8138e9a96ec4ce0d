//! Loading an archive into a repository.
//!
//! An archive that can be read again is read twice: first to see what it has, then for the blobs of the image. Of a stream, blobs are
//! pushed as they come. Everything that is pushed is verified, and the tag is written last.

use std::rc::Rc;

use crate::layer::limits::Limits;
use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::place::Place;
use crate::registry::api::settings::Call;
use crate::registry::archive::data::Data;
use crate::registry::archive::images::{ArchiveImage, Root, chosen, images};
use crate::registry::archive::members::{Members, below};
use crate::registry::archive::name::ImageName;
use crate::registry::archive::plan::Plan;
use crate::registry::archive::push::{Again, Pushing};
use crate::registry::archive::survey::Survey;
use crate::registry::client::Client;
use crate::registry::copy::run::{before, check_before, check_target};
use crate::registry::copy::{self, Copied};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// What to load, and how.
#[derive(Clone, Default)]
pub struct Options {
    /// The image of the archive, by a name or digest; needed where there are several.
    pub reference: Option<String>,
    /// Loads only this image of an index.
    pub platform: Option<Platform>,
    /// Limits of the decompression.
    pub limits: Limits,
    /// The condition of the tag, the chunk size and the watcher. The rest is not used.
    pub push: copy::Options,
}

/// A loaded image.
pub struct Loaded {
    /// The manifest that the target points to.
    pub descriptor: Descriptor,
    /// The repository.
    pub repository: String,
    /// The tag or digest.
    pub reference: String,
    /// The names that the archive has for the image.
    pub names: Vec<String>,
    /// What was pushed.
    pub copied: Copied,
}

impl<H: Host> Client<H> {
    /// Loads an image of an archive to `target`, or to the repository and tag that the archive names.
    ///
    /// # Errors
    ///
    /// - `ARCHIVE_INVALID` when the archive is damaged or incomplete, or is something else.
    /// - `INVALID_ARGUMENT` when the archive has several images and none is chosen, or no name and no target is given.
    /// - `CONFLICT` when the target's tag is not what the options require.
    /// - `NO_MATCHING_PLATFORM` when the image is not for the platform.
    /// - `UNSUPPORTED` when a stream is in an order that takes two passes, or the archive has a schema1 manifest.
    /// - `TOO_LARGE` when a limit is exceeded.
    /// - Otherwise the code of the failed request.
    pub async fn load(
        &self,
        data: Data<H::Chunk>,
        target: Option<Place<H>>,
        options: &Options,
        call: &Call,
    ) -> Result<Loaded> {
        let loading = Loading { client: self, options, call };
        match data {
            Data::Stream(source) => {
                let Some(target) = target else {
                    let message = "target: a stream needs one, because the names in it may come after its blobs";
                    return Err(Error::new(code::INVALID_ARGUMENT, message));
                };
                let members = Members::of_archive(source, options.limits, &self.api).await?;
                loading.once(members, &target).await
            }
            Data::File(file) => {
                let open = async || Members::of_archive(file.slice(0, file.size())?, options.limits, &self.api).await;
                let again = if open().await?.is_plain() { Again::Plain(file.clone()) } else { Again::Compressed };
                loading.twice(open, again, target).await
            }
            Data::Files(files) => {
                let files = below(files);
                let open = async || Ok(Members::of_files(files.clone()));
                loading.twice(open, Again::Files(files.iter().cloned().collect()), target).await
            }
        }
    }
}

/// A call of [`Client::load`].
struct Loading<'a, H: Host> {
    client: &'a Client<H>,
    options: &'a Options,
    call: &'a Call,
}

impl<H: Host> Loading<'_, H> {
    /// Loads what can be read once.
    async fn once(&self, members: Members<H>, target: &Place<H>) -> Result<Loaded> {
        let (pushing, before) = self.begin(target).await?;
        let wanted = |survey: &Survey| -> Result<(ArchiveImage, Plan)> {
            let image = self.image(survey)?;
            if matches!(image.root, Root::Docker(_)) {
                let message = "the archive has no image layout, only docker's manifest.json: that takes two passes, and a stream has one";
                return Err(Error::new(code::UNSUPPORTED, message).and("a File, a Blob or a path can be read twice"));
            }
            let plan = Plan::of(survey, &image.root, self.options.platform.as_ref())?;
            self.check(target, &plan, before.as_deref())?;
            Ok((image, plan))
        };
        let survey = pushing.passing(members, &|survey| wanted(survey).map(|(_, plan)| plan)).await?;
        let (image, plan) = wanted(&survey)?;
        let plan = plan.complete()?;
        pushing.blobs(&survey, &plan, None).await?;
        self.end(&pushing, target, plan, before, image).await
    }

    /// Loads what can be read again.
    async fn twice(
        &self,
        open: impl AsyncFn() -> Result<Members<H>>,
        again: Again<H>,
        target: Option<Place<H>>,
    ) -> Result<Loaded> {
        let (api, limits) = (&self.client.api, self.options.limits);
        let survey = Survey::of_file(api, &open, limits).await?;
        let image = self.image(&survey)?;
        let plan = Plan::of(&survey, &image.root, self.options.platform.as_ref())?.complete()?;
        let target = match target {
            Some(target) => target,
            None => self.named(&image)?,
        };
        let (pushing, before) = self.begin(&target).await?;
        self.check(&target, &plan, before.as_deref())?;
        if matches!(again, Again::Compressed) {
            pushing.again(open().await?, &survey, &plan).await?;
        }
        pushing.blobs(&survey, &plan, Some(&again)).await?;
        self.end(&pushing, &target, plan, before, image).await
    }

    fn image(&self, survey: &Survey) -> Result<ArchiveImage> {
        chosen(images(survey)?, self.options.reference.as_deref())
    }

    /// Looks at the target before anything is pushed.
    async fn begin(&self, target: &Place<H>) -> Result<(Pushing<H>, Option<Rc<FetchedManifest>>)> {
        let repo = target.in_call(self.call);
        repo.presume_v2("load()")?;
        let before = before(&repo, &target.reference, &self.options.push).await?;
        Ok((Pushing::new(repo, self.options.push.clone()), before))
    }

    /// Fails if the target is a digest other than the image's, or a tag that is not in the required state.
    fn check(&self, target: &Place<H>, plan: &Plan, before: Option<&FetchedManifest>) -> Result<()> {
        let Some(root) = plan.manifests.last() else { return Ok(()) };
        check_target(&target.reference, &root.digest)?;
        check_before(&target.reference, &self.options.push, before, root)
    }

    /// Puts the manifests, the one that the target names last.
    async fn end(
        &self,
        pushing: &Pushing<H>,
        target: &Place<H>,
        mut plan: Plan,
        before: Option<Rc<FetchedManifest>>,
        image: ArchiveImage,
    ) -> Result<Loaded> {
        let root = plan.manifests.pop().ok_or_else(|| Error::internal("an archive's image without a manifest"))?;
        for manifest in &plan.manifests {
            pushing.manifest(manifest).await?;
        }
        match &target.reference {
            Reference::Digest(_) => pushing.manifest(&root).await?,
            Reference::Tag(tag) => {
                let is_root =
                    |now: &Option<Rc<FetchedManifest>>| now.as_ref().is_some_and(|now| root.is_named(&now.digest));
                let _writing = pushing.repo.turn(tag).await;
                let mut now = before;
                // No registry supports a conditional PUT, so the tag is checked right before it. Where it pointed before the archive
                // was read says nothing about now.
                if is_root(&now) || self.options.push.if_match.is_some() {
                    now = pushing.repo.before_move(tag, self.options.push.if_match.as_ref()).await?;
                    check_before(&target.reference, &self.options.push, now.as_deref(), &root)?;
                }
                if is_root(&now) { pushing.exists(&root) } else { pushing.point(tag, &root).await? }
            }
        }
        Ok(Loaded {
            descriptor: root.descriptor(),
            repository: target.name.as_str().to_owned(),
            reference: target.reference.to_string(),
            names: image.names,
            copied: pushing.copied(),
        })
    }

    /// The place that the archive names, in this registry.
    fn named(&self, image: &ArchiveImage) -> Result<Place<H>> {
        let name = image.names.iter().find_map(|name| ImageName::parse(name).ok());
        let Some(ImageName { repository, tag, .. }) = name else {
            let message =
                "target: it is needed, because the archive has no name with a repository and a tag for the image";
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        };
        self.client.place(&format!("{}:{}", repository.as_str(), tag.as_str()))
    }
}
