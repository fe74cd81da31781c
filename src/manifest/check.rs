//! What no section can judge alone: references, files beside the manifest, and the names that AWS will get.

use std::collections::BTreeMap;
use std::path::Path;

use super::read::Draft;
use super::section::Findings;
use super::yaml::{Node, Value};
use super::{Artifact, LambdaRef, Platform, Tier, rules};
use crate::diagnostic::{Span, quoted};
use crate::kinds::{Invitation, PolicyMode};
use crate::names::TierName;
use region::Judged;

pub(super) mod files;
mod names;
pub(super) mod quotas;
mod region;

/// AWS takes 50 tags on a resource; five are for the marks that this tool sets.
const MOST_TAGS: usize = 45;

pub(super) fn check(draft: &Draft, root: &Node, path: &Path, findings: &mut Findings) {
    tenant_ids(draft, root, findings);
    emails(root, findings);
    pre_token_lambda(draft, root, findings);
    for (name, function) in &draft.functions {
        files::function(name, function, path, findings);
    }
    invitations(draft, root, findings);
    for (name, tier) in &draft.tiers {
        let place = |path: &[&str]| root.place(&[&["tiers", name.as_str()], path].concat());
        files::check(tier, path, &place, findings);
        policies(name, tier, draft, &place, findings);
        if let Some(platform) = &draft.platform {
            whereabouts(name, tier, platform, &place, findings);
            tags(name, tier, platform, &place, findings);
        }
    }
    if let Some(platform) = &draft.platform {
        let domain = draft.identity.as_ref().is_none_or(|identity| identity.domain.is_none());
        whereabouts_of_aws(platform, root, findings);
        names::check(platform, (draft.tiers.keys(), draft.functions.keys()), domain, root, findings);
    }
}

/// The region by its name: the SDK would look for it for a long time.
fn whereabouts_of_aws(platform: &Platform, root: &Node, findings: &mut Findings) {
    let span = root.place(&["platform", "region"]);
    match region::judge(&platform.region) {
        Judged::Known => {}
        Judged::New(help) => findings.warning(span, format!("no region `{}` is known here", platform.region), "", help),
        Judged::None(help) => findings.error(span, format!("there is no region `{}`", platform.region), "", help),
    }
}

/// Agents build ids such as `basic-clinic-a`; a tenant called `basic-x` in another tier would make two readings of one id.
fn tenant_ids(draft: &Draft, root: &Node, findings: &mut Findings) {
    for id in draft.tenants.keys() {
        let first = id.as_str().split('-').next().unwrap_or_default();
        if draft.tier_names.contains(first) {
            let span = root.get("tenants").and_then(|t| t.entry(id.as_str())).map_or(root.span, |(key, _)| key.span);
            let summary = format!("the id of tenant `{id}` starts with the name of tier `{first}`");
            let help = "take another first word: ids of the form TIER-TENANT must be readable in one way only";
            findings.error(span, summary, "starts with a tier's name", help);
        }
    }
}

/// A user signs in by address, which decides their tenant: it may stand once in the whole file.
fn emails(root: &Node, findings: &mut Findings) {
    let mut seen: BTreeMap<String, (Span, &str)> = BTreeMap::new();
    let Some(Value::Map(tenants)) = root.get("tenants").map(|node| &node.value) else { return };
    for (key, tenant) in tenants {
        let (Some(id), Some(Value::List(users))) = (key.as_text(), tenant.get("users").map(|node| &node.value)) else { continue };
        for email in users.iter().filter_map(|user| user.get("email")) {
            let Some(text) = email.as_text() else { continue };
            match seen.get(&text.to_ascii_lowercase()) {
                None => {
                    seen.insert(text.to_ascii_lowercase(), (email.span, id));
                }
                Some((first, owner)) => {
                    // An alias or merge key has the address once in the file, so the tenant is what can be shown.
                    let span = if *first == email.span { key.span } else { email.span };
                    let summary = format!("user {} stands twice: in tenant {} and in tenant {}", quoted(text), quoted(owner), quoted(id));
                    let help = "remove one: an address signs in to one tenant, whatever its letters' case";
                    findings.twice(span, *first, summary, help);
                }
            }
        }
    }
}

/// Of the mails that Cognito sends by itself, in an account and a day.
const MAILS_A_DAY: usize = 50;

/// Whoever has connected SES may ignore this; who has not finds out only when users hear nothing.
fn invitations(draft: &Draft, root: &Node, findings: &mut Findings) {
    let users: usize = draft.tenants.values().map(|tenant| tenant.users.len()).sum();
    if draft.identity.as_ref().is_some_and(|identity| identity.invitations == Invitation::Send) && users > MAILS_A_DAY {
        let help = format!(
            "Cognito by itself sends {MAILS_A_DAY} mails a day; connect the user pool to Amazon SES, or write `invitations: suppress`"
        );
        findings.warning(root.place(&["identity", "invitations"]), format!("{users} users may be invited by mail"), "", help);
    }
}

