//! Tags as IAM and STS take them: keys are told apart without regard to case.

use super::super::World;
use super::super::protocol::{Refusal, element};
use super::form::{Form, constraint, length, page};
use super::{Tags, roles};

const TAGS_PER_ROLE: usize = 50;

/// Checks the tags of one request.
pub(super) fn checked(given: &[(&str, &str)]) -> Result<Tags, Refusal> {
    if given.len() > TAGS_PER_ROLE {
        return Err(constraint("Tags", "Member must have length less than or equal to 50"));
    }
    let mut tags = Tags::new();
    for (n, (key, value)) in given.iter().enumerate() {
        let field = |part: &str| format!("tags.{}.member.{part}", n + 1);
        length(&field("key"), key, 1, 128)?;
        length(&field("value"), value, 0, 256)?;
        if !allowed(key) {
            return Err(constraint(&field("key"), r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"));
        }
        if !allowed(value) {
            return Err(constraint(&field("value"), r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(Refusal::new(400, "InvalidInput", "Tag keys beginning with 'aws:' are reserved for system use."));
        }
        if tags.insert(key.to_lowercase(), ((*key).into(), (*value).into())).is_some() {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Refusal::new(400, "InvalidInput", message));
        }
    }
    Ok(tags)
}

/// The checked tags of an STS request.
pub(in super::super) fn list(form: &Form) -> Result<Tags, Refusal> {
    checked(&form.tags("Tags"))
}

fn allowed(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c))
}

pub(super) fn tag(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let given = checked(&form.tags("Tags"))?;
    let role = world.state.iam.role_mut(name)?;
    let mut tags = role.tags.clone();
    for (folded, (key, value)) in given {
        // A key that is there keeps the case it was first written in.
        tags.entry(folded).or_insert_with(|| (key, String::new())).1 = value;
    }
    if tags.len() > TAGS_PER_ROLE {
        return Err(roles::quota(&format!("TagsPerRole: {TAGS_PER_ROLE}")));
    }
    role.tags = tags;
    world.dirty = true;
    Ok(())
}

pub(super) fn untag(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let role = world.state.iam.role_mut(name)?;
    for key in form.members("TagKeys") {
        role.tags.remove(&key.to_lowercase());
    }
    world.dirty = true;
    Ok(())
}

pub(super) fn list_role(world: &World, form: &Form) -> Result<String, Refusal> {
    let role = world.state.iam.role(form.name("RoleName", 1, 64)?)?;
    page(form, "Tags", role.tags.iter(), member)
}

pub(super) fn member((key, value): &(String, String)) -> String {
    format!("<member>{}{}</member>", element("Key", key), element("Value", value))
}
