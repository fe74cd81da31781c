//! Managed policies of the account: enough to make, attach and simulate those that `doctor --print-policy` prints.

use serde::{Deserialize, Serialize};

use super::super::World;
use super::super::dates;
use super::super::protocol::{Refusal, element, encode};
use super::form::{Form, length};
use super::{State, policy, roles};

/// White space not counted.
const SIZE: usize = 6_144;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Managed {
    name: String,
    id: String,
    created: f64,
    pub(super) document: String,
}

impl State {
    /// What a managed policy of the account says.
    pub(super) fn managed(&self, arn: &str) -> Option<&str> {
        self.managed.get(arn).map(|policy| policy.document.as_str())
    }
}

pub(super) fn create(world: &mut World, form: &Form) -> Result<String, Refusal> {
    let name = form.name("PolicyName", 1, 128)?.to_owned();
    let document = form.required("PolicyDocument")?.to_owned();
    length("PolicyDocument", &document, 1, 131_072)?;
    policy::checked(&document, policy::Place::Identity)?;
    if policy::size(&document) > SIZE {
        return Err(roles::quota(&format!("PolicySize: {SIZE}")));
    }
    let arn = format!("arn:aws:iam::{}:policy/{name}", world.account);
    if world.state.iam.managed.contains_key(&arn) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Refusal::new(409, "EntityAlreadyExists", message));
    }
    let id = format!("ANPA{}", world.id("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17));
    let policy = Managed { name, id, created: world.now, document };
    world.dirty = true;
    let shown = shown(&world.state.iam, &arn, &policy);
    world.state.iam.managed.insert(arn, policy);
    Ok(shown)
}

pub(super) fn get(world: &World, form: &Form) -> Result<String, Refusal> {
    let arn = form.required("PolicyArn")?;
    Ok(shown(&world.state.iam, arn, found(world, arn)?))
}

/// A policy has its first version alone here.
pub(super) fn version(world: &World, form: &Form) -> Result<String, Refusal> {
    let arn = form.required("PolicyArn")?;
    let policy = found(world, arn)?;
    let parts = [
        element("Document", &encode(&policy.document)),
        element("VersionId", "v1"),
        element("IsDefaultVersion", "true"),
        element("CreateDate", &dates::iso(policy.created)),
    ];
    Ok(format!("<PolicyVersion>{}</PolicyVersion>", parts.concat()))
}

pub(super) fn delete(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let arn = form.required("PolicyArn")?;
    found(world, arn)?;
    if attached(&world.state.iam, arn) > 0 {
        return Err(Refusal::new(409, "DeleteConflict", "Cannot delete a policy attached to entities."));
    }
    world.state.iam.managed.remove(arn);
    world.dirty = true;
    Ok(())
}

fn found<'w>(world: &'w World, arn: &str) -> Result<&'w Managed, Refusal> {
    let gone = || Refusal::new(404, "NoSuchEntity", format!("Policy {arn} was not found."));
    world.state.iam.managed.get(arn).ok_or_else(gone)
}

fn attached(state: &State, arn: &str) -> usize {
    state.roles.values().filter(|role| role.attached.contains(arn)).count()
}

fn shown(state: &State, arn: &str, policy: &Managed) -> String {
    let parts = [
        element("PolicyName", &policy.name),
        element("PolicyId", &policy.id),
        element("Arn", arn),
        element("Path", "/"),
        element("DefaultVersionId", "v1"),
        element("AttachmentCount", &attached(state, arn).to_string()),
        element("IsAttachable", "true"),
        element("CreateDate", &dates::iso(policy.created)),
        element("UpdateDate", &dates::iso(policy.created)),
    ];
    format!("<Policy>{}</Policy>", parts.concat())
}
