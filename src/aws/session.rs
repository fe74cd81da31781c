//! One identity's clients, to act as a role of the platform: only `verify --live` does.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::memories;
use super::{Aws, During as _};

/// Whoever the credentials are of.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) memories: memories::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    sts: aws_sdk_sts::Client,
    config: SdkConfig,
    sandboxed: bool,
}

impl Aws {
    /// The operator's own.
    pub(crate) fn own_session(&self) -> Session {
        Session::of(self.config.clone(), self.sandbox.is_some())
    }
}

impl Session {
    fn of(config: SdkConfig, sandboxed: bool) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            memories: memories::Client::new(&config, sandboxed),
            s3: aws_sdk_s3::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            config,
            sandboxed,
        }
    }

    /// A session of a role, whose tags go on to further ones.
    pub(crate) async fn take_on(&self, role: &str, name: &str, tags: &BTreeMap<&str, &str>) -> Result<Self> {
        let mut assume = self.sts.assume_role().role_arn(role).role_session_name(name).duration_seconds(900);
        for (key, value) in tags {
            assume = assume.tags(aws_sdk_sts::types::Tag::builder().key(*key).value(*value).build()?).transitive_tag_keys(*key);
        }
        let taking = format!("taking on role `{role}`");
        let reply = assume.send().await.during(taking.clone())?;
        let given = reply.credentials().with_context(|| taking)?;
        let (key, secret, token) = (given.access_key_id(), given.secret_access_key(), given.session_token().to_owned());
        let credentials = Credentials::new(key, secret, Some(token), None, "a role of the platform");
        let config = self.config.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        Ok(Self::of(config, self.sandboxed))
    }
}
