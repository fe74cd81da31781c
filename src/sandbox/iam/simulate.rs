//! IAM's simulator: what given policies say of given calls, whether or not anybody has them.

use super::super::World;
use super::super::faults::action::means;
use super::super::protocol::{Refusal, element};
use super::form::{Form, constraint, length};
use super::{policy, trust};
use crate::isolation::iam::{self, Context, Decision, Judgement, Policy, Request};

const TYPES: [&str; 12] = [
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
];

/// `SimulateCustomPolicy`: every action on every resource, one result an action.
pub(super) fn custom(world: &World, form: &Form) -> Result<String, Refusal> {
    for field in ["ResourcePolicy", "CallerArn", "ResourceOwner", "PermissionsBoundaryPolicyInputList.member.1"] {
        if form.get(field).is_some() {
            return Err(invalid(format!("the sandbox simulates no {field}")));
        }
    }
    let policies = form.members("PolicyInputList").into_iter().map(read).collect::<Result<Vec<Policy>, Refusal>>()?;
    if policies.is_empty() {
        return Err(constraint("PolicyInputList", "Member must not be null"));
    }
    answer(world, form, |world, request| word(world, request.action, &iam::identity(&policies.iter().collect::<Vec<_>>(), request)))
}

/// `SimulatePrincipalPolicy`: what the policies of a role, or of the sandbox's user, say.
pub(super) fn principal(world: &World, form: &Form) -> Result<String, Refusal> {
    for field in ["PolicyInputList.member.1", "ResourcePolicy", "CallerArn", "ResourceOwner", "PermissionsBoundaryPolicyInputList.member.1"]
    {
        if form.get(field).is_some() {
            return Err(invalid(format!("the sandbox simulates no {field} of a principal")));
        }
    }
    let source = form.required("PolicySourceArn")?;
    if source == trust::caller_role(&world.account) {
        let denies = |action: &str| world.denied.iter().any(|denied| means(denied, action));
        return answer(world, form, |_, request| Ok(if denies(request.action) { "implicitDeny" } else { "allowed" }));
    }
    let gone = || Refusal::new(404, "NoSuchEntity", format!("The role with ARN {source} cannot be found."));
    let role = world.state.iam.by_arn(&world.account, source).ok_or_else(gone)?;
    let attached = role.attached.iter().filter_map(|arn| world.state.iam.managed(arn));
    let policies = role.inline.values().map(String::as_str).chain(attached).map(read).collect::<Result<Vec<Policy>, Refusal>>()?;
    answer(world, form, |world, request| word(world, request.action, &iam::identity(&policies.iter().collect::<Vec<_>>(), request)))
}

/// One result an action, with the word that `say` has for it on each resource.
fn answer(world: &World, form: &Form, say: impl Fn(&World, &Request<'_>) -> Result<&'static str, Refusal>) -> Result<String, Refusal> {
    let actions = form.members("ActionNames");
    if actions.is_empty() {
        return Err(constraint("ActionNames", "Member must not be null"));
    }
    let mut resources = form.members("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let context = context(form)?;
    let most = form.number("MaxItems", 1, 1000)?.unwrap_or(100);
    if actions.len() > usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(invalid("the sandbox gives all results of a simulation at once".into()));
    }
    let results = actions.into_iter().map(|action| judged(world, action, &resources, &context, &say));
    let results = results.collect::<Result<String, Refusal>>()?;
    Ok(format!("<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"))
}

fn read(document: &str) -> Result<Policy, Refusal> {
    length("PolicyInputList", document, 1, 131_072)?;
    let refused = |refusal: Refusal| invalid(refusal.message);
    let parsed = policy::checked(document, policy::Place::Identity).map_err(refused)?;
    Policy::parse(&parsed).map_err(invalid)
}

/// The keys that the calls carry; nothing else is known of them.
fn context(form: &Form) -> Result<Context, Refusal> {
    let mut context = Context::new();
    for n in 1.. {
        let entry = format!("ContextEntries.member.{n}");
        let Some(name) = form.get(&format!("{entry}.ContextKeyName")) else { break };
        length("ContextKeyName", name, 5, 256)?;
        let kind = form.get(&format!("{entry}.ContextKeyType")).unwrap_or_default();
        if !TYPES.contains(&kind) {
            return Err(constraint("ContextKeyType", &format!("Member must satisfy enum value set: [{}]", TYPES.join(", "))));
        }
        let values = form.members(&format!("{entry}.ContextKeyValues"));
        if values.len() > 1 && !kind.ends_with("List") {
            return Err(invalid(format!("the key {name} has several values and the type {kind}")));
        }
        context = context.with(name, values);
    }
    Ok(context)
}

fn judged(
    world: &World,
    action: &str,
    resources: &[&str],
    context: &Context,
    say: &impl Fn(&World, &Request<'_>) -> Result<&'static str, Refusal>,
) -> Result<String, Refusal> {
    length("ActionNames", action, 3, 128)?;
    if action.contains('*') || !action.contains(':') {
        return Err(invalid(format!("Invalid Action: {action}")));
    }
    let mut each = Vec::new();
    for resource in resources {
        let request = Request { principal: None, service: None, action, resource, context };
        each.push((*resource, say(world, &request)?));
    }
    // As a whole an action is as good as on the resource where it is worst.
    let worst = ["explicitDeny", "implicitDeny"].into_iter().find(|bad| each.iter().any(|(_, word)| word == bad)).unwrap_or("allowed");
    let specific: String = each
        .iter()
        .map(|(resource, word)| {
            format!("<member>{}{}</member>", element("EvalResourceName", resource), element("EvalResourceDecision", word))
        })
        .collect();
    let (name, decision) = (element("EvalActionName", action), element("EvalDecision", worst));
    let resource = element("EvalResourceName", "*");
    let specific = format!("<ResourceSpecificResults>{specific}</ResourceSpecificResults>");
    Ok(format!("<member>{name}{resource}{decision}<MatchedStatements/><MissingContextValues/>{specific}</member>"))
}

fn word(world: &World, action: &str, judged: &Judgement) -> Result<&'static str, Refusal> {
    let contrary = world.contrary.iter().any(|other| means(other, action));
    match (judged.decision, contrary) {
        (Decision::Allow, false) | (Decision::ExplicitDeny | Decision::ImplicitDeny, true) => Ok("allowed"),
        (Decision::ImplicitDeny, false) | (Decision::Allow, true) => Ok("implicitDeny"),
        (Decision::ExplicitDeny, false) => Ok("explicitDeny"),
        (Decision::Unknown, _) => {
            let by = judged.by.as_deref().unwrap_or_default();
            Err(invalid(format!("the sandbox can't tell what `{by}` means for {action}")))
        }
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidInput", message)
}