/// Policies need an engine, and an engine that enforces needs policies.
fn policies(name: &TierName, tier: &Tier, draft: &Draft, place: &dyn Fn(&[&str]) -> Span, findings: &mut Findings) {
    let Some(gateway) = &tier.gateway else { return };
    match (gateway.policies.first(), &draft.policy) {
        (Some(policy), None) => {
            let summary = format!("the gateway of tier `{name}` has policies, and nothing enforces them");
            findings.error(policy.span, summary, "", "write `policy: { mode: enforce }` beside `tiers`: it adds the policy engine");
        }
        (None, Some(policy)) if policy.mode == PolicyMode::Enforce => {
            let summary = format!("every tool call through the gateway of tier `{name}` will be denied");
            let help = "name the Cedar files that permit them: `policies: [policies/clinic-config.cedar]`";
            findings.warning(place(&["gateway"]), summary, "no policy permits any", help);
        }
        _ => {}
    }
}

/// Cognito calls a trigger in the pool's own region only.
fn pre_token_lambda(draft: &Draft, root: &Node, findings: &mut Findings) {
    let (Some(identity), Some(platform)) = (&draft.identity, &draft.platform) else { return };
    let Some(LambdaRef::Arn(arn)) = &identity.pre_token_lambda else { return };
    let Some(found) = rules::lambda(arn).filter(|found| found.region != platform.region.as_str()) else { return };
    let summary = format!("the function that writes claims is in `{}`, the platform in `{}`", found.region, platform.region);
    let help = format!("Cognito calls it in its own region only; deploy it in `{}`", platform.region);
    findings.error(root.place(&["identity", "pre_token_lambda"]), summary, "another region", help);
}

/// AgentCore calls a Lambda and pulls an image in its own region only.
fn whereabouts(name: &TierName, tier: &Tier, platform: &Platform, place: &dyn Fn(&[&str]) -> Span, findings: &mut Findings) {
    let lambda = tier.gateway.as_ref().and_then(|g| match &g.tools_lambda {
        LambdaRef::Arn(arn) => Some((rules::lambda(arn)?, place(&["gateway", "tools_lambda"]), "Lambda")),
        LambdaRef::Managed(_) => None,
    });
    let image = tier.runtime.as_ref().and_then(|r| match &r.artifact {
        Artifact::Image(image) => Some((rules::ecr(image)?, place(&["runtime", "image"]), "image")),
        Artifact::Code { .. } => None,
    });
    for (found, span, what) in [lambda, image].into_iter().flatten() {
        if found.region != platform.region.as_str() {
            let summary = format!("the {what} of tier `{name}` is in `{}`, the platform in `{}`", found.region, platform.region);
            findings.error(
                span,
                summary,
                "another region",
                format!("AgentCore reaches it in its own region only; deploy it in `{}`", platform.region),
            );
        } else if found.account != platform.account.as_str() {
            let summary = format!("the {what} of tier `{name}` is in account `{}`, the platform in `{}`", found.account, platform.account);
            let help = "that account must allow this one by a resource policy, which tenantry can't see or set";
            findings.warning(span, summary, "another account", help);
        }
    }
}

fn tags(name: &TierName, tier: &Tier, platform: &Platform, place: &dyn Fn(&[&str]) -> Span, findings: &mut Findings) {
    let project = tier.project.as_ref().map(|p| &p.tags);
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let levels =
        [(Some(&platform.tags), None), (Some(&tier.tags), Some(["tags"].as_slice())), (project, Some(["project", "tags"].as_slice()))];
    for (tags, path) in levels {
        for key in tags.into_iter().flat_map(BTreeMap::keys) {
            // A level may set a key of the level above anew, but IAM takes no two keys that differ in case.
            let Some(before) = seen.insert(key.to_lowercase(), key).filter(|before| before != key) else { continue };
            let span = path.map_or_else(|| place(&["tags"]), |path| place(&[path, &[key]].concat()));
            let summary = format!("the tags {} and {} of tier `{name}` differ in case only", quoted(before), quoted(key));
            findings.error(span, summary, "", "write both alike: IAM takes them for one");
        }
    }
    if seen.len() > MOST_TAGS {
        let summary = format!("the resources of tier `{name}` get {} tags, with the platform's", seen.len());
        findings.error(place(&["tags"]), summary, "", format!("keep them at {MOST_TAGS}: AWS takes 50, and tenantry adds its own marks"));
    }
}
