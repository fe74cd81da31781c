//! The AWS clients, all from one configuration and all through one counted transport.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::region::Region as SdkRegion;

use crate::names::{AccountId, Region};
use crate::sandbox::Sandbox;

mod error;
mod in_process;
mod memories;
mod meter;
pub(crate) mod projects;
pub(crate) mod registries;
mod session;
pub(crate) mod settle;
mod signed;

pub(crate) use error::{AwsError, Class, During, Tolerate};
pub(crate) use memories::Place;
pub(crate) use meter::Calls;
pub(crate) use session::Session;

/// Every client that a kind may use.
#[derive(Debug)]
pub(crate) struct Aws {
    pub(crate) agentcore: aws_sdk_bedrockagentcorecontrol::Client,
    pub(crate) apigateway: aws_sdk_apigateway::Client,
    pub(crate) bedrock: aws_sdk_bedrock::Client,
    pub(crate) bedrock_agent: aws_sdk_bedrockagent::Client,
    pub(crate) cognito: aws_sdk_cognitoidentityprovider::Client,
    pub(crate) costs: aws_sdk_costexplorer::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) projects: projects::Client,
    pub(crate) registries: registries::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) s3vectors: aws_sdk_s3vectors::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    sts: aws_sdk_sts::Client,
    pub(crate) xray: aws_sdk_xray::Client,
    calls: Arc<Calls>,
    config: SdkConfig,
    sandbox: Option<Arc<Sandbox>>,
}

/// Who the credentials belong to.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
}

impl Aws {
    /// AWS itself, or whatever `AWS_ENDPOINT_URL` points to.
    pub(crate) async fn connect(region: &Region, profile: Option<&str>) -> Self {
        let calls = Arc::new(Calls::default());
        let http = meter::metered(in_process::https(), Arc::clone(&calls));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(SdkRegion::new(region.to_string()))
            .http_client(http.clone())
            .retry_config(retries())
            .timeout_config(timeouts());
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        let registries = registries::Client::new(&config, http.clone());
        Self::from(&config, projects::Client::new(&config, http), registries, calls, None)
    }

    /// The sandbox, in this process: no port, no network, no account.
    pub(crate) fn sandbox(sandbox: Arc<Sandbox>, region: &Region) -> Self {
        let calls = Arc::new(Calls::default());
        let http = meter::metered(in_process::sandboxed(Arc::clone(&sandbox)), Arc::clone(&calls));
        let credentials = Credentials::new("AKIASANDBOX", "sandbox", None, None, "sandbox");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new(region.to_string()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http.clone())
            .retry_config(retries())
            .timeout_config(timeouts())
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
            .build();
        let registries = registries::Client::sandboxed(&config, http.clone());
        Self::from(&config, projects::Client::sandboxed(&config, http), registries, calls, Some(sandbox))
    }

    fn from(
        config: &SdkConfig,
        projects: projects::Client,
        registries: registries::Client,
        calls: Arc<Calls>,
        sandbox: Option<Arc<Sandbox>>,
    ) -> Self {
        Self {
            agentcore: aws_sdk_bedrockagentcorecontrol::Client::new(config),
            apigateway: apigateway(config),
            bedrock: aws_sdk_bedrock::Client::new(config),
            bedrock_agent: aws_sdk_bedrockagent::Client::new(config),
            cognito: aws_sdk_cognitoidentityprovider::Client::new(config),
            costs: aws_sdk_costexplorer::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            projects,
            registries,
            s3: aws_sdk_s3::Client::new(config),
            s3vectors: aws_sdk_s3vectors::Client::new(config),
            ssm: aws_sdk_ssm::Client::new(config),
            sts: aws_sdk_sts::Client::new(config),
            xray: aws_sdk_xray::Client::new(config),
            calls,
            config: config.clone(),
            sandbox,
        }
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Whom AWS takes us for: the first call of every command, and the guard against the wrong account.
    pub(crate) async fn caller(&self) -> Result<Caller> {
        // Three attempts: an endpoint that can't be reached should be said within seconds.
        let retry = aws_sdk_sts::config::Builder::new().retry_config(aws_config::retry::RetryConfig::standard());
        let reply = self.sts.get_caller_identity().customize().config_override(retry).send().await.during("asking AWS who we are")?;
        let account = reply.account().context("AWS did not say which account the credentials belong to")?;
        Ok(Caller { account: account.parse()?, arn: reply.arn().unwrap_or_default().to_owned() })
    }

    /// Writes the sandbox to its file; nothing for AWS itself.
    pub(crate) fn save(&self) -> Result<()> {
        self.sandbox.as_ref().map_or(Ok(()), |s| s.save_now())
    }
}

/// Throttled control planes (SSM writes at 3 a second) need patience rather than an error.
fn retries() -> aws_config::retry::RetryConfig {
    aws_config::retry::RetryConfig::standard()
        .with_max_attempts(9)
        .with_initial_backoff(Duration::from_millis(250))
        .with_max_backoff(Duration::from_secs(10))
}

/// API Gateway's rates are so low (20 seconds between two changes of usage plans) that the SDK's budget for retries, which all
/// calls to a service share, would run dry; attempts are bounded all the same.
fn apigateway(config: &SdkConfig) -> aws_sdk_apigateway::Client {
    use aws_sdk_apigateway::config::retry::{RetryPartition, TokenBucket};
    let partition = RetryPartition::custom("apigateway").token_bucket(TokenBucket::unlimited()).build();
    aws_sdk_apigateway::Client::from_conf(aws_sdk_apigateway::config::Builder::from(config).retry_partition(partition).build())
}

/// The SDK's default has no read timeout: a hung socket would hang the command.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(Duration::from_secs(60)).build()
}

/// For packed code: its quarter of a gigabyte takes minutes on a slow line.
pub(crate) fn upload() -> TimeoutConfig {
    timeouts().to_builder().operation_attempt_timeout(Duration::from_secs(15 * 60)).build()
}

/// One attempt and no more: for creates that AWS would carry out twice when a reply is lost.
pub(crate) fn once() -> aws_config::retry::RetryConfig {
    aws_config::retry::RetryConfig::disabled()
}
