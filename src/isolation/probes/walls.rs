//! Attacks between tenants on data that roles of tenants guard: every tenant against its neighbours and some others, and each
//! kind of look-alike once. Documents name no tenant, so what holds for these holds for all (see docs/isolation.md).

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::iam::{Context, Decision, Judgement};
use super::super::model::Model;
use super::super::report::Row;
use super::super::roles::{Caller, Known, OTHER_USER, TAGS, tagged};
use super::data::Wall;
use crate::names::{CLINIC_CONFIG, PATIENT_METADATA};

/// One call on data.
pub(crate) struct Call {
    pub(crate) action: &'static str,
    pub(crate) resource: String,
    pub(crate) keys: Vec<(&'static str, Vec<String>)>,
    /// In words, for whoever reads a counterexample.
    pub(crate) words: String,
}

/// Whom the data is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    Tenant,
    TierAndTenant,
    /// The tier, the tenant and the user of it.
    User,
}

/// How many tenants beside its neighbours each one is tried on.
const STRANGERS: usize = 2;
/// A stride that meets every part of a list; the same list always gives the same pairs.
const STRIDE: usize = 7919;

pub(super) fn judge(model: &Model, row: &mut Row, wall: &Wall) -> Result<()> {
    let tagged = tagged(model)?;
    if tagged.is_empty() {
        row.skipped("no role is taken on for tenants");
        return Ok(());
    }
    let tenants: Vec<(&str, &str)> = model.tenants.iter().map(|(id, tier)| (tier.as_str(), id.as_str())).collect();
    let mut tiers_seen = BTreeSet::new();
    for (n, (tier, tenant)) in tenants.iter().enumerate() {
        if tiers_seen.contains(tier) && n % model.every != 0 {
            continue;
        }
        let caller = Caller::of(tier, tenant);
        if wall.own(&caller).is_empty() {
            continue;
        }
        let first_of_tier = tiers_seen.insert(*tier);
        own(row, wall, &tagged, &caller);
        if first_of_tier {
            look_alikes(model, row, wall, &tagged, &caller);
            never(row, wall, &tagged, &caller);
        }
        let others = (1..=STRANGERS).map(|k| (n + k * STRIDE) % tenants.len()).chain([n.wrapping_sub(1), n + 1]);
        for (tier, tenant) in others.filter(|m| *m != n).filter_map(|m| tenants.get(m)) {
            attack(row, &tagged, &caller, wall.own(&Caller::of(tier, tenant)).into_iter().take(1));
        }
    }
    Ok(())
}

/// How a role is asked: as its rightful caller or as an attacker.
type Ask = fn(&Known, &str, &str, &Context) -> Judgement;

/// What any of the tenants' roles says of a caller's own: one that allows it is enough.
pub(crate) fn any(tagged: &[Known], caller: &Caller<'_>, call: &Call) -> Judgement {
    ask(tagged, caller, call, Known::may)
}

/// The same of an attack.
pub(crate) fn any_might(tagged: &[Known], caller: &Caller<'_>, call: &Call) -> Judgement {
    ask(tagged, caller, call, Known::might)
}

fn ask(tagged: &[Known], caller: &Caller<'_>, call: &Call, ask: Ask) -> Judgement {
    let context = call.keys.iter().fold(caller.session(), |context, (key, values)| context.with(key, values.clone()));
    let mut refused = None;
    let mut unknown = None;
    for role in tagged {
        let judged = ask(role, call.action, &call.resource, &context);
        match judged.decision {
            Decision::Allow => return Judgement { by: judged.by.map(|by| format!("{} of {}", by, role.name())), ..judged },
            Decision::Unknown => unknown = Some(judged),
            Decision::ExplicitDeny | Decision::ImplicitDeny => refused = Some(judged),
        }
    }
    unknown.or(refused).unwrap_or(Judgement { decision: Decision::Unknown, by: None })
}

fn who(caller: &Caller<'_>) -> String {
    format!("{} ({})", caller.tenant, caller.tier)
}

fn own(row: &mut Row, wall: &Wall, tagged: &[Known], caller: &Caller<'_>) {
    for call in wall.own(caller) {
        row.control(&any(tagged, caller, &call), || who(caller), || format!("{} on {}", call.action, call.words));
    }
}

