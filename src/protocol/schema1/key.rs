//! Public keys of signatures. A JSON Web Key (RFC 7518 §6) or a certificate is converted to the DER form that crypto
//! libraries read; its fingerprint is the key id of libtrust.

use sha2::Digest as _;

use crate::protocol::base64;
use crate::protocol::invalid::quoted;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::schema1::base64url;
use crate::protocol::schema1::der;
use crate::protocol::schema1::der::{BIT_STRING, INTEGER, SEQUENCE};

/// The maximum length of an RSA modulus in bytes: verification with larger ones takes too long.
const MODULUS_LIMIT: usize = 1024;
/// The maximum length of an RSA exponent in bytes.
const EXPONENT_LIMIT: usize = 8;
/// The AlgorithmIdentifier rsaEncryption of a SubjectPublicKeyInfo.
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// An ECDSA curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Curve {
    name: &'static str,
    algorithm: Algorithm,
    /// The length of a coordinate in bytes.
    length: usize,
    /// The part of the SubjectPublicKeyInfo before the coordinates of an uncompressed point.
    start: &'static [u8],
}

const CURVES: &[Curve] = &[
    Curve {
        name: "P-256",
        algorithm: Algorithm::Es256,
        length: 32,
        start: &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ],
    },
    Curve {
        name: "P-384",
        algorithm: Algorithm::Es384,
        length: 48,
        start: &[
            0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
            0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
        ],
    },
    Curve {
        name: "P-521",
        algorithm: Algorithm::Es512,
        length: 66,
        start: &[
            0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
            0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04,
        ],
    },
];

/// A signature algorithm (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// Returns the algorithm's JWA name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    /// Returns the algorithm of this name if the key supports it. The key decides, not the header, which prevents
    /// algorithm confusion.
    pub(super) fn parse(name: &str, key: &Key) -> Result<Self, String> {
        let (kind, fitting): (_, &[Self]) = match key.curve {
            Some(curve) => (curve.name, &[curve.algorithm]),
            None => ("RSA", &[Self::Rs256, Self::Rs384, Self::Rs512]),
        };
        fitting.iter().find(|algorithm| algorithm.as_str() == name).copied().ok_or_else(|| {
            let names: Vec<_> = fitting.iter().map(|algorithm| algorithm.as_str()).collect();
            format!(": got {}; a key of {kind} is for {}", quoted(name), names.join(", "))
        })
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    der: Vec<u8>,
    /// The curve; `None` for RSA.
    curve: Option<&'static Curve>,
    /// The length of the RSA modulus in bytes.
    modulus: usize,
}

