//! Roles themselves: create, read, list, update, delete.

use super::super::World;
use super::super::dates;
use super::super::protocol::{Refusal, element, encode};
use super::form::{Form, constraint, length, page};
use super::{Role, inline, policy, tags, trust};

const ROLES_PER_ACCOUNT: usize = 1000;
const TRUST_SIZE: usize = 2048;

/// What a reply shows of a role; lists show less, and `GetAccountAuthorizationDetails` something else.
#[derive(Clone, Copy, PartialEq)]
enum View {
    Whole,
    Listed,
    Detail,
}

pub(super) fn create(world: &mut World, form: &Form) -> Result<String, Refusal> {
    let name = form.name("RoleName", 1, 64)?.to_owned();
    let path = path(form.get("Path").unwrap_or("/"), "Path")?;
    let trust = form.required("AssumeRolePolicyDocument")?;
    let description = description(form)?;
    let max_session = form.number("MaxSessionDuration", 3600, 43_200)?.unwrap_or(3600);
    let given = tags::checked(&form.tags("Tags"))?;
    let trusted = accepted_trust(world, trust)?;
    if world.state.iam.roles.contains_key(&name.to_lowercase()) {
        return Err(Refusal::new(409, "EntityAlreadyExists", format!("Role with name {name} already exists.")));
    }
    if world.state.iam.roles.len() >= ROLES_PER_ACCOUNT {
        return Err(quota(&format!("RolesPerAccount: {ROLES_PER_ACCOUNT}")));
    }
    let role = Role {
        id: format!("AROA{}", world.id("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)),
        path,
        created: world.now,
        trust: trust.to_owned(),
        trusted,
        description,
        max_session,
        boundary: form.get("PermissionsBoundary").map(Into::into),
        tags: given,
        inline: Default::default(),
        attached: Default::default(),
        name,
    };
    world.dirty = true;
    let shown = shown(world, &role, View::Whole);
    world.state.iam.roles.insert(role.name.to_lowercase(), role);
    Ok(format!("<Role>{shown}</Role>"))
}

pub(super) fn get(world: &World, form: &Form) -> Result<String, Refusal> {
    let role = world.state.iam.role(form.name("RoleName", 1, 64)?)?;
    Ok(format!("<Role>{}</Role>", shown(world, role, View::Whole)))
}

pub(super) fn list(world: &World, form: &Form) -> Result<String, Refusal> {
    let prefix = form.get("PathPrefix").unwrap_or("/");
    if !prefix.starts_with('/') {
        return Err(constraint("PathPrefix", r"Member must satisfy regular expression pattern: \u002F[\u0021-\u007F]*"));
    }
    let roles = world.state.iam.roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
    page(form, "Roles", roles, |role| format!("<member>{}</member>", shown(world, role, View::Listed)))
}

/// The roles of the account with their policies. Users, groups and managed policies the sandbox has none of.
pub(super) fn details(world: &World, form: &Form) -> Result<String, Refusal> {
    let filter = form.members("Filter");
    let known = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    if filter.iter().any(|kind| !known.contains(kind)) {
        return Err(constraint("Filter", "Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]"));
    }
    let asked = filter.is_empty() || filter.contains(&"Role");
    let roles = world.state.iam.roles.iter().filter(|_| asked);
    let roles = page(form, "RoleDetailList", roles, |role| {
        format!("<member>{}{}</member>", shown(world, role, View::Detail), inline::details(role))
    })?;
    Ok(format!("<UserDetailList/><GroupDetailList/>{roles}<Policies/>"))
}

/// Sets what is given. A description that is left out is kept: AWS's documentation leaves it open.
pub(super) fn update(world: &mut World, form: &Form) -> Result<String, Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let description = description(form)?;
    let max_session = form.number("MaxSessionDuration", 3600, 43_200)?;
    let role = world.state.iam.role_mut(name)?;
    if description.is_some() {
        role.description = description;
    }
    role.max_session = max_session.unwrap_or(role.max_session);
    world.dirty = true;
    Ok(String::new())
}

pub(super) fn update_trust(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let document = form.required("PolicyDocument")?;
    world.state.iam.role(name)?;
    let trusted = accepted_trust(world, document)?;
    let role = world.state.iam.role_mut(name)?;
    document.clone_into(&mut role.trust);
    role.trusted = trusted;
    world.dirty = true;
    Ok(())
}

pub(super) fn put_boundary(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let boundary = form.required("PermissionsBoundary")?;
    length("PermissionsBoundary", boundary, 20, 2048)?;
    world.state.iam.role_mut(name)?.boundary = Some(boundary.to_owned());
    world.dirty = true;
    Ok(())
}

pub(super) fn delete_boundary(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let gone = || Refusal::new(404, "NoSuchEntity", format!("Role {name} does not have permission boundary."));
    world.state.iam.role_mut(name)?.boundary.take().ok_or_else(gone)?;
    world.dirty = true;
    Ok(())
}

pub(super) fn delete(world: &mut World, form: &Form) -> Result<(), Refusal> {
    let name = form.name("RoleName", 1, 64)?;
    let role = world.state.iam.role(name)?;
    let conflict = |what: &str| Err(Refusal::new(409, "DeleteConflict", format!("Cannot delete entity, must {what} first.")));
    if !role.attached.is_empty() {
        return conflict("detach all policies");
    }
    if !role.inline.is_empty() {
        return conflict("delete policies");
    }
    world.state.iam.roles.remove(&name.to_lowercase());
    world.dirty = true;
    Ok(())
}

/// Checks a trust policy; gives the roles that it names, with their ids.
fn accepted_trust(world: &World, document: &str) -> Result<std::collections::BTreeMap<String, String>, Refusal> {
    length("PolicyDocument", document, 1, 131_072)?;
    let parsed = policy::checked(document, policy::Place::Trust)?;
    if policy::size(document) > TRUST_SIZE {
        return Err(quota(&format!("ACLSizePerRole: {TRUST_SIZE}")));
    }
    trust::known_principals(world, &parsed).map_err(|arn| {
        let message = format!("Invalid principal in policy: \"AWS\":\"{arn}\"");
        Refusal::new(400, "MalformedPolicyDocument", message)
    })
}

fn shown(world: &World, role: &Role, view: View) -> String {
    let mut xml = [
        element("Path", &role.path),
        element("RoleName", &role.name),
        element("RoleId", &role.id),
        element("Arn", &role.arn(&world.account)),
        element("CreateDate", &dates::iso(role.created)),
        element("AssumeRolePolicyDocument", &encode(&trust::shown(world, role))),
    ]
    .concat();
    if view != View::Detail {
        xml.push_str(&element("MaxSessionDuration", &role.max_session.to_string()));
        xml.extend(role.description.as_ref().map(|d| element("Description", d)));
    }
    if view == View::Detail {
        xml.push_str("<InstanceProfileList/>");
    }
    if view != View::Listed {
        if !role.tags.is_empty() {
            xml.push_str(&format!("<Tags>{}</Tags>", role.tags.values().map(tags::member).collect::<String>()));
        }
        if let Some(boundary) = &role.boundary {
            let arn = element("PermissionsBoundaryArn", boundary);
            xml.push_str(&format!(
                "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>{arn}</PermissionsBoundary>"
            ));
        }
        xml.push_str("<RoleLastUsed></RoleLastUsed>");
    }
    xml
}

fn description(form: &Form) -> Result<Option<String>, Refusal> {
    let Some(text) = form.get("Description") else { return Ok(None) };
    length("Description", text, 0, 1000)?;
    let plain = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if !text.chars().all(plain) {
        let rule = r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
        return Err(constraint("Description", rule));
    }
    Ok(Some(text.into()))
}

fn path(path: &str, field: &str) -> Result<String, Refusal> {
    length(field, path, 1, 512)?;
    let framed = path == "/" || (path.len() > 1 && path.starts_with('/') && path.ends_with('/'));
    if framed && path.chars().all(|c| ('!'..='\u{7f}').contains(&c)) {
        return Ok(path.into());
    }
    Err(constraint(field, r"Member must satisfy regular expression pattern: (\u002F)|(\u002F[\u0021-\u007F]+\u002F)"))
}

pub(super) fn quota(what: &str) -> Refusal {
    Refusal::new(409, "LimitExceeded", format!("Cannot exceed quota for {what}"))
}
