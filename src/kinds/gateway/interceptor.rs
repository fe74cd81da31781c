//! What a gateway asks before a call reaches a tool: one Lambda, which sees the request with its headers.
//!
//! What others have set for responses stays as it is. An update resets interceptors that it leaves out, and AWS takes no
//! empty list of them (last verified 2026-09).

use anyhow::Result;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde::{Deserialize, Serialize};

use crate::late::Late;
use crate::names::Arn;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interceptor {
    pub(crate) lambda: Late<Arn>,
    /// Among them the caller's token, without which it could tell nobody apart.
    pub(crate) request_headers: Headers,
}

/// Whether the interceptor sees the request's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Headers {
    PassedOn,
    /// AWS's default; never declared.
    KeptBack,
}

type All = Option<Vec<sdk::GatewayInterceptorConfiguration>>;

impl Interceptor {
    pub(crate) fn of(lambda: Late<Arn>) -> Self {
        Self { lambda, request_headers: Headers::PassedOn }
    }

    /// The one for requests.
    pub(super) fn read(live: All) -> Option<Self> {
        let own = live.into_iter().flatten().find(on_requests)?;
        let passed = own.input_configuration.is_some_and(|input| input.pass_request_headers);
        let lambda = match own.interceptor {
            Some(sdk::InterceptorConfiguration::Lambda(lambda)) => lambda.arn,
            // One of a sort that is newer than this tool is there all the same.
            _ => String::new(),
        };
        Some(Self { lambda: Late::known(lambda), request_headers: if passed { Headers::PassedOn } else { Headers::KeptBack } })
    }

    /// What to send: ours, and beside it what others have set for responses.
    pub(super) fn beside(wanted: Option<&Self>, live: All) -> Result<All> {
        let mut all: Vec<sdk::GatewayInterceptorConfiguration> = live.unwrap_or_default();
        for other in &mut all {
            other.interception_points.retain(|point| *point != sdk::GatewayInterceptionPoint::Request);
        }
        all.retain(|other| !other.interception_points.is_empty());
        all.extend(wanted.map(Self::declared).transpose()?);
        Ok((!all.is_empty()).then_some(all))
    }

    fn declared(&self) -> Result<sdk::GatewayInterceptorConfiguration> {
        let lambda = sdk::LambdaInterceptorConfiguration::builder().arn(self.lambda.get()?).build()?;
        let input =
            sdk::InterceptorInputConfiguration::builder().pass_request_headers(self.request_headers == Headers::PassedOn).build()?;
        Ok(sdk::GatewayInterceptorConfiguration::builder()
            .interceptor(sdk::InterceptorConfiguration::Lambda(lambda))
            .interception_points(sdk::GatewayInterceptionPoint::Request)
            .input_configuration(input)
            .build()?)
    }
}

fn on_requests(interceptor: &sdk::GatewayInterceptorConfiguration) -> bool {
    interceptor.interception_points.contains(&sdk::GatewayInterceptionPoint::Request)
}