impl Key {
    /// Parses a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    pub fn parse(der: &[u8]) -> Option<Self> {
        let curve = CURVES.iter().find(|curve| der.starts_with(curve.start));
        if let Some(curve) = curve {
            let fits = der.len() == curve.start.len() + 2 * curve.length;
            return fits.then(|| Self { der: der.to_vec(), curve: Some(curve), modulus: 0 });
        }
        let mut outer = der::open(&mut &*der, SEQUENCE)?.strip_prefix(RSA)?;
        let mut numbers = der::open(&mut der::open(&mut outer, BIT_STRING)?.strip_prefix(&[0])?, SEQUENCE)?;
        let (n, e) = (der::open(&mut numbers, INTEGER)?, der::open(&mut numbers, INTEGER)?);
        Self::rsa(n, e).ok().filter(|key| key.der == der)
    }

    /// Returns the DER SubjectPublicKeyInfo.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the algorithm of the key's curve; `None` for RSA.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.curve.map(|curve| curve.algorithm)
    }

    /// Returns the curve's name and the point's coordinates.
    pub(super) fn point(&self) -> Option<(&'static str, &[u8], &[u8])> {
        let curve = self.curve?;
        let (x, y) = self.der.get(curve.start.len()..)?.split_at_checked(curve.length)?;
        Some((curve.name, x, y))
    }

    /// Returns the length of the key's signatures in bytes.
    pub fn signature_length(&self) -> usize {
        self.curve.map_or(self.modulus, |curve| 2 * curve.length)
    }

    /// Returns the key id: the first 240 bits of the SHA-256 of the DER form in base32, in groups of four.
    pub fn id(&self) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let hash = sha2::Sha256::digest(&self.der);
        let mut id = String::new();
        for (group, bytes) in hash.chunks_exact(5).take(6).enumerate() {
            let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for at in 0..8 {
                if at % 4 == 0 && group + at > 0 {
                    id.push(':');
                }
                let digit = DIGITS.get((bits >> (35 - 5 * at) & 31) as usize);
                id.extend(digit.map(|digit| char::from(*digit)));
            }
        }
        id
    }

    /// Returns the key in a signature's header: `jwk`, or that of the first certificate in `x5c`; if both are given,
    /// they must be the same. The owner of a certificate is not verified.
    pub(super) fn of_header(header: &Members<'_>) -> Result<Self, String> {
        let told = header.optional("jwk", Self::of_jwk)?;
        let certified = header.optional("x5c", |text| {
            let chain = json::strings(text)?;
            let first = chain.first().ok_or(": there is no certificate")?;
            let der = base64::decode(first).ok_or("[0]: base64 is needed")?;
            der::certified_key(&der)
                .and_then(Self::parse)
                .ok_or_else(|| "[0]: no certificate with a key that can be used".to_owned())
        })?;
        match (told, certified) {
            (Some(told), Some(certified)) if told != certified => {
                Err(".jwk: it differs from the key of the certificate in x5c[0]".into())
            }
            (Some(key), _) | (None, Some(key)) => Ok(key),
            (None, None) => Err(".jwk: it is missing, and so is x5c: there is no public key".into()),
        }
    }

    fn of_jwk(text: &str) -> Result<Self, String> {
        let members = Members::read_unique(text, &["kty", "crv", "x", "y", "n", "e", "kid"])?;
        let bytes = |name| members.required(name, |text| base64url::decode(&json::string(text)?));
        let kind = members.required("kty", json::string)?;
        let key = match kind.as_str() {
            "EC" => {
                let name = members.required("crv", json::string)?;
                let curve = CURVES.iter().find(|curve| curve.name == name);
                let curve =
                    curve.ok_or_else(|| format!(".crv: got {}; P-256, P-384 or P-521 is needed", quoted(&name)))?;
                let point = [bytes("x")?, bytes("y")?];
                if point.iter().any(|coordinate| coordinate.len() != curve.length) {
                    return Err(format!(".x, .y: {name} needs {} bytes for each", curve.length));
                }
                Self { der: [curve.start, &point.concat()].concat(), curve: Some(curve), modulus: 0 }
            }
            "RSA" => Self::rsa(&bytes("n")?, &bytes("e")?)?,
            _ => return Err(format!(".kty: got {}; EC or RSA is needed", quoted(&kind))),
        };
        match members.string("kid")? {
            Some(told) if told != key.id() => Err(format!(".kid: got {}; the key's id is {}", quoted(&told), key.id())),
            _ => Ok(key),
        }
    }

    fn rsa(n: &[u8], e: &[u8]) -> Result<Self, String> {
        let [n, e] = [n, e].map(der::magnitude);
        if n.is_empty() || n.len() > MODULUS_LIMIT || e.is_empty() || e.len() > EXPONENT_LIMIT {
            return Err(format!(".n, .e: 1 to {MODULUS_LIMIT} and 1 to {EXPONENT_LIMIT} bytes are needed"));
        }
        let numbers = der::wrap(SEQUENCE, &[der::integer(n), der::integer(e)].concat());
        let bits = der::wrap(BIT_STRING, &[&[0], &*numbers].concat());
        Ok(Self { der: der::wrap(SEQUENCE, &[RSA, &bits].concat()), curve: None, modulus: n.len() })
    }
}
