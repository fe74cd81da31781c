//! IAM's evaluation of policies, three-valued: what can't be known for sure is `Unknown`, and never a pass.
//!
//! Where AWS's documents allow two readings of a policy, or where this engine does not know an operator, the answer is
//! `Unknown`: an attack counts as repelled only on a definite denial, a rightful call as served only on a definite Allow.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

mod compare;
mod condition;
mod parse;
pub(super) mod pattern;
mod principal;
mod statement;
mod tri;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod tests;

use statement::{Place, Statement};
use tri::Tri;

/// A policy document that was read.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads a document; the error says what is wrong and where.
    pub(crate) fn parse(document: &Value) -> Result<Self, String> {
        Ok(Self { statements: parse::statements(document)? })
    }

    /// Every condition key that it asks for or fills in, in lower case.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.statements.iter().flat_map(Statement::keys).map(str::to_owned).collect()
    }

    /// Whether some statement allows the action to somebody, on something.
    pub(crate) fn speaks_of(&self, action: &str) -> bool {
        self.statements.iter().any(|statement| !statement.denies() && statement.speaks_of(&action.to_lowercase()) != Tri::No)
    }
}

/// One call that asks to be allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The ARN of the caller: a role's, a session's or a user's; a provider's, where one vouches for the caller; `None` is nobody.
    pub(crate) principal: Option<&'a str>,
    /// The service that calls on its own, such as `bedrock.amazonaws.com`.
    pub(crate) service: Option<&'a str>,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

/// The condition keys of a call, whose names are the same in upper and lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context(BTreeMap<String, Option<Vec<String>>>);

impl Context {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With a key that the call carries; without values it is there, and empty.
    pub(crate) fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.0.insert(key.to_lowercase(), Some(values.into_iter().map(Into::into).collect()));
        self
    }

    /// With a key of which nothing is known, not even whether the call carries it.
    pub(crate) fn unknown(mut self, key: &str) -> Self {
        self.0.insert(key.to_lowercase(), None);
        self
    }

    /// With these keys unknown, where the call says nothing of them.
    pub(crate) fn open(&self, keys: &BTreeSet<String>) -> Self {
        let mut context = self.clone();
        for key in keys {
            context.0.entry(key.clone()).or_insert(None);
        }
        context
    }

    fn get(&self, key: &str) -> Found<'_> {
        match self.0.get(key) {
            None => Found::Absent,
            Some(None) => Found::Unknown,
            Some(Some(values)) => Found::Values(values),
        }
    }
}

/// What a context says of a key.
#[derive(Debug, Clone, Copy)]
enum Found<'a> {
    Absent,
    Unknown,
    Values(&'a [String]),
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    ExplicitDeny,
    ImplicitDeny,
    Unknown,
}

impl Decision {
    /// Whether the call is refused for certain.
    pub(crate) fn is_denied(self) -> bool {
        matches!(self, Self::ExplicitDeny | Self::ImplicitDeny)
    }
}

/// A decision and the statement it rests on: its Sid, or `statement 2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) decision: Decision,
    pub(crate) by: Option<String>,
}

/// What the policies of an identity, all together, say of a call.
pub(crate) fn identity(policies: &[&Policy], request: &Request<'_>) -> Judgement {
    judge(policies, Place::Identity, request)
}

/// What the policy of a resource, or the trust policy of a role, says of a call.
///
/// A policy that names a whole account hands the decision on to that account: whoever asks about a role of it has to
/// ask for the role's own policies, too.
pub(crate) fn resource(policy: &Policy, request: &Request<'_>) -> Judgement {
    judge(&[policy], Place::Resource, request)
}

/// The same, but for an Allow that names no more than the caller's account and so decides nothing by itself.
pub(crate) fn resource_by_name(policy: &Policy, request: &Request<'_>) -> Judgement {
    judge(&[policy], Place::ResourceByName, request)
}

fn judge(policies: &[&Policy], place: Place, request: &Request<'_>) -> Judgement {
    let (mut allow, mut deny) = ((Tri::No, None), (Tri::No, None));
    let action = request.action.to_lowercase();
    for (n, statement) in policies.iter().flat_map(|policy| policy.statements.iter().enumerate()) {
        let applies = statement.applies(place, request, &action);
        let best = if statement.denies() { &mut deny } else { &mut allow };
        if applies > best.0 {
            *best = (applies, Some((n, statement)));
        }
        if deny.0 == Tri::Yes {
            break;
        }
    }
    let (decision, by) = match (deny.0, allow.0) {
        (Tri::Yes, _) => (Decision::ExplicitDeny, deny.1),
        // Whatever the denial turns out to be, nothing allows the call.
        (_, Tri::No) => (Decision::ImplicitDeny, None),
        (Tri::Unknown, _) => (Decision::Unknown, deny.1),
        (Tri::No, Tri::Unknown) => (Decision::Unknown, allow.1),
        (Tri::No, Tri::Yes) => (Decision::Allow, allow.1),
    };
    Judgement { decision, by: by.map(|(n, statement)| statement.name(n)) }
}

/// Both have to allow: an identity's policies within a permissions boundary or a session policy, or a call from another account.
pub(crate) fn bounded(identity: Judgement, boundary: Judgement) -> Judgement {
    worst(identity, boundary, [Decision::ExplicitDeny, Decision::ImplicitDeny, Decision::Unknown, Decision::Allow])
}

/// One of both has to allow and none to deny: a call of an identity on a resource in its own account.
pub(crate) fn either(identity: Judgement, resource: Judgement) -> Judgement {
    worst(identity, resource, [Decision::ExplicitDeny, Decision::Unknown, Decision::Allow, Decision::ImplicitDeny])
}

fn worst(one: Judgement, other: Judgement, order: [Decision; 4]) -> Judgement {
    let rank = |judgement: &Judgement| order.iter().position(|decision| *decision == judgement.decision);
    if rank(&other) < rank(&one) { other } else { one }
}