fn attack(row: &mut Row, tagged: &[Known], caller: &Caller<'_>, calls: impl IntoIterator<Item = Call>) {
    for call in calls {
        row.attack(&any_might(tagged, caller, &call), || who(caller), || format!("{} on {}", call.action, call.words));
    }
}

fn never(row: &mut Row, wall: &Wall, tagged: &[Known], caller: &Caller<'_>) {
    attack(row, tagged, caller, wall.never(caller));
    // A session that names nobody, or nobody whole.
    for missing in TAGS {
        for call in wall.own(caller) {
            let context =
                call.keys.iter().fold(caller.session_without(missing), |context, (key, values)| context.with(key, values.clone()));
            for role in tagged {
                row.attack(
                    &role.might(call.action, &call.resource, &context),
                    || format!("a session without the tag {missing}"),
                    || format!("{} on {}", call.action, call.words),
                );
            }
        }
    }
}

/// Whoever resembles a tenant: ids that begin or end like its own, other spellings, another tier, another user.
fn look_alikes(model: &Model, row: &mut Row, wall: &Wall, tagged: &[Known], caller: &Caller<'_>) {
    let (tenant, tier) = (caller.tenant, caller.tier);
    let mut shorter = tenant.to_owned();
    shorter.pop();
    let ids = [
        format!("{tenant}b"),
        format!("{tenant}-b"),
        shorter.trim_end_matches('-').to_owned(),
        tenant.to_uppercase(),
        format!("{tenant}/x"),
        format!("x/{tenant}"),
        format!("../{tenant}x"),
        format!("{tenant}_{OTHER_USER}"),
        "*".to_owned(),
        "?".repeat(tenant.len()),
        tier.to_owned(),
        // What stands where a tenant's id does in the names of what all tenants share.
        format!("{tier}-tier"),
        CLINIC_CONFIG.to_owned(),
        PATIENT_METADATA.to_owned(),
        "z".repeat(27),
    ];
    let own = |caller: &Caller<'_>| with_siblings(wall.own(caller));
    for id in &ids {
        // Both ways: as the one attacked, which no id with a slash can be, and as the attacker, whose tags can say more.
        if !id.contains('/') {
            attack(row, tagged, caller, own(&Caller::of(tier, id)));
        }
        attack(row, tagged, &Caller::of(tier, id), own(caller));
    }
    for other in model.tiers.iter().map(crate::names::TierName::as_str).filter(|other| *other != tier) {
        if wall.kept() >= Kept::TierAndTenant {
            attack(row, tagged, &Caller::of(other, tenant), own(caller));
        }
        attack(row, tagged, caller, own(&Caller::of(other, "zz-nobody")));
    }
    if wall.kept() == Kept::User {
        attack(row, tagged, caller, own(&Caller { user: OTHER_USER, ..caller.clone() }));
    }
}

/// What else can be done to the same data: not everybody's own to do, and nobody's to do to another's.
const SIBLINGS: &[&[&str]] = &[
    &["bedrock-agentcore:ListEvents", "bedrock-agentcore:GetEvent", "bedrock-agentcore:CreateEvent", "bedrock-agentcore:DeleteEvent"],
    &[
        "dynamodb:Query",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
    ],
    &[
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectAttributes",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
    ],
    &["s3:ListBucket", "s3:ListBucketVersions"],
    &["s3vectors:QueryVectors", "s3vectors:GetVectors", "s3vectors:PutVectors", "s3vectors:DeleteVectors", "s3vectors:ListVectors"],
];

fn with_siblings(calls: Vec<Call>) -> Vec<Call> {
    let mut all: Vec<Call> = Vec::new();
    for call in calls {
        let siblings = SIBLINGS.iter().find(|group| group.contains(&call.action)).copied().unwrap_or_default();
        for action in siblings.iter().filter(|action| **action != call.action) {
            all.push(Call { action, resource: call.resource.clone(), keys: call.keys.clone(), words: call.words.clone() });
        }
        all.push(call);
    }
    all
}
