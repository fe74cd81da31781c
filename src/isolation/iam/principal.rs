//! Whom a `Principal` names.

use super::Request;
use super::tri::Tri;

/// The principals of one statement.
#[derive(Debug, Clone, Default)]
pub(super) struct Principals(pub(super) Vec<Named>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Everyone,
    /// An ARN, or an account.
    Aws(String),
    Service(String),
    Federated(String),
    /// By a kind of name that says nothing of the ARN.
    Other,
}

impl Principals {
    pub(super) fn are_everyone(&self) -> bool {
        self.0.contains(&Named::Everyone)
    }

    /// The same without the accounts among them.
    pub(super) fn name(&self, request: &Request<'_>) -> Tri {
        Tri::any(self.0.iter().filter(|named| !matches!(named, Named::Aws(text) if is_account(text))).map(|named| names(named, request)))
    }

    pub(super) fn include(&self, request: &Request<'_>) -> Tri {
        Tri::any(self.0.iter().map(|named| names(named, request)))
    }
}

fn names(named: &Named, request: &Request<'_>) -> Tri {
    match named {
        Named::Everyone => Tri::Yes,
        Named::Service(name) => request.service.map_or(Tri::No, |service| exact_or_unknown(name, service)),
        Named::Federated(provider) => request.principal.map_or(Tri::No, |principal| exact_or_unknown(provider, principal)),
        Named::Aws(text) => request.principal.map_or(Tri::No, |caller| is(text, caller)),
        Named::Other => request.principal.map_or(Tri::No, |_| Tri::Unknown),
    }
}

/// A principal takes no wildcards but `*` alone: what else has one may mean anything.
fn exact_or_unknown(named: &str, given: &str) -> Tri {
    if named == given {
        Tri::Yes
    } else if named.contains(['*', '?', '$']) {
        Tri::Unknown
    } else {
        Tri::No
    }
}

fn is_account(named: &str) -> bool {
    is_account_id(named) || Arn::of(named).is_some_and(|arn| arn.resource == "root")
}

fn is_account_id(named: &str) -> bool {
    named.len() == 12 && named.bytes().all(|b| b.is_ascii_digit())
}

fn is(named: &str, caller: &str) -> Tri {
    if named == caller {
        return Tri::Yes;
    }
    if named.contains(['*', '?', '$']) {
        return Tri::Unknown;
    }
    let Some(caller) = Arn::of(caller) else { return Tri::No };
    if is_account_id(named) {
        return (named == caller.account).into();
    }
    // What is left is an ARN, or the id of a role or user that is gone and so trusts nobody.
    let Some(named) = Arn::of(named) else { return Tri::No };
    if named.partition != caller.partition || named.account != caller.account {
        return Tri::No;
    }
    if named.resource == "root" {
        return Tri::Yes;
    }
    match (session(caller.resource), session(named.resource)) {
        // A session's ARN leaves out the path of its role; names of roles are unique without it, however they are written.
        (Some((role, _)), None) => {
            named.resource.strip_prefix("role/").and_then(|r| r.rsplit('/').next()).is_some_and(|r| r == role).into()
        }
        // One session of the role: the caller may be it.
        (None, Some((role, _))) if caller.resource.strip_prefix("role/").and_then(|r| r.rsplit('/').next()) == Some(role) => Tri::Unknown,
        _ => Tri::No,
    }
}

struct Arn<'a> {
    partition: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn of(text: &'a str) -> Option<Self> {
        match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            ["arn", partition, "iam" | "sts", _, account, resource] => Some(Self { partition, account, resource }),
            _ => None,
        }
    }
}

/// The role and the name of a session.
fn session(resource: &str) -> Option<(&str, &str)> {
    resource.strip_prefix("assumed-role/")?.split_once('/')
}
