//! Parameters written and deleted, with all that Parameter Store refuses.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::{Parameter, Version, arn, input, invalid, not_found, tags};

const STANDARD_BYTES: usize = 4096;
const ADVANCED_BYTES: usize = 8192;
const STANDARD_PARAMETERS: usize = 10_000;
const VERSIONS_KEPT: usize = 100;
const LEVELS: usize = 15;
/// For the whole ARN.
const NAME_CHARACTERS: usize = 1011;

pub(super) fn put(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let name = input::required(body, "Name", 1, 2048)?;
    let value = input::required(body, "Value", 0, usize::MAX)?;
    let kind = input::text(body, "Type")?;
    let description = input::text(body, "Description")?;
    let pattern = input::text(body, "AllowedPattern")?.filter(|pattern| !pattern.is_empty());
    let overwrite = input::flag(body, "Overwrite");
    if let Some(kind) = kind {
        input::one_of("Type", kind, &["SecureString", "StringList", "String"])?;
    }
    input::sized("Description", description.map_or(0, |text| text.chars().count()), 0, 1024)?;
    input::sized("AllowedPattern", pattern.map_or(0, |text| text.chars().count()), 0, 1024)?;
    let given = tags::checked(input::list(body, "Tags")?)?;
    named_well(world, name)?;
    if overwrite && !given.is_empty() {
        return Err(invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. \
             To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    valued_well(value)?;

    let now = world.now;
    let count = world.parameters().values().filter(|parameter| parameter.tier == "Standard").count();
    let old = world.parameters().get_mut(name);
    if old.is_some() && !overwrite {
        let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(Refusal::new(400, "ParameterAlreadyExists", message));
    }
    let tier = tier(input::text(body, "Tier")?, old.as_ref().map(|old| old.tier.as_str()), value)?;
    let kept = old.as_ref().and_then(|old| old.pattern.clone());
    matching(pattern.map(Into::into).or(kept).as_deref(), value)?;
    if let Some(old) = old {
        if kind.is_some_and(|kind| kind != old.kind) {
            let message = format!("The parameter type of {name} can't be changed from {}. Create a new, unique parameter.", old.kind);
            return Err(Refusal::new(400, "HierarchyTypeMismatchException", message));
        }
        let number = old.versions.last().map_or(1, |version| version.number + 1);
        old.versions.push(Version { number, value: value.into(), modified: now });
        let surplus = old.versions.len().saturating_sub(VERSIONS_KEPT);
        old.versions.drain(..surplus);
        tier.clone_into(&mut old.tier);
        old.description = description.map(Into::into).or(old.description.take());
        old.pattern = pattern.map(Into::into).or(old.pattern.take());
        if let Some(key) = input::text(body, "KeyId")?.filter(|_| old.kind == "SecureString") {
            old.key = Some(key.into());
        }
        world.dirty = true;
        return Ok(json!({ "Version": number, "Tier": tier }));
    }
    let kind = kind.ok_or_else(|| invalid("A parameter type is required when you create a parameter."))?;
    if tier == "Standard" && count >= STANDARD_PARAMETERS {
        let message = "You have exceeded the number of parameters for this AWS account. Delete one or more parameters and try again.";
        return Err(Refusal::new(400, "ParameterLimitExceeded", message));
    }
    let key = input::text(body, "KeyId")?.unwrap_or("alias/aws/ssm");
    let parameter = Parameter {
        kind: kind.into(),
        tier: tier.into(),
        data_type: data_type(body)?,
        description: description.map(Into::into),
        key: (kind == "SecureString").then(|| key.into()),
        pattern: pattern.map(Into::into),
        tags: given,
        versions: vec![Version { number: 1, value: value.into(), modified: now }],
    };
    world.parameters().insert(name.into(), parameter);
    world.dirty = true;
    Ok(json!({ "Version": 1, "Tier": tier }))
}

fn data_type(body: &Value) -> Result<String, Refusal> {
    let given = input::text(body, "DataType")?.unwrap_or("text");
    if matches!(given, "text" | "aws:ec2:image" | "aws:ssm:integration") {
        return Ok(given.into());
    }
    Err(invalid(format!("The following data type is not supported: {given} (Data type names are all lowercase.)")))
}

fn named_well(world: &World, name: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        if name.starts_with('/') {
            return Err(Refusal::new(400, "AccessDeniedException", format!("No access to reserved parameter name: {name}.")));
        }
        return Err(invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    let levels = name.trim_start_matches('/').split('/').count();
    if levels > LEVELS {
        let message = format!("Parameter name has {levels} levels; the most are {LEVELS}.");
        return Err(Refusal::new(400, "HierarchyLevelLimitExceededException", message));
    }
    if !name.chars().all(plain) || name.contains("//") || name.ends_with('/') {
        return Err(invalid(
            "Parameter name: can't be empty. If formed as a path, it can consist of sub-paths divided by slash symbol; \
             each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    if arn(&world.account, &world.region, name).len() > NAME_CHARACTERS {
        return Err(invalid(format!("Parameter name exceeds the maximum of {NAME_CHARACTERS} characters, its ARN included.")));
    }
    Ok(())
}

fn valued_well(value: &str) -> Result<(), Refusal> {
    if value.is_empty() {
        return input::sized("Value", 0, 1, usize::MAX);
    }
    if value.contains("{{") {
        return Err(invalid("Parameter value can't contain another parameter: {{ is not allowed in it."));
    }
    Ok(())
}

/// The tier that the parameter has from now on; there is no way back from the advanced one.
fn tier(given: Option<&str>, old: Option<&str>, value: &str) -> Result<&'static str, Refusal> {
    input::one_of("Tier", given.unwrap_or("Standard"), &["Standard", "Advanced", "Intelligent-Tiering"])?;
    let large = value.len() > STANDARD_BYTES;
    if value.len() > ADVANCED_BYTES {
        let message = format!("Advanced tier parameters support a maximum parameter value of {ADVANCED_BYTES} characters.");
        return Err(invalid(message));
    }
    match (given, old) {
        (Some("Standard"), Some("Advanced")) => Err(invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the \
             standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
        )),
        (Some("Advanced"), _) | (_, Some("Advanced")) => Ok("Advanced"),
        (Some("Intelligent-Tiering"), _) if large => Ok("Advanced"),
        _ if large => Err(invalid(format!(
            "Standard tier parameters support a maximum parameter value of {STANDARD_BYTES} characters. To create a larger parameter value, \
             upgrade the parameter to use the advanced-parameter tier."
        ))),
        _ => Ok("Standard"),
    }
}

fn matching(pattern: Option<&str>, value: &str) -> Result<(), Refusal> {
    let Some(pattern) = pattern else { return Ok(()) };
    let wrong = |_| {
        Refusal::new(
            400,
            "InvalidAllowedPatternException",
            format!("The request does not meet the regular expression requirement: {pattern}"),
        )
    };
    if regex::Regex::new(pattern).map_err(wrong)?.is_match(value) {
        return Ok(());
    }
    let message = format!("Parameter value, cannot be validated against allowedPattern: {pattern}");
    Err(Refusal::new(400, "ParameterPatternMismatchException", message))
}

pub(super) fn delete(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let name = input::required(body, "Name", 1, 2048)?;
    world.parameters().remove(name).ok_or_else(|| not_found(name))?;
    world.dirty = true;
    Ok(json!({}))
}

pub(super) fn delete_many(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let names = input::names(body, "Names", 10)?;
    let (deleted, missing): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| world.parameters().remove(*name).is_some());
    world.dirty |= !deleted.is_empty();
    Ok(json!({ "DeletedParameters": deleted, "InvalidParameters": missing }))
}
