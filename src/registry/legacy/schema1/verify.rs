//! Verifying the signatures of schema1 manifests.

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::schema1::signed::{Signature, Signed};
use crate::registry::api::repo::Repo;
use crate::registry::legacy::schema1::{Schema1Parts, SignatureFact};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// Verifies the signatures of a document, then parses its payload.
    pub(in crate::registry::legacy) async fn verified_parts(
        &self,
        digest: &Digest,
        signed: Signed,
    ) -> Result<Schema1Parts> {
        let facts = self.verify(digest, &signed.signatures).await?;
        Ok(Schema1Parts::read(signed.payload, facts)?)
    }

    /// Verifies the signatures of an observed manifest.
    pub(in crate::registry::legacy) async fn check_signatures(&self, observed: &FetchedManifest) -> Result<()> {
        self.verified_parts(&observed.digest, Signed::parse(&observed.bytes)?).await.map(drop)
    }

    /// Verifies every signature. Unless there is at least one and all are valid, it fails, or warns if the client
    /// is set to.
    pub(super) async fn verify(&self, digest: &Digest, signatures: &[Signature]) -> Result<Vec<SignatureFact>> {
        let count = signatures.len();
        let invalid = |what: &str| Error::new(code::SIGNATURE_INVALID, format!("manifest {digest}: {what}"));
        let mut problem = (count == 0).then(|| invalid("it is not signed"));
        let mut facts = Vec::with_capacity(count);
        for (at, signature) in signatures.iter().enumerate() {
            let which = || format!("signature {} of {count}", at + 1);
            let outcome = match &signature.check {
                Ok(check) => match self.api.host().verify(check).await {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(invalid(&format!("{} ({}) is not valid", which(), signature.algorithm))),
                    Err(error) => Err(error.about(&format!("manifest {digest}"))),
                },
                Err(why) => Err(invalid(&format!("{}{why}", which()))),
            };
            facts.push(SignatureFact::of(signature, outcome.is_ok()));
            problem = problem.or(outcome.err());
        }
        match problem {
            None => Ok(facts),
            Some(problem) if self.api.takes_unverified => {
                self.api.notices.warn(&problem.message);
                Ok(facts)
            }
            Some(problem) => Err(problem.and("options.unverifiedSchema1: \"warn\" accepts it anyway")),
        }
    }
}
