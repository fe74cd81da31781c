//! What a reviewer should know of a plan and no single change says.

use std::collections::BTreeSet;

use super::{Action, Change, Plan, Turn, turns};
use crate::kinds::{DataSource, Kind as _, Ownership, Role, TraceDestination, User, UserPool};

/// What a reviewer should know and no single change says.
pub(crate) fn notes(plan: &Plan) -> Vec<String> {
    let pools = plan.changes.iter().filter(|c| c.action == Action::Update && c.address.kind() == UserPool::NAME);
    let attributes: BTreeSet<&str> = pools
        .flat_map(|c| &c.fields)
        .filter(|f| f.before.is_null())
        .filter_map(|f| f.path.strip_prefix("attributes.")?.rsplit_once('.'))
        .map(|(name, _)| name)
        // The mark tells this tool who is ours, and nothing else reads it.
        .filter(|name| *name != User::MARK)
        .collect();
    let note =
        |name| format!("existing users have no value for `custom:{name}` yet: where it is asked for they lose access until it is set");
    let closed_by_us =
        |c: &Change| matches!(c.live.as_ref().map(|l| &l.mark), Some(Ownership::Ours { spec: Some(spec) }) if spec == User::CLOSED);
    let opens_user = |c: &&Change| {
        c.address.kind() == User::NAME
            && c.action == Action::Update
            && c.fields.iter().any(|f| f.path == "enabled" && f.after == true)
            && !closed_by_us(c)
    };
    let opened = plan.changes.iter().filter(opens_user).map(|c| c.address.label());
    let opens = |email| format!("somebody has disabled `{email}`, and this enables them again: who should stay out leaves the manifest");
    let creates = |kind: &str| plan.changes.iter().any(|c| c.action == Action::Create && c.address.kind() == kind);
    let spans = creates(TraceDestination::NAME).then(|| {
        "X-Ray will keep the trace segments of everybody in this account and region in CloudWatch Logs, which bills them as logs; \
         nothing here ever sets that back"
            .to_owned()
    });
    let replaced = plan.changes.iter().filter(|c| c.action == Action::Replace && c.address.kind() == DataSource::NAME);
    let unread = replaced.map(|c| {
        format!(
            "the documents of {} are not found until the next `tenantry documents push` has them read by the new data source; what the \
             old one made of them stays in the index beside that",
            c.address.owner().to_string().replace(':', " ")
        )
    });
    let role = plan.kept.iter().filter(|a| a.kind() == Role::NAME).map(|address| {
        format!(
            "{address} stays: API Gateway writes the access logs of every API in this account and region as this role. Name another \
             role in API Gateway's settings and the next apply deletes it, or delete it now with --delete {address}"
        )
    });
    let suspended = turns(plan).into_iter().filter(|(_, turn)| *turn == Turn::Suspended).map(|(owner, _)| owner);
    let suspended: Vec<String> = suspended.map(|owner| owner.to_string().replace("tenant:", "")).collect();
    let tokens = (!suspended.is_empty()).then(|| {
        format!(
            "tokens that {} got before being suspended count at gateways and agents until they end, after the minutes of \
             `identity.web_client.token_minutes`; tools that read the tenant's row refuse at once",
            suspended.join(", ")
        )
    });
    attributes
        .into_iter()
        .map(note)
        .chain(tokens)
        .chain(opened.map(opens))
        .chain(unread)
        .chain(spans)
        .chain(role)
        .chain(plan.close.iter().cloned())
        .collect()
}
