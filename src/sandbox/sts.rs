//! STS (awsQuery 2011-06-15): who calls, and sessions of roles.

use super::iam::{self, Form, Session};
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
            "GetCallerIdentity" => session(world, request).map(|session| identity(world, session.as_ref())),
            "AssumeRole" => assume(world, request, &form),
            _ => return None,
        };
        Some(match result {
            Ok(inner) => Reply::query(NAMESPACE, action, Some(&inner)),
            Err(refusal) => Reply::refuse_query(refusal.status, refusal.code, &refusal.message),
        })
    }
}

/// The session that signed the request; `None` for the sandbox's user, whatever their credentials.
fn session(world: &World, request: &Request) -> Result<Option<Session>, Refusal> {
    let session = world.state.iam.sessions.get(request.access_key()).cloned();
    if session.as_ref().is_some_and(|session| session.expires < world.now) {
        return Err(Refusal::new(403, "ExpiredToken", "The security token included in the request is expired"));
    }
    Ok(session)
}

fn session_arn(account: &str, session: &Session) -> String {
    let role = session.role.rsplit('/').next().unwrap_or("");
    format!("arn:aws:sts::{account}:assumed-role/{role}/{}", session.name)
}

fn identity(world: &World, session: Option<&Session>) -> String {
    let (arn, id) = match session {
        Some(session) => (session_arn(&world.account, session), format!("{}:{}", session.id, session.name)),
        None => (iam::sandbox_caller(&world.account), "AROASANDBOXUSER234567:tenantry".into()),
    };
    [element("Arn", &arn), element("UserId", &id), element("Account", &world.account)].concat()
}

fn assume(world: &mut World, request: &Request, form: &Form) -> Result<String, Refusal> {
    let arn = form.required("RoleArn")?;
    let name = form.name("RoleSessionName", 2, 64)?;
    let seconds = form.number("DurationSeconds", 900, 43_200)?.unwrap_or(3600);
    let tags = iam::tag_list(form)?;
    let from = session(world, request)?;
    let (caller, shown) = match &from {
        Some(session) => (session.role.clone(), session_arn(&world.account, session)),
        None => (iam::caller_role(&world.account), iam::sandbox_caller(&world.account)),
    };
    let asked = iam::Asked { tags, transitive: form.members("TransitiveTagKeys"), external: form.get("ExternalId") };
    let role = iam::may_assume(world, arn, &caller, &asked).map_err(|action| {
        Refusal::new(403, "AccessDenied", format!("User: {shown} is not authorized to perform: {action} on resource: {arn}"))
    })?;
    if from.is_some() && seconds > 3600 {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    if seconds > role.max_session {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    let key = format!("ASIA{}", world.id(KEY_LETTERS, 16));
    let credentials = [
        element("AccessKeyId", &key),
        element("SecretAccessKey", &world.id(SECRET_LETTERS, 40)),
        element("SessionToken", &world.id(SECRET_LETTERS, 120)),
        element("Expiration", &dates::iso(world.now + f64::from(seconds))),
    ]
    .concat();
    let new = Session { role: arn.into(), id: role.id, name: name.into(), expires: world.now + f64::from(seconds) };
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
