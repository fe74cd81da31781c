//! STS (awsQuery 2011-06-15): who calls, and sessions of roles.

use std::collections::BTreeSet;

use super::guard;
use super::iam::{self, Caller, Form, Session, Tags};
use super::protocol::{Refusal, Reply, Request, element};
use super::{Service, World, dates};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const KEY_LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) struct Sts;

impl Service for Sts {
    fn claims(&self, request: &Request) -> bool {
        request.signing_name() == "sts"
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let form = Form::of(request);
        let action = form.get("Action")?;
        let result = match action {
            "GetCallerIdentity" => guard::session(world, request).map(|session| identity(world, session.as_ref())),
            "AssumeRole" => assume(world, request, &form),
            _ => return None,
        };
        Some(match result {
            Ok(inner) => Reply::query(NAMESPACE, action, Some(&inner)),
            Err(refusal) => Reply::refuse_query(refusal.status, refusal.code, &refusal.message),
        })
    }
}

fn identity(world: &World, session: Option<&Session>) -> String {
    let (arn, id) = match session {
        Some(session) => (session.arn(&world.account), format!("{}:{}", session.id, session.name)),
        None => (iam::sandbox_caller(&world.account), "AROASANDBOXUSER234567:tenantry".into()),
    };
    [element("Arn", &arn), element("UserId", &id), element("Account", &world.account)].concat()
}

fn assume(world: &mut World, request: &Request, form: &Form) -> Result<String, Refusal> {
    let arn = form.required("RoleArn")?;
    let name = form.name("RoleSessionName", 2, 64)?;
    let seconds = form.number("DurationSeconds", 900, 43_200)?.unwrap_or(3600);
    let from = guard::session(world, request)?;
    let gone = || Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid");
    let caller = Caller::of(world, from.as_ref()).ok_or_else(gone)?;
    let (tags, transitive) = tags(form, from.as_ref())?;
    let policy = session_policy(form)?;
    let asked = iam::Asked { role: arn, name, tags: &tags, transitive: &transitive, external: form.get("ExternalId") };
    let role = iam::may_assume(world, &asked, &caller).map_err(|(action, why)| {
        Refusal::new(403, "AccessDenied", format!("User: {} is not authorized to perform: {action} on resource: {arn}{why}", caller.arn))
    })?;
    if from.is_some() && seconds > 3600 {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    if seconds > role.max_session {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    let key = format!("{}{}", guard::HANDED_OUT, world.id(KEY_LETTERS, 9));
    let credentials = [
        element("AccessKeyId", &key),
        element("SecretAccessKey", &world.id(SECRET_LETTERS, 40)),
        element("SessionToken", &world.id(SECRET_LETTERS, 120)),
        element("Expiration", &dates::iso(world.now + f64::from(seconds))),
    ]
    .concat();
    let expires = world.now + f64::from(seconds);
    let (tags, transitive) = handed_on(from.as_ref(), tags, transitive);
    let new = Session { role: arn.into(), id: role.id, name: name.into(), expires, tags, transitive, policy };
    let user = [
        element("AssumedRoleId", &format!("{}:{name}", new.id)),
        element("Arn", &format!("arn:aws:sts::{}:assumed-role/{}/{name}", world.account, role.name)),
    ]
    .concat();
    let now = world.now;
    world.state.iam.sessions.retain(|_, session| session.expires > now);
    world.state.iam.sessions.insert(key, new);
    world.dirty = true;
    Ok(format!("<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{credentials}</Credentials>"))
}

/// The tags and the keys of those that go on to further sessions, in lower case.
fn tags(form: &Form, from: Option<&Session>) -> Result<(Tags, BTreeSet<String>), Refusal> {
    let tags = iam::tag_list(form)?;
    let transitive: BTreeSet<String> = form.members("TransitiveTagKeys").into_iter().map(str::to_lowercase).collect();
    if transitive.iter().any(|key| !tags.contains_key(key)) {
        let message = "The specified transitive tag key must be included in the requested tags.";
        return Err(Refusal::new(400, "InvalidParameterValue", message));
    }
    if from.is_some_and(|from| from.transitive.iter().any(|key| tags.contains_key(key))) {
        let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
        return Err(Refusal::new(400, "InvalidParameterValue", message));
    }
    Ok((tags, transitive))
}

/// A new session's tags, with those that the calling session hands on.
fn handed_on(from: Option<&Session>, mut tags: Tags, mut transitive: BTreeSet<String>) -> (Tags, BTreeSet<String>) {
    if let Some(from) = from {
        tags.extend(from.tags.iter().filter(|(key, _)| from.transitive.contains(*key)).map(|(key, tag)| (key.clone(), tag.clone())));
        transitive.extend(from.transitive.iter().cloned());
    }
    (tags, transitive)
}

/// What narrows the session, of the request's own; the documents of managed policies are not in the sandbox.
fn session_policy(form: &Form) -> Result<Option<String>, Refusal> {
    if form.get("PolicyArns.member.1.arn").is_some() {
        return Err(Refusal::new(400, "ValidationError", "the sandbox takes no PolicyArns for a session"));
    }
    let Some(text) = form.get("Policy") else { return Ok(None) };
    let malformed = |why: String| Refusal::new(400, "MalformedPolicyDocument", why);
    let document = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json".into()))?;
    crate::isolation::iam::Policy::parse(&document).map_err(malformed)?;
    Ok(Some(text.to_owned()))
}
