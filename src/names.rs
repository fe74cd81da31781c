//! The names that carry rules, each with one door, and every AWS name that we choose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not the name it should be; the caller says where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameError(String);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NameError {}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub(crate) struct $name(String);

        impl $name {
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let rule: fn(&str) -> Result<(), String> = $rule;
                rule(text).map_err(NameError)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// The platform's name: it starts every AWS name that the tool gives.
    PlatformName,
    |text| words(text, "a platform name", 3, 16)
);
name!(
    /// A tier: no hyphen, because it stands in composite ids beside hyphenated tenant ids.
    TierName,
    |text| {
        if !(2..=12).contains(&text.len()) || !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err("a tier name is a lower-case letter followed by 1 to 11 lower-case letters or digits".into());
        }
        if text == OWN {
            return Err("this word is reserved: the platform's own bucket is named with it".into());
        }
        Ok(())
    }
);
name!(
    /// A tenant: the value of the tenant claim, a path segment of S3 keys, and a part of memory ids.
    TenantId,
    |text| {
        words(text, "a tenant id", 3, 27)?;
        if RESERVED.contains(&text) {
            return Err("this word is reserved, since agents and people use it for no tenant in particular".into());
        }
        Ok(())
    }
);
name!(
    /// A function of our own, as the manifest calls it: a part of its AWS name and of its role's.
    FunctionName,
    |text| words(text, "a function's name", 2, 20)
);
name!(
    /// A twelve-digit AWS account id.
    AccountId,
    |text| {
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err("an AWS account id is 12 digits; write it in quotes, since YAML reads digits as a number".into());
        }
        Ok(())
    }
);
name!(
    /// An AWS region, by its form; whether the services exist there AWS says.
    Region,
    |text| {
        if let Some(start) = OTHER_PARTITIONS.iter().find(|start| text.starts_with(**start)) {
            return Err(format!("regions that start with `{start}` are a partition of AWS by themselves, and every ARN here is of the partition `aws`; take a region such as `us-east-1`"));
        }
        let parts: Vec<&str> = text.split('-').collect();
        let digits = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
        let letters = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
        match parts.split_last() {
            Some((last, first)) if first.len() >= 2 && digits(last) && first.iter().all(letters) => Ok(()),
            _ => Err("a region looks like `us-east-1`".into()),
        }
    }
);

/// Where ARNs begin otherwise than with `arn:aws:`: China, the governments' clouds, and the European sovereign one.
const OTHER_PARTITIONS: &[&str] = &["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"];

/// What tells the platform's own bucket from a tier's.
const OWN: &str = "tenantry";

/// The table of patients, by our label for it.
pub(crate) const PATIENT_METADATA: &str = "patient-metadata";
/// The table with a row for each tenant.
pub(crate) const CLINIC_CONFIG: &str = "clinic-config";
/// Of tokens for one tenant at a time, the vending machine.
const TENANT_ROLE: &str = "tvm";
/// The headers by which tools know a caller where a gateway's interceptor sets them; in the order of their letters.
pub(crate) const IDENTITY_HEADERS: [&str; 3] = ["X-Clinic-ID", "X-Tier", "X-User-ID"];
/// The use of the role by which API Gateway writes access logs.
pub(crate) const API_LOG_ROLE: &str = "api-logs";
/// What a tenant's row says beside the tenant's id: settings can't be called this.
pub(crate) const ROW_ATTRIBUTES: [&str; 3] = ["clinic_name", "tier", "s3_prefix"];
/// What the row of a tenant that is not served says besides; settings can't be called this either.
pub(crate) const ROW_STATUS: &str = "status";
/// The row's status of a tenant that is not served. The others' rows have none.
pub(crate) const SUSPENDED: &str = "suspended";
/// The row's status of a tenant that the manifest has no more.
pub(crate) const LEFT: &str = "left";

/// Words that would turn a missing tenant into somebody's data.
const RESERVED: &[&str] = &[
    "admin", "all", "default", "demo", "global", "none", "null", "platform", "public", "root", "shared", "system", "tenant", "test",
    "unknown",
];

