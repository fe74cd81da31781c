//! Values that must never be seen: how they stand in documents, and the digest that is compared instead.

use std::fmt;

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A secret in an output document. Plans read its fingerprint; only a step that is carried out reads the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Secret {
    #[serde(rename = "$secret")]
    value: String,
}

impl Secret {
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self { value: value.into() }
    }

    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// What stands for a secret value wherever values are compared or shown.
pub(crate) fn fingerprint(value: &str) -> String {
    let digits: String = digest(value.as_bytes()).chars().take(16).collect();
    format!("secret sha256:{digits}")
}

/// A new secret of 256 bits from the operating system, in hexadecimal digits.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the operating system gives no random bytes: {error}"))?;
    Ok(hex(&bytes))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
