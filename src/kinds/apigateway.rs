//! What the kinds of API Gateway share: tags, patches, and the one attempt of a create.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use aws_sdk_apigateway::types::{Op, PatchOperation};

use super::{Step, Tags};
use crate::aws::{self, During as _};
use crate::rights::On;

/// What of API Gateway is ours to touch: never its domains, VPC links, certificates or the account's settings. Ids are AWS's choice.
pub(super) const RESOURCES: On = On::These(&[
    "arn:aws:apigateway:{r}::/restapis",
    "arn:aws:apigateway:{r}::/restapis/*",
    "arn:aws:apigateway:{r}::/apikeys",
    "arn:aws:apigateway:{r}::/apikeys/*",
    "arn:aws:apigateway:{r}::/usageplans",
    "arn:aws:apigateway:{r}::/usageplans/*",
    "arn:aws:apigateway:{r}::/tags/*",
]);

/// Most items of a page.
pub(super) const PAGE: i32 = 500;

/// For creates: names are not unique here and there are no tokens, so the SDK's own second attempt would make a twin.
pub(super) fn once() -> aws_sdk_apigateway::config::Builder {
    aws_sdk_apigateway::config::Builder::new().retry_config(aws::once())
}

pub(super) fn read_tags(tags: Option<HashMap<String, String>>) -> Tags {
    Tags::read(tags.unwrap_or_default())
}

pub(super) fn replace(path: &str, value: impl Into<String>) -> PatchOperation {
    operation(Op::Replace, path, Some(value.into()))
}

pub(super) fn add(path: &str, value: impl Into<String>) -> PatchOperation {
    operation(Op::Add, path, Some(value.into()))
}

pub(super) fn remove(path: &str, value: Option<&str>) -> PatchOperation {
    operation(Op::Remove, path, value.map(Into::into))
}

fn operation(op: Op, path: &str, value: Option<String>) -> PatchOperation {
    PatchOperation::builder().op(op).path(path).set_value(value).build()
}

/// Writes the mark and the declared tags, and takes away those that are no longer declared. `resource` is a path such as
/// `/restapis/abc`: API Gateway's ARNs name no account.
pub(super) async fn retag(
    step: &Step<'_>,
    resource: &str,
    tags: &BTreeMap<String, String>,
    before: &BTreeMap<String, String>,
) -> Result<()> {
    let arn = format!("arn:aws:apigateway:{}::{resource}", step.names.region);
    let gone: Vec<String> = before.keys().filter(|key| !tags.contains_key(*key)).cloned().collect();
    if !gone.is_empty() {
        let untag = step.aws.apigateway.untag_resource().resource_arn(&arn).set_tag_keys(Some(gone));
        untag.send().await.during(format!("removing tags of `{resource}`"))?;
    }
    let tag = step.aws.apigateway.tag_resource().resource_arn(arn).set_tags(Some(step.mark.with(tags).into_iter().collect()));
    tag.send().await.during(format!("tagging `{resource}`"))?;
    Ok(())
}
