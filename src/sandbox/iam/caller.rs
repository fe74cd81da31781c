//! Whoever calls: the sandbox's user, who may do anything, or a session, which may do what its role's policies say.

use serde_json::Value;

use super::super::World;
use super::{Session, Tags, sandbox_caller, trust};
use crate::isolation::iam::{self, Context, Decision, Judgement, Policy, Request};

/// Keys that AWS gives every call and the sandbox can't: of what asks for them nothing is certain.
const UNTOLD: [&str; 14] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:MultiFactorAuthAge",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:Referer",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:VpcSourceIp",
];

pub(in super::super) struct Caller {
    /// Of the session.
    pub(in super::super) arn: String,
    role: String,
    /// As `aws:userid` has it.
    user_id: String,
    tags: Tags,
    hands_on: bool,
    rights: Rights,
}

enum Rights {
    /// Of the sandbox's user.
    All,
    /// Of a role, within what narrows them; what can't be read is not known.
    Of { policies: Vec<Policy>, within: Vec<Option<Policy>> },
}

impl Session {
    pub(in super::super) fn arn(&self, account: &str) -> String {
        let role = self.role.rsplit('/').next().unwrap_or("");
        format!("arn:aws:sts::{account}:assumed-role/{role}/{}", self.name)
    }
}

impl Caller {
    /// The caller of that session; `None` if its role is gone.
    pub(in super::super) fn of(world: &World, session: Option<&Session>) -> Option<Self> {
        let Some(session) = session else {
            return Some(Self {
                arn: sandbox_caller(&world.account),
                role: trust::caller_role(&world.account),
                user_id: "AROASANDBOXUSER234567:tenantry".into(),
                tags: Tags::new(),
                hands_on: false,
                rights: Rights::All,
            });
        };
        let role = world.state.iam.by_arn(&world.account, &session.role).filter(|role| role.id == session.id)?;
        let read = |text: &String| serde_json::from_str::<Value>(text).ok().and_then(|document| Policy::parse(&document).ok());
        // What AWS's own managed policies say is not in the sandbox: they allow nothing here, and as a boundary leave all open.
        let managed = |arn: &String| world.state.iam.managed(arn).map(ToOwned::to_owned);
        let boundary = role.boundary.iter().map(|arn| managed(arn).and_then(|text| read(&text)));
        let within = session.policy.iter().map(read).chain(boundary).collect();
        let attached: Vec<String> = role.attached.iter().filter_map(managed).collect();
        // IAM took them, so that they can be read; if not, the role may do nothing.
        let policies = role.inline.values().chain(&attached).map(read).collect::<Option<Vec<Policy>>>().unwrap_or_default();
        // A session's tags go before its role's.
        let mut tags = role.tags.clone();
        tags.extend(session.tags.clone());
        Some(Self {
            arn: session.arn(&world.account),
            role: session.role.clone(),
            user_id: format!("{}:{}", session.id, session.name),
            tags,
            hands_on: !session.transitive.is_empty(),
            rights: Rights::Of { policies, within },
        })
    }

    pub(super) fn is_user(&self) -> bool {
        matches!(self.rights, Rights::All)
    }

    /// Whether the sessions that it asks for get tags of its own.
    pub(super) fn hands_on_tags(&self) -> bool {
        self.hands_on
    }

    /// What every call of the caller carries.
    pub(in super::super) fn context(&self, world: &World) -> Context {
        let context = Context::new()
            .with("aws:PrincipalArn", [self.role.as_str()])
            .with("aws:PrincipalAccount", [world.account.as_str()])
            .with("aws:PrincipalType", ["AssumedRole"])
            .with("aws:PrincipalIsAWSService", ["false"])
            .with("aws:RequestedRegion", [world.region.as_str()])
            // The sandbox counts as reached over TLS, as AWS always is: it serves loopback alone.
            .with("aws:SecureTransport", ["true"])
            .with("aws:ViaAWSService", ["false"])
            .with("aws:userid", [self.user_id.as_str()]);
        let context = UNTOLD.iter().fold(context, |context, key| context.unknown(key));
        self.tags.values().fold(context, |context, (key, value)| context.with(&format!("aws:PrincipalTag/{key}"), [value.as_str()]))
    }

    /// What the caller's own policies say.
    pub(in super::super) fn judge(&self, request: &Request) -> Judgement {
        match &self.rights {
            Rights::All => Judgement { decision: Decision::Allow, by: None },
            Rights::Of { policies, within } => {
                let all: Vec<&Policy> = policies.iter().collect();
                let unread = || Judgement { decision: Decision::Unknown, by: Some("a policy that the sandbox can't read".into()) };
                within.iter().fold(iam::identity(&all, request), |judged, bound| {
                    iam::bounded(judged, bound.as_ref().map_or_else(unread, |bound| iam::identity(&[bound], request)))
                })
            }
        }
    }
}