/// Lower-case words joined by single hyphens: what S3, Cognito and AgentCore all take, and no path or wildcard.
fn words(text: &str, what: &str, shortest: usize, longest: usize) -> Result<(), String> {
    let mut wrong = Vec::new();
    if !(shortest..=longest).contains(&text.chars().count()) {
        wrong.push(format!("{what} has {shortest} to {longest} characters, this one has {}", text.chars().count()));
    }
    if let Some(c) = text.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')) {
        // Letters of other scripts look like ours.
        let code = if c.is_ascii() { String::new() } else { format!(" (U+{:04X})", u32::from(c)) };
        let shown = crate::diagnostic::quoted(&c.to_string()) + &code;
        wrong.push(format!("{what} has only lower-case letters a-z, digits and single hyphens; this one has {shown}"));
    } else if !text.is_empty() && (!text.starts_with(|c: char| c.is_ascii_lowercase()) || text.ends_with('-') || text.contains("--")) {
        wrong.push(format!("{what} starts with a letter, ends with a letter or digit and has no two hyphens in a row"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// An Amazon Resource Name, as AWS gave it or as its documented form says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Arn(String);

impl Arn {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The platform in one account and region: whatever an AWS name is built from.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) platform: PlatformName,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

impl Names {
    /// `Healthcare` for healthcare, `CityClinics` for city-clinics.
    fn title(&self) -> String {
        title(self.platform.as_str())
    }

    pub(crate) fn user_pool(&self) -> String {
        format!("{}GatewayPool", self.title())
    }

    /// `use_` is Web or Machine.
    pub(crate) fn client(&self, use_: &str) -> String {
        format!("{}{use_}Client", self.title())
    }

    /// Shown on consent pages; also how we know a resource server for ours.
    pub(crate) fn resource_server(&self) -> String {
        format!("{}ResourceServer", self.title())
    }

    /// The default domain prefix; unique in its region, hence the account.
    pub(crate) fn domain(&self) -> String {
        format!("{}-{}", self.platform, self.account)
    }

    /// IAM knows no regions: without the region, the same platform in two of them would fight over its roles.
    pub(crate) fn role(&self, use_: &str) -> String {
        format!("{}-{}-{use_}", self.platform, self.region)
    }

    pub(crate) fn tier_role(&self, tier: &TierName, use_: &str) -> String {
        format!("{}-{}-{tier}-{use_}", self.platform, self.region)
    }

    /// A role's ARN before the role exists: for policies that name each other.
    pub(crate) fn role_arn(&self, role: &str) -> Arn {
        Arn(format!("arn:aws:iam::{}:role/{role}", self.account))
    }

    pub(crate) fn function(&self, function: &FunctionName) -> String {
        format!("{}-{function}", self.platform)
    }

    pub(crate) fn function_role(&self, function: &FunctionName) -> String {
        self.role(&format!("{function}-function"))
    }

    /// What an agent takes on for one tenant at a time.
    pub(crate) fn tenant_role(&self) -> String {
        self.role(TENANT_ROLE)
    }

    /// What a function takes on for one tenant at a time.
    pub(crate) fn function_tenant_role(&self, function: &FunctionName) -> String {
        self.role(&format!("{function}-{TENANT_ROLE}"))
    }

    /// A function's ARN before the function exists: for policies that stand above it.
    pub(crate) fn function_arn(&self, function: &str) -> Arn {
        Arn(format!("arn:aws:lambda:{}:{}:function:{function}", self.region, self.account))
    }

    /// The platform's own bucket: lock, records and packed code.
    pub(crate) fn platform_bucket(&self) -> String {
        format!("{}-{OWN}-{}-{}", self.platform, self.account, self.region)
    }

    pub(crate) fn tier_bucket(&self, tier: &TierName) -> String {
        format!("{}-{tier}-{}-{}", self.platform, self.account, self.region)
    }

    pub(crate) fn vector_bucket(&self) -> String {
        format!("{}-vectors", self.platform)
    }

    pub(crate) fn vector_index(&self, tier: &TierName) -> String {
        format!("{}-{tier}-index", self.platform)
    }

    /// A tenant's own index; `policies/tvm-strict.json` opens it by this name.
    pub(crate) fn tenant_vector_index(&self, tenant: &TenantId) -> String {
        format!("t-{tenant}")
    }

    /// A tenant's own knowledge base, named so that no tier's is.
    pub(crate) fn tenant_knowledge_base(&self, tenant: &TenantId) -> String {
        format!("{}-t-{tenant}-kb", self.platform)
    }

    pub(crate) fn tenant_data_source(&self, tenant: &TenantId) -> String {
        format!("{}-t-{tenant}-documents", self.platform)
    }

    pub(crate) fn knowledge_base(&self, tier: &TierName) -> String {
        format!("{}-{tier}-kb", self.platform)
    }

    pub(crate) fn data_source(&self, tier: &TierName) -> String {
        format!("{}-{tier}-documents", self.platform)
    }

    /// The platform's name where AgentCore takes no hyphen.
    pub(crate) fn platform_word(&self) -> String {
        self.platform.as_str().replace('-', "_")
    }

    /// How the name of every runtime begins.
    pub(crate) fn runtimes(&self) -> String {
        format!("{}_", self.platform_word())
    }

    /// AgentCore takes no hyphen in a runtime's name.
    pub(crate) fn runtime(&self, tier: &TierName) -> String {
        format!("{}{tier}", self.runtimes())
    }

    pub(crate) fn gateway(&self, tier: &TierName) -> String {
        format!("{}-{tier}-gw", self.platform)
    }

    /// The tier of one of our gateways, by an id or ARN anywhere in a text.
    pub(crate) fn tier_of_gateway(&self, text: &str) -> Option<TierName> {
        let (_, rest) = text.split_once(&format!("gateway/{}-", self.platform))?;
        let id = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next()?;
        id.rsplit_once("-gw-")?.0.parse().ok()
    }

    /// The limit of a gateway that tells tenants apart.
    pub(crate) fn rate_limit(&self, tier: &TierName) -> String {
        format!("{}-{tier}-tenants", self.platform)
    }

    /// A memory takes no hyphen: the last one in its id separates the name from AWS's part.
    pub(crate) fn memory(&self, tier: &TierName) -> String {
        format!("{}_{tier}_memory", self.platform_word())
    }

    /// The provider of the machine client's tokens.
    pub(crate) fn credential_provider(&self) -> String {
        format!("{}-cognito-provider", self.platform)
    }

    /// The catalogue of the gateways' tool servers.
    pub(crate) fn registry(&self) -> String {
        format!("{}-mcp-registry", self.platform)
    }

    pub(crate) fn policy_engine(&self) -> String {
        format!("{}_policy_engine", self.platform_word())
    }

    /// Unique in the account; a long one is shortened with a digest of the whole.
    pub(crate) fn policy(&self, tier: &TierName, file: &str) -> String {
        const LONGEST: usize = 48;
        let plain: String = format!("{}_{tier}_{file}", self.platform).replace('-', "_");
        if plain.len() <= LONGEST {
            return plain;
        }
        let digest: String = crate::secret::digest(plain.as_bytes()).chars().take(8).collect();
        let kept: String = plain.chars().take(LONGEST - digest.len() - 1).collect();
        format!("{kept}_{digest}")
    }

    pub(crate) fn guardrail(&self, tier: &TierName) -> String {
        format!("{}-{tier}-guardrail", self.platform)
    }

    /// The first part of every tool name that an agent sees.
    pub(crate) fn gateway_target(&self, tier: &TierName) -> String {
        format!("{}Lambda-{}", self.title(), title(tier.as_str()))
    }

    pub(crate) fn project(&self, tier: &TierName) -> String {
        format!("{}-{}", self.title(), title(tier.as_str()))
    }

    pub(crate) fn rest_api(&self) -> String {
        format!("{}-api", self.platform)
    }

    /// Where the access log of the API goes.
    pub(crate) fn api_log_group(&self) -> String {
        format!("{}api", self.log_root())
    }

    pub(crate) fn usage_plan(&self, tier: &TierName) -> String {
        format!("{}-{tier}-plan", self.platform)
    }

    /// Of a tier or a tenant.
    pub(crate) fn api_key(&self, whose: &str) -> String {
        format!("{}-{whose}-key", self.platform)
    }

    /// The alias of the key that the tables are encrypted with.
    pub(crate) fn data_key(&self) -> String {
        format!("alias/{}-data", self.platform)
    }

    pub(crate) fn table(&self, label: &str) -> String {
        format!("{}-{label}", self.platform)
    }

    /// The path of the log groups that the platform writes itself.
    pub(crate) fn log_root(&self) -> String {
        format!("/tenantry/{}/", self.platform)
    }

    /// A log group's ARN, which AWS does not return when it makes one.
    pub(crate) fn log_group_arn(&self, name: &str) -> Arn {
        Arn(format!("arn:aws:logs:{}:{}:log-group:{name}", self.region, self.account))
    }

    pub(crate) fn delivery_destination_arn(&self, name: &str) -> Arn {
        Arn(format!("arn:aws:logs:{}:{}:delivery-destination:{name}", self.region, self.account))
    }

    /// The resource policy that lets X-Ray write spans to CloudWatch Logs.
    pub(crate) fn spans_policy(&self) -> String {
        format!("{}-xray-spans", self.platform)
    }

    /// The path under which agents find their parameters.
    pub(crate) fn parameter_root(&self) -> String {
        format!("/app/{}", self.platform)
    }
}

/// Where agents find a tier's knowledge base, below the root.
pub(crate) fn knowledge_parameter(tier: &TierName) -> String {
    format!("knowledge_base/{tier}_kb_id")
}

/// Where agents find a tier's data source, below the root.
pub(crate) fn data_source_parameter(tier: &TierName) -> String {
    format!("knowledge_base/{tier}_ds_id")
}

/// Where agents find a tenant's own knowledge base, and its data source, below the root.
pub(crate) fn tenant_knowledge_parameter(tenant: &TenantId) -> String {
    format!("knowledge_base/{tenant}_kb_id")
}

pub(crate) fn tenant_data_source_parameter(tenant: &TenantId) -> String {
    format!("knowledge_base/{tenant}_ds_id")
}

/// Where AWS keeps what it delivers of AgentCore: log groups on this path need no statement each in a resource policy.
pub(crate) const VENDED_LOGS: &str = "/aws/vendedlogs/bedrock-agentcore/";

/// `sort` is memory, gateway or runtime.
pub(crate) fn vended_log_group(sort: &str, id: &str) -> String {
    format!("{VENDED_LOGS}{sort}/APPLICATION_LOGS/{id}")
}

/// What a part of a delivery is called, after the resource that it delivers of; `part` is logs-source, say. An id that is
/// too long is shortened with a digest of the whole.
pub(crate) fn delivery(id: &str, part: &str) -> String {
    const LONGEST: usize = 60;
    let whole = format!("{id}-{part}");
    if whole.len() <= LONGEST {
        return whole;
    }
    let digest: String = crate::secret::digest(id.as_bytes()).chars().take(8).collect();
    let kept: String = id.chars().take(LONGEST - part.len() - digest.len() - 2).collect();
    format!("{kept}-{digest}-{part}")
}

/// The tenants' prefixes of one tier's bucket.
pub(crate) fn tier_prefix(tier: &TierName) -> String {
    format!("{tier}-tier/")
}

pub(crate) fn tenant_prefix(tier: &TierName, tenant: &TenantId) -> String {
    format!("{}{tenant}/", tier_prefix(tier))
}

fn title(text: &str) -> String {
    text.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests;
