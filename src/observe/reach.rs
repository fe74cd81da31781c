//! Whether every service answers: one cheap read each, all at once, none for longer than a person waits.

use std::time::Duration;

use anyhow::Result;
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt as _, TryFutureExt as _};

use crate::aws::{Aws, AwsError, Class, During as _};

/// How long a service may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of the read of one service.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) service: &'static str,
    /// Why it gave no answer; a refusal is an answer.
    pub(crate) silent: Option<anyhow::Error>,
}

/// Asks every service that a platform uses.
pub(crate) async fn reach(aws: &Aws) -> Vec<Reached> {
    join_all(reads(aws).into_iter().map(|(service, read)| async move {
        let silent = match tokio::time::timeout(PATIENCE, read).await {
            Ok(Err(error)) if is_silence(&error) => Some(error),
            Ok(_) => None,
            Err(_) => Some(AwsError::unreachable(format!("no answer in {} s", PATIENCE.as_secs())).into()),
        };
        Reached { service, silent }
    }))
    .await
}

fn is_silence(error: &anyhow::Error) -> bool {
    AwsError::of(error).is_none_or(|e| matches!(e.class, Class::Unreachable | Class::Failed | Class::Credentials))
}

fn reads(aws: &Aws) -> Vec<(&'static str, BoxFuture<'_, Result<()>>)> {
    macro_rules! read {
        ($service:literal, $send:expr) => {
            ($service, async { $send.send().await.during(concat!("asking ", $service)).map(drop) }.boxed())
        };
    }
    vec![
        read!("bedrock-agentcore", aws.agentcore.list_gateways().max_results(1)),
        read!("apigateway", aws.apigateway.get_rest_apis().limit(1)),
        read!("bedrock", aws.bedrock.list_guardrails().max_results(1)),
        read!("bedrock-agent", aws.bedrock_agent.list_knowledge_bases().max_results(1)),
        read!("cognito-idp", aws.cognito.list_user_pools().max_results(1)),
        read!("dynamodb", aws.dynamodb.list_tables().limit(1)),
        read!("iam", aws.iam.list_roles().max_items(1)),
        read!("kms", aws.kms.list_aliases().limit(1)),
        read!("lambda", aws.lambda.list_functions().max_items(1)),
        read!("logs", aws.logs.describe_log_groups().limit(1)),
        read!("s3", aws.s3.list_buckets()),
        read!("s3vectors", aws.s3vectors.list_vector_buckets().max_results(1)),
        read!("ssm", aws.ssm.describe_parameters().max_results(1)),
        read!("xray", aws.xray.get_trace_segment_destination()),
        ("bedrock-mantle", aws.projects.list().map_ok(drop).boxed()),
        ("agent-registry", aws.registries.list().map_ok(drop).boxed()),
    ]
}
