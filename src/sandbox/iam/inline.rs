//! The permissions of a role: policies inside it, and managed ones attached to it.

use super::super::World;
use super::super::protocol::{Refusal, element, encode};
use super::form::{Form, constraint, length, page};
use super::{Role, policy, roles};

/// For all inline policies of one role together, white space not counted.
const INLINE_SIZE: usize = 10_240;
const ATTACHED_PER_ROLE: usize = 10;

pub(super) fn put(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let role = form.name("RoleName", 1, 64)?;
    let name = form.name("PolicyName", 1, 128)?;
    let document = form.required("PolicyDocument")?;
    length("PolicyDocument", document, 1, 131_072)?;
    let role = world.state.iam.role_mut(role)?;
    policy::checked(document, policy::Place::Identity)?;
    let others: usize = role.inline.iter().filter(|(n, _)| *n != name).map(|(_, d)| policy::size(d)).sum();
    if others + policy::size(document) > INLINE_SIZE {
        let message = format!("Maximum policy size of {INLINE_SIZE} bytes exceeded for role {}", role.name);
        return Err(Refusal::new(409, "LimitExceeded", message));
    }
    role.inline.insert(name.into(), document.into());
    world.dirty = true;
    Ok(())
}

pub(super) fn get(world: &World, form: &Form) -> Result<String, Refusal> {
    let role = world.state.iam.role(form.name("RoleName", 1, 64)?)?;
    let name = form.name("PolicyName", 1, 128)?;
    let document = role.inline.get(name).ok_or_else(|| no_policy(name))?;
    Ok([element("RoleName", &role.name), element("PolicyName", name), element("PolicyDocument", &encode(document))].concat())
}

pub(super) fn delete(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let role = form.name("RoleName", 1, 64)?;
    let name = form.name("PolicyName", 1, 128)?;
    world.state.iam.role_mut(role)?.inline.remove(name).ok_or_else(|| no_policy(name))?;
    world.dirty = true;
    Ok(())
}

pub(super) fn list(world: &World, form: &Form) -> Result<String, Refusal> {
    let role = world.state.iam.role(form.name("RoleName", 1, 64)?)?;
    page(form, "PolicyNames", role.inline.keys().map(|name| (name, name)), |name| element("member", name))
}

/// Policies of AWS's own are taken to exist; those of the account have to have been made.
pub(super) fn attach(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let role = form.name("RoleName", 1, 64)?;
    let arn = policy_arn(form)?;
    let known = arn.starts_with("arn:aws:iam::aws:policy/") || world.state.iam.managed(arn).is_some();
    let role = world.state.iam.role_mut(role)?;
    if !known {
        let message = format!("Policy {arn} does not exist or is not attachable.");
        return Err(Refusal::new(404, "NoSuchEntity", message));
    }
    if role.attached.len() >= ATTACHED_PER_ROLE && !role.attached.contains(arn) {
        return Err(roles::quota(&format!("PoliciesPerRole: {ATTACHED_PER_ROLE}")));
    }
    role.attached.insert(arn.into());
    world.dirty = true;
    Ok(())
}

pub(super) fn detach(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let role = form.name("RoleName", 1, 64)?;
    let arn = policy_arn(form)?;
    if !world.state.iam.role_mut(role)?.attached.remove(arn) {
        return Err(Refusal::new(404, "NoSuchEntity", format!("Policy {arn} was not found.")));
    }
    world.dirty = true;
    Ok(())
}

pub(super) fn list_attached(world: &World, form: &Form) -> Result<String, Refusal> {
    let role = world.state.iam.role(form.name("RoleName", 1, 64)?)?;
    page(form, "AttachedPolicies", role.attached.iter().map(|arn| (arn, arn)), |arn| attached(arn))
}

fn attached(arn: &str) -> String {
    let name = element("PolicyName", arn.rsplit('/').next().unwrap_or(arn));
    format!("<member>{name}{}</member>", element("PolicyArn", arn))
}

/// All permissions of a role with their documents, as `GetAccountAuthorizationDetails` shows them.
pub(super) fn details(role: &Role) -> String {
    let inline = |(name, document): (&String, &String)| {
        format!("<member>{}{}</member>", element("PolicyName", name), element("PolicyDocument", &encode(document)))
    };
    let inline: String = role.inline.iter().map(inline).collect();
    let attached: String = role.attached.iter().map(|arn| attached(arn)).collect();
    format!("<RolePolicyList>{inline}</RolePolicyList><AttachedManagedPolicies>{attached}</AttachedManagedPolicies>")
}

fn policy_arn(form: &Form) -> Result<&str, Refusal> {
    let arn = form.required("PolicyArn")?;
    length("PolicyArn", arn, 20, 2048)?;
    if arn.starts_with("arn:") { Ok(arn) } else { Err(constraint("PolicyArn", "ARN is not valid")) }
}

fn no_policy(name: &str) -> Refusal {
    Refusal::new(404, "NoSuchEntity", format!("The role policy with name {name} cannot be found."))
}
