//! What the credentials must be allowed: each kind says which calls it makes, and this makes policies of it.

use crate::kinds::KINDS;
use crate::names::Names;

mod document;
mod tool;

pub(crate) use document::{Document, MOST_CHARACTERS, documents};

/// Calls that are made on the same things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right {
    pub(crate) does: Does,
    /// As IAM calls them, `service:Action`.
    pub(crate) actions: &'static [&'static str],
    pub(crate) on: On,
}

/// Whether a plan makes the calls as well, or only an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Does {
    Read,
    Write,
}

/// What calls are made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum On {
    /// ARNs. `{a}` stands for the account, `{r}` for the region, `{p}` for the platform's name, `{w}` for it with `_` in place of
    /// hyphens.
    These(&'static [&'static str]),
    /// ARNs whose ids AWS chooses: those of them that carry our mark.
    Marked(&'static [&'static str]),
    /// The same for calls that put our mark on something, at its creation too: it stands in the request.
    Marking(&'static [&'static str]),
    /// Roles of ours, which stay within the permissions boundary if the manifest names one.
    Bounded(&'static [&'static str]),
    /// Nothing narrower can be said, and why.
    Anything(&'static str),
    /// Our roles, handed to these services.
    Passed(&'static [&'static str]),
    /// Keys, used by this service in the caller's name.
    Through(&'static str),
}

/// AWS lists all there is or nothing.
pub(crate) const LISTS: On = On::Anything("AWS knows no narrower resource for listing");

pub(crate) const fn reads(actions: &'static [&'static str], on: On) -> Right {
    Right { does: Does::Read, actions, on }
}

pub(crate) const fn writes(actions: &'static [&'static str], on: On) -> Right {
    Right { does: Does::Write, actions, on }
}

/// Our roles, where a service is to take them on.
pub(crate) const fn passes(services: &'static [&'static str]) -> Right {
    Right { does: Does::Write, actions: &["iam:PassRole"], on: On::Passed(services) }
}

impl On {
    /// The resources as a policy names them.
    pub(crate) fn resources(self, names: &Names) -> Vec<String> {
        match self {
            Self::These(patterns) | Self::Marked(patterns) | Self::Marking(patterns) | Self::Bounded(patterns) => {
                patterns.iter().map(|pattern| filled(pattern, names)).collect()
            }
            Self::Anything(_) => vec!["*".into()],
            Self::Passed(_) => vec![filled("arn:aws:iam::{a}:role/{p}-{r}-*", names)],
            Self::Through(_) => vec![filled("arn:aws:kms:{r}:{a}:key/*", names)],
        }
    }
}

impl On {
    /// The condition under which a call is allowed, and the values that a call would carry.
    pub(crate) fn condition(self, names: &Names) -> Option<(String, Vec<String>)> {
        match self {
            Self::These(_) | Self::Anything(_) | Self::Bounded(_) => None,
            Self::Marking(_) => Some((format!("aws:RequestTag/{}", crate::kinds::PLATFORM_TAG), vec![names.platform.to_string()])),
            Self::Marked(_) => Some((format!("aws:ResourceTag/{}", crate::kinds::PLATFORM_TAG), vec![names.platform.to_string()])),
            Self::Passed(services) => Some(("iam:PassedToService".into(), services.iter().map(ToString::to_string).collect())),
            Self::Through(service) => Some(("kms:ViaService".into(), vec![format!("{service}.{}.amazonaws.com", names.region)])),
        }
    }
}

fn filled(pattern: &str, names: &Names) -> String {
    let filled = pattern.replace("{a}", names.account.as_str()).replace("{r}", names.region.as_str());
    filled.replace("{p}", names.platform.as_str()).replace("{w}", &names.platform_word())
}

/// For which of the commands a policy is: each reads no more of tenants than it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum For {
    /// Plan, status, graph, drift, verify, doctor: what the manifest declares, and nothing that a tenant keeps.
    Plan,
    /// All of that, and `verify --simulate`.
    Verify,
    /// Costs: sums over the runtimes' log lines.
    Costs,
    /// Documents: what lies in tenants' prefixes, and its ingestion.
    Documents,
    /// All of plan, and apply, destroy, tenant and offboard with --apply, unlock.
    Apply,
}

impl For {
    /// As it is typed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Verify => "verify",
            Self::Costs => "costs",
            Self::Documents => "documents",
            Self::Apply => "apply",
        }
    }

    /// Whether whoever has the policy must not learn what secret parameters hold, whatever else allows it.
    fn keeps_secrets_shut(self) -> bool {
        self != Self::Apply
    }
}

/// Everything that the commands may ask of AWS, of all kinds: a plan looks for what is left of those that nobody declares any more.
pub(crate) fn rights(purpose: For) -> Vec<Right> {
    of(purpose, |_| true)
}

/// The rights that the kinds among these need: what can be asked about a manifest.
pub(crate) fn rights_of<'a>(purpose: For, used: impl IntoIterator<Item = &'a str>) -> Vec<Right> {
    let used: std::collections::BTreeSet<&str> = used.into_iter().collect();
    of(purpose, |kind| used.contains(kind))
}

fn of(purpose: For, wanted: impl Fn(&str) -> bool) -> Vec<Right> {
    // An ingestion is looked for where its knowledge base is.
    let read = |kind: &str| purpose != For::Documents || tool::READERS.contains(&kind);
    let kinds =
        KINDS.iter().filter(|kind| purpose != For::Costs && wanted(kind.name()) && read(kind.name())).flat_map(|kind| kind.rights());
    let tool = match purpose {
        For::Plan => vec![tool::STATE],
        For::Verify => vec![tool::STATE, tool::SIMULATED],
        For::Costs => vec![tool::COSTS],
        For::Documents => vec![tool::DOCUMENTS],
        For::Apply => vec![tool::STATE, tool::LOCK],
    };
    let kinds = kinds.filter(|right| purpose == For::Apply || right.does == Does::Read);
    tool.into_iter().flatten().chain(kinds).copied().collect()
}

#[cfg(test)]
mod tests;
