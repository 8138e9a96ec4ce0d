//! Signed documents of Docker's libtrust ("pretty" JSON Web Signatures, RFC 7515). The signatures are the document's
//! last member. The protected header of each tells how to restore the payload: the first `formatLength` bytes followed
//! by `formatTail`. Everything else in the document is ignored.

use crate::protocol::invalid::Invalid;
use crate::protocol::json::Members;
use crate::protocol::schema1::base64url;
use crate::protocol::schema1::key::{Algorithm, Key};
use crate::protocol::{code, json};

/// The maximum number of signatures.
const SIGNATURE_LIMIT: usize = 64;
/// The maximum number of characters of an algorithm's name that are shown.
const NAME_LIMIT: usize = 32;

/// A document split into payload and signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signed payload, of which the document's digest is computed; the whole document if it is unsigned.
    pub payload: Vec<u8>,
    /// The signatures; empty for an unsigned document.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The algorithm that the header names.
    pub algorithm: String,
    /// The key's fingerprint, if there is a key.
    pub key_id: Option<String>,
    /// The data to verify, or the reason why the signature cannot be verified.
    pub check: Result<Check, String>,
}

/// A signature and the data to verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The algorithm, which is valid for the key.
    pub algorithm: Algorithm,
    /// The public key: DER of a SubjectPublicKeyInfo.
    pub key: Key,
    /// The signed bytes: the protected header, a dot and the payload, both in base64url.
    pub input: Vec<u8>,
    /// The signature; for ECDSA the two numbers, each as long as a coordinate.
    pub signature: Vec<u8>,
}

/// The length of the payload in the document, and the bytes that follow it.
#[derive(PartialEq, Eq)]
struct Format {
    length: u64,
    tail: Vec<u8>,
}

impl Signed {
    /// Splits a document. Without the member `signatures` it is unsigned; with it the payload must be unambiguous, even
    /// if the signatures are otherwise invalid.
    pub fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        Self::read(bytes).map_err(|error| {
            let message = json::complete("manifest", &error);
            Invalid::new(code::SIGNATURE_INVALID, message)
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let members = Members::read_unique(json::text(bytes)?, &["signatures"])?;
        if !members.has("signatures") {
            return Ok(Self { payload: bytes.to_vec(), signatures: Vec::new() });
        }
        let mut format: Option<Format> = None;
        let mut blocks = Vec::new();
        members.required("signatures", |text| {
            json::each_item(text, &mut |index, item| {
                if index >= SIGNATURE_LIMIT {
                    return Err(format!(": more than {SIGNATURE_LIMIT} signatures are not read"));
                }
                let members = Members::read_unique(item, &["header", "signature", "protected"])?;
                let protected = members.required("protected", json::string)?;
                let told = Format::parse(&protected).map_err(|error| json::at("protected", error))?;
                if format.as_ref().is_some_and(|format| *format != told) {
                    return Err(".protected: it disagrees with the signature before about what is signed".into());
                }
                format = Some(told);
                blocks.push((members, protected));
                Ok(())
            })
        })?;
        let Some(format) = format else {
            return Err(".signatures: there is none; a signed manifest needs at least one".into());
        };
        let start = usize::try_from(format.length).ok().and_then(|length| bytes.get(..length)).ok_or_else(|| {
            let (length, whole) = (format.length, bytes.len());
            format!(".signatures[0].protected.formatLength: got {length}; the document has {whole} bytes")
        })?;
        let payload = [start, &format.tail].concat();
        let encoded = base64url::encode(&payload);
        let signatures = blocks.iter().map(|(members, protected)| Signature::read(members, protected, &encoded));
        Ok(Self { signatures: signatures.collect(), payload })
    }
}

impl Format {
    fn parse(protected: &str) -> Result<Self, String> {
        let header = base64url::decode(protected)?;
        let members = Members::read_unique(json::text(&header)?, &["formatLength", "formatTail"])?;
        Ok(Self {
            length: members.required("formatLength", json::size)?,
            tail: members.required("formatTail", |text| base64url::decode(&json::string(text)?))?,
        })
    }
}

impl Signature {
    fn read(members: &Members<'_>, protected: &str, payload: &str) -> Self {
        let mut signature = Self { algorithm: String::new(), key_id: None, check: Err(String::new()) };
        signature.check = signature.complete(members, protected, payload);
        signature
    }

    fn complete(&mut self, members: &Members<'_>, protected: &str, payload: &str) -> Result<Check, String> {
        let header = members.required("header", |text| Members::read_unique(text, &["jwk", "alg", "x5c"]))?;
        let in_header = |error| json::at("header", error);
        let algorithm = header.required("alg", json::string).map_err(in_header)?;
        self.algorithm = algorithm.chars().take(NAME_LIMIT).collect();
        let key = Key::of_header(&header).map_err(in_header)?;
        self.key_id = Some(key.id());
        let algorithm = Algorithm::parse(&algorithm, &key).map_err(|error| in_header(json::at("alg", error)))?;
        let signature = members.required("signature", |text| base64url::decode(&json::string(text)?))?;
        let length = key.signature_length();
        if signature.len() != length {
            return Err(format!(".signature: it has {} bytes, {} needs {length}", signature.len(), algorithm.as_str()));
        }
        Ok(Check { algorithm, key, input: input(protected, payload), signature })
    }
}

/// Returns the signing input.
pub(super) fn input(protected: &str, payload: &str) -> Vec<u8> {
    format!("{protected}.{payload}").into_bytes()
}
