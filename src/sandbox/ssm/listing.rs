//! The two listings: values below a path, and descriptions without values.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::Refusal;
use super::{Parameter, arn, filters, input, invalid, shown};

pub(super) fn by_path(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let path = input::required(body, "Path", 1, 2048)?;
    if !path.starts_with('/') {
        return Err(invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
        ));
    }
    let filters = filters::read(body, &["Type", "KeyId", "Label"])?;
    let (recursive, decrypt) = (input::flag(body, "Recursive"), input::flag(body, "WithDecryption"));
    let (account, region) = (world.account.clone(), world.region.clone());
    page(
        world,
        body,
        10,
        |name, parameter| filters::below(name, path, recursive) && filters.iter().all(|filter| filter.admits(name, parameter)),
        |name, parameter| Some(shown(parameter, parameter.versions.last()?, name, &arn(&account, &region, name), decrypt)),
    )
}

pub(super) fn describe(world: &mut World, body: &Value) -> Result<Value, Refusal> {
    let filters = filters::read(body, &["Path", "Name", "Type", "KeyId", "Tier", "DataType", "tag"])?;
    let (account, region) = (world.account.clone(), world.region.clone());
    let user = super::super::iam::sandbox_caller(&account);
    page(
        world,
        body,
        50,
        |name, parameter| filters.iter().all(|filter| filter.admits(name, parameter)),
        |name, parameter| {
            let newest = parameter.versions.last()?;
            let mut metadata = json!({
                "Name": name,
                "ARN": arn(&account, &region, name),
                "Type": parameter.kind,
                "LastModifiedDate": newest.modified,
                "LastModifiedUser": user,
                "Version": newest.number,
                "Tier": parameter.tier,
                "Policies": [],
                "DataType": parameter.data_type,
            });
            let given = [("Description", &parameter.description), ("KeyId", &parameter.key), ("AllowedPattern", &parameter.pattern)];
            let members = metadata.as_object_mut()?;
            members.extend(given.into_iter().filter_map(|(member, value)| Some((member.into(), value.clone()?.into()))));
            Some(metadata)
        },
    )
}

/// One page in the order of names; its token is the last name that it shows.
fn page(
    world: &mut World,
    body: &Value,
    most: usize,
    admits: impl Fn(&str, &Parameter) -> bool,
    show: impl Fn(&str, &Parameter) -> Option<Value>,
) -> Result<Value, Refusal> {
    let size = input::page_size(body, most)?;
    let after = input::text(body, "NextToken")?.filter(|token| !token.is_empty()).map(opened).transpose()?;
    let parameters = world.parameters().iter().filter(|(name, _)| after.as_ref().is_none_or(|after| *name > after));
    let mut found = parameters.filter(|(name, parameter)| admits(name, parameter));
    let page: Vec<_> = found.by_ref().take(size).collect();
    let values: Vec<Value> = page.iter().filter_map(|(name, parameter)| show(name, parameter)).collect();
    let mut reply = json!({ "Parameters": values });
    if let (Some(_), Some((last, _)), Some(members)) = (found.next(), page.last(), reply.as_object_mut()) {
        members.insert("NextToken".into(), BASE64_STANDARD.encode(last).into());
    }
    Ok(reply)
}

fn opened(token: &str) -> Result<String, Refusal> {
    let name = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| Refusal::new(400, "InvalidNextToken", "The specified token isn't valid."))
}
