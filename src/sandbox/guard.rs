//! Calls with a session's credentials: answered only if the policies say for certain that they are allowed.
//!
//! Credentials that the sandbox did not hand out are its user's, who may do anything.

use super::faults::action;
use super::iam::{Caller, Session};
use super::protocol::{Refusal, Reply, Request};
use super::{Service, World};
use crate::isolation::iam::{self, Context, Decision, Judgement, Policy};

/// What the ids of all access keys begin with that the sandbox hands out.
pub(super) const HANDED_OUT: &str = "ASIASANDBOX";

/// One permission that a request needs.
pub(super) struct Ask {
    action: String,
    resource: String,
    /// The service's own condition keys: the values, or `None` where they can't be told.
    keys: Vec<(&'static str, Option<Vec<String>>)>,
    /// The policy of the resource, where it has one.
    policy: Option<String>,
}

impl Ask {
    pub(super) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), keys: Vec::new(), policy: None }
    }

    /// With a condition key.
    pub(super) fn with(mut self, key: &'static str, values: Vec<String>) -> Self {
        self.keys.push((key, Some(values)));
        self
    }

    /// With a condition key if there is a value for it.
    pub(super) fn with_some(self, key: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(key, vec![value.into()]),
            None => self,
        }
    }

    /// With a condition key of which nothing is known.
    pub(super) fn without(mut self, key: &'static str) -> Self {
        self.keys.push((key, None));
        self
    }

    pub(super) fn under(mut self, policy: Option<String>) -> Self {
        self.policy = policy;
        self
    }

    fn judge(&self, world: &World, caller: &Caller) -> Judgement {
        let context = caller.context(world).with("aws:ResourceAccount", [world.account.as_str()]);
        let known = |context: Context, (key, values): &(&str, Option<Vec<String>>)| match values {
            Some(values) => context.with(key, values.iter().cloned()),
            None => context.unknown(key),
        };
        let context = self.keys.iter().fold(context, known);
        let request =
            iam::Request { principal: Some(&caller.arn), service: None, action: &self.action, resource: &self.resource, context: &context };
        let own = caller.judge(&request);
        match &self.policy {
            None => own,
            Some(policy) => match serde_json::from_str(policy).map_err(|e| e.to_string()).and_then(|document| Policy::parse(&document)) {
                Ok(policy) => iam::either(own, iam::resource_by_name(&policy, &request)),
                Err(_) => Judgement { decision: Decision::Unknown, by: Some("the policy of the resource".into()) },
            },
        }
    }
}

/// The session that signed the request; `None` for the sandbox's user.
pub(super) fn session(world: &World, request: &Request) -> Result<Option<Session>, Refusal> {
    let key = request.access_key();
    if !key.starts_with(HANDED_OUT) {
        return Ok(None);
    }
    // Sessions that have ended are forgotten some time.
    let live = world.state.iam.sessions.get(key).filter(|session| session.expires > world.now);
    let ended = || Refusal::new(403, "ExpiredToken", "The security token included in the request is expired");
    live.cloned().map(Some).ok_or_else(ended)
}

/// The refusal of a call that a session is not allowed to make.
pub(super) fn refusal(world: &mut World, service: Option<&dyn Service>, request: &Request) -> Option<Reply> {
    // STS asks by itself: the role that is assumed decides, and everybody may know who they are.
    if !request.access_key().starts_with(HANDED_OUT) || request.signing_name() == "sts" {
        return None;
    }
    let mut reply = refused(world, service, request)?;
    if request.method == "HEAD" {
        reply.body.clear();
    }
    Some(reply)
}

fn refused(world: &mut World, service: Option<&dyn Service>, request: &Request) -> Option<Reply> {
    let session = match session(world, request) {
        Ok(session) => session,
        Err(refusal) => return Some(expired(request, &refusal)),
    };
    let Some(caller) = Caller::of(world, session.as_ref()) else {
        return Some(action::forbidden(request, "The role of this session is gone."));
    };
    let asks = service.and_then(|service| service.asks(world, request)).unwrap_or_else(|| {
        // Nothing is known of the resource, so that only what allows all resources allows this.
        action::all(request).into_iter().map(|action| Ask::new(action, "*")).collect()
    });
    if asks.is_empty() {
        return Some(action::forbidden(
            request,
            &format!("User: {} is not authorized: the sandbox knows no action of the call.", caller.arn),
        ));
    }
    let (ask, judged) = asks.iter().map(|ask| (ask, ask.judge(world, &caller))).find(|(_, judged)| judged.decision != Decision::Allow)?;
    let by = judged.by.unwrap_or_default();
    let why = match judged.decision {
        Decision::ExplicitDeny => format!("with an explicit deny in a policy (`{by}`)"),
        Decision::Unknown => format!("because the sandbox can't tell what `{by}` means here"),
        Decision::Allow | Decision::ImplicitDeny => format!("because no identity-based policy allows the {} action", ask.action),
    };
    let message = format!("User: {} is not authorized to perform: {} on resource: {} {why}", caller.arn, ask.action, ask.resource);
    Some(action::forbidden(request, &message))
}

fn expired(request: &Request, refusal: &Refusal) -> Reply {
    match request.signing_name() {
        "s3" => Reply::refuse_s3(400, refusal.code, &refusal.message),
        "iam" => Reply::refuse_query(refusal.status, refusal.code, &refusal.message),
        _ => Reply::refuse_json(refusal.status, "ExpiredTokenException", &refusal.message),
    }
}

#[cfg(test)]
mod tests;
