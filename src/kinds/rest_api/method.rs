//! One method of a REST API: who may call it, and the Lambda behind it.

use std::collections::BTreeSet;

use anyhow::Result;
use aws_sdk_apigateway::types as sdk;
use serde::{Deserialize, Serialize};

use super::super::Step;
use crate::aws::{AwsError, Class, During as _};
use crate::late::Late;
use crate::names::Arn;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Method {
    key_required: bool,
    authorization: String,
    integration: String,
    /// Of another sort of integration: whatever stands behind it.
    pub(crate) lambda: Late<Arn>,
    timeout_millis: i32,
    /// Settings that are never declared.
    others: BTreeSet<String>,
}

const PROXY: &str = "AWS_PROXY";
const NO_AUTHORIZER: &str = "NONE";
/// API Gateway's own bound for a regional API, unless support has raised it.
const TIMEOUT_MILLIS: i32 = 29_000;
/// Around a function's ARN in the address of its integration.
const INVOKE: (&str, &str) = (":lambda:path/2015-03-31/functions/", "/invocations");

impl Method {
    /// A call needs a key; the Lambda gets the request as it is, and judges the caller's token itself.
    pub(crate) fn proxy(lambda: Late<Arn>) -> Self {
        Self {
            key_required: true,
            authorization: NO_AUTHORIZER.into(),
            integration: PROXY.into(),
            lambda,
            timeout_millis: TIMEOUT_MILLIS,
            others: BTreeSet::new(),
        }
    }

    pub(super) fn read(method: &sdk::Method) -> Self {
        let integration = method.method_integration();
        let uri = integration.and_then(sdk::Integration::uri).unwrap_or_default();
        let lambda = uri.split_once(INVOKE.0).and_then(|(_, rest)| rest.strip_suffix(INVOKE.1)).unwrap_or(uri);
        let others = [
            ("authorizer", method.authorizer_id.is_some()),
            ("request_validator", method.request_validator_id.is_some()),
            ("request_parameters", method.request_parameters.as_ref().is_some_and(|p| !p.is_empty())),
            ("connection", integration.is_some_and(|i| i.connection_id.is_some())),
            ("credentials", integration.is_some_and(|i| i.credentials.is_some())),
            ("integration_parameters", integration.and_then(|i| i.request_parameters.as_ref()).is_some_and(|p| !p.is_empty())),
            ("integration_verb", integration.is_some_and(|i| i.http_method() != Some("POST"))),
        ];
        Self {
            key_required: method.api_key_required.unwrap_or_default(),
            authorization: method.authorization_type.clone().unwrap_or_default(),
            integration: integration.and_then(sdk::Integration::r#type).map_or("", |sort| sort.as_str()).into(),
            lambda: Late::known(lambda),
            timeout_millis: integration.map_or(0, |i| i.timeout_in_millis),
            others: others.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// Puts the method where there is none.
    pub(super) async fn put(&self, step: &Step<'_>, (api, resource, verb): (&str, &str, &str)) -> Result<()> {
        let client = &step.aws.apigateway;
        let method = client
            .put_method()
            .rest_api_id(api)
            .resource_id(resource)
            .http_method(verb)
            .authorization_type(&self.authorization)
            .api_key_required(self.key_required);
        match method.send().await.during(format!("putting method `{verb}` of REST API `{api}`")) {
            // A lost reply: the one before was removed, so what is there is ours.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {}
            other => drop(other?),
        }
        let uri = format!("arn:aws:apigateway:{}{}{}{}", step.names.region, INVOKE.0, self.lambda.get()?, INVOKE.1);
        let integration = client
            .put_integration()
            .rest_api_id(api)
            .resource_id(resource)
            .http_method(verb)
            .r#type(sdk::IntegrationType::AwsProxy)
            // A function is called with POST, whatever the caller's verb.
            .integration_http_method("POST")
            .uri(uri)
            .timeout_in_millis(self.timeout_millis);
        integration.send().await.during(format!("connecting method `{verb}` of REST API `{api}` to its Lambda"))?;
        Ok(())
    }
}
