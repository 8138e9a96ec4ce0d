//! Signed documents as Docker's libtrust makes them ("pretty" JSON web signatures, RFC 7515): the signatures stand within
//! the document, as its last member, and each tells in its protected header how to get the payload back: the first
//! `formatLength` bytes, and `formatTail`. Everything else of the document means nothing.

use crate::protocol::invalid::Invalid;
use crate::protocol::json::Members;
use crate::protocol::schema1::base64url;
use crate::protocol::schema1::key::{Algorithm, Key};
use crate::protocol::{code, json};

/// Signatures at most.
const SIGNATURE_LIMIT: usize = 64;
/// Characters of an algorithm's name that are shown.
const NAME_LIMIT: usize = 32;

/// A document taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What is signed, and what the document's digest is of; all of an unsigned document.
    pub payload: Vec<u8>,
    /// None of an unsigned document.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The algorithm, as it is told.
    pub algorithm: String,
    /// The key's fingerprint, where there is a key.
    pub key_id: Option<String>,
    /// What can be checked, or why nothing can.
    pub check: Result<Check, String>,
}

/// A signature and all it takes to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The algorithm, which fits the key.
    pub algorithm: Algorithm,
    /// The public key: DER of a SubjectPublicKeyInfo.
    pub key: Key,
    /// What is signed: the protected header, a dot and the payload, both in base64url.
    pub input: Vec<u8>,
    /// The signature: of ECDSA the two numbers, each as long as the curve's.
    pub signature: Vec<u8>,
}

/// Where the payload ends in the document, and what belongs behind that.
#[derive(PartialEq, Eq)]
struct Format {
    length: u64,
    tail: Vec<u8>,
}

impl Signed {
    /// Takes a document apart. Without the member `signatures` it is unsigned; with it the payload must come out clearly,
    /// whatever else is wrong with them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        Self::read(bytes).map_err(|error| {
            let message = json::complete("manifest", &error);
            Invalid { code: code::SIGNATURE_INVALID, message }
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
                let members = Members::read_unique(item.get(), &["header", "signature", "protected"])?;
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

/// What is signed.
pub(super) fn input(protected: &str, payload: &str) -> Vec<u8> {
    format!("{protected}.{payload}").into_bytes()
}
