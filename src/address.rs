//! Our name for a thing before AWS names it: kind, owner, label.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::names::{TenantId, TierName};

/// Whose resource it is: the platform's, a tier's, or one tenant's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Owner {
    Platform,
    Tier(TierName),
    Tenant(TenantId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Tier(tier) => write!(f, "tier:{tier}"),
            Self::Tenant(tenant) => write!(f, "tenant:{tenant}"),
        }
    }
}

impl FromStr for Owner {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "platform" => Ok(Self::Platform),
            Some(("tier", name)) => Ok(Self::Tier(name.parse()?)),
            Some(("tenant", id)) => Ok(Self::Tenant(id.parse()?)),
            _ => bail!("`{text}` is no owner: expected platform, tier:NAME or tenant:ID"),
        }
    }
}

impl TryFrom<String> for Owner {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.to_string()
    }
}

/// `kind/owner/label`, such as `role/platform/runtime` or `gateway/tier:basic/main`.
///
/// The text form stands in AWS tags, so it holds only characters that every service takes there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Address {
    kind: String,
    owner: Owner,
    label: String,
}

impl Address {
    pub(crate) fn new(kind: &str, owner: Owner, label: &str) -> Self {
        Self { kind: kind.into(), owner, label: label.into() }
    }

    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.owner, self.label)
    }
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.splitn(3, '/');
        let mut next =
            || parts.next().filter(|p| !p.is_empty()).with_context(|| format!("`{text}` is no address: expected KIND/OWNER/LABEL"));
        let (kind, owner, label) = (next()?, next()?, next()?);
        Ok(Self { kind: kind.into(), owner: owner.parse()?, label: label.into() })
    }
}

impl TryFrom<String> for Address {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in
            ["role/platform/runtime", "gateway/tier:basic/main", "prefix/tenant:clinic-a/docs", "parameter/platform/memory/tvm_role_arn"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert!("role/nobody/x".parse::<Address>().is_err());
        assert!("role/platform".parse::<Address>().is_err());
    }
}
