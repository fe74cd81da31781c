//! What the manifest says of the API in front of the agents, and of what its callers may use.

use super::LambdaRef;

#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// The default is the platform's name with `-api`.
    pub(crate) name: Option<String>,
    pub(crate) stage: String,
    /// Hands calls on to the runtimes; must be in the platform's region.
    pub(crate) proxy_lambda: LambdaRef,
    /// How long the access log is kept.
    pub(crate) access_log_days: u32,
    pub(crate) keys: Keys,
}

/// Who gets a key of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    Tier,
    Tenant,
}

#[derive(Debug, Clone)]
pub(crate) struct UsagePlan {
    /// Requests a second.
    pub(crate) rate: u32,
    /// Requests at once.
    pub(crate) burst: u32,
    /// Absent: as many as the rate allows.
    pub(crate) quota: Option<Quota>,
}

#[derive(Debug, Clone)]
pub(crate) struct Quota {
    pub(crate) requests: u32,
    pub(crate) period: Period,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Day,
    Week,
    Month,
}

impl Period {
    /// As AWS writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
        }
    }
}
