//! The user pool: who may sign in, and the attributes that become a token's claims.
//!
//! Attributes are append-only: one that is no longer declared stays, and none can be changed. UpdateUserPool resets what
//! it leaves out, so what we don't manage is read first and sent back. Creating has no token and names are not unique,
//! so a create looks first, goes out once and looks again (last verified 2026-09).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_cognitoidentityprovider::operation::get_user_pool_mfa_config::GetUserPoolMfaConfigOutput;
use aws_sdk_cognitoidentityprovider::types as sdk;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Found, Kind, Observe, Step, Tags, child};
use crate::address::Address;
use crate::aws::{self, Aws, AwsError, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::manifest::Mfa;
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{LISTS, On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UserPool {
    pub(crate) name: String,
    /// Custom string attributes, without their `custom:`.
    pub(crate) attributes: BTreeMap<String, Attribute>,
    pub(crate) mfa: String,
    pub(crate) password: Password,
    pub(crate) self_sign_up: bool,
    pub(crate) deletion_protection: bool,
    pub(crate) sign_in_with: BTreeSet<String>,
    pub(crate) case_sensitive: bool,
    /// Writes claims into tokens as they are made. One that nobody declares is left alone unless it is a function of this platform.
    pub(crate) pre_token: Option<PreToken>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) mutable: bool,
    pub(crate) max_length: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Password {
    minimum_length: i32,
    every_class_of_characters: bool,
    temporary_days: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreToken {
    pub(crate) lambda: Late<Arn>,
    /// What Cognito sends and understands; from the second on also access tokens get claims.
    version: String,
}

impl PreToken {
    /// For ID and access tokens.
    pub(crate) fn of(lambda: Late<Arn>) -> Self {
        Self { lambda, version: sdk::PreTokenGenerationLambdaVersionType::V20.to_string() }
    }

    fn declared(&self) -> Result<sdk::PreTokenGenerationVersionConfigType> {
        let config = sdk::PreTokenGenerationVersionConfigType::builder().lambda_arn(self.lambda.get()?);
        Ok(config.lambda_version(self.version.as_str().into()).build()?)
    }

    /// The old way of saying it stands for the first version.
    fn read(triggers: sdk::LambdaConfigType) -> Option<Self> {
        let first = sdk::PreTokenGenerationLambdaVersionType::V10.to_string();
        match (triggers.pre_token_generation_config, triggers.pre_token_generation) {
            (Some(config), _) => Some(Self { lambda: Late::known(config.lambda_arn), version: config.lambda_version.to_string() }),
            (None, Some(arn)) => Some(Self { lambda: Late::known(arn), version: first }),
            (None, None) => None,
        }
    }

    /// Whether the function's name is one that this platform gives.
    fn could_be_ours(&self, observe: &Observe<'_>) -> bool {
        self.lambda.get().is_ok_and(|arn| arn.split(':').nth(6).is_some_and(|name| observe.could_be_ours(name)))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) id: String,
    arn: Arn,
    /// The prefix of the hosted pages, which the pool knows.
    pub(crate) domain: Option<String>,
}

impl UserPool {
    pub(crate) const ID: Attr<Self> = Attr::new("id");
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");

    /// A pool that only administrators let people into.
    pub(crate) fn closed(name: String, mfa: Mfa, attributes: BTreeMap<String, Attribute>, tags: BTreeMap<String, String>) -> Self {
        let mfa = match mfa {
            Mfa::Off => "OFF",
            Mfa::Optional => "OPTIONAL",
            Mfa::Required => "ON",
        };
        Self {
            name,
            attributes,
            mfa: mfa.into(),
            password: Password { minimum_length: 12, every_class_of_characters: true, temporary_days: 7 },
            self_sign_up: false,
            deletion_protection: true,
            sign_in_with: ["email".into()].into(),
            case_sensitive: false,
            pre_token: None,
            tags,
        }
    }
}

impl Kind for UserPool {
    const NAME: &'static str = "user_pool";
    const RIGHTS: &'static [Right] = &[
        reads(&["cognito-idp:ListUserPools"], LISTS),
        reads(
            &["cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig"],
            On::These(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
        writes(&["cognito-idp:CreateUserPool"], On::Anything("what is to be made has no name in AWS yet")),
        writes(
            &[
                "cognito-idp:UpdateUserPool",
                "cognito-idp:DeleteUserPool",
                "cognito-idp:AddCustomAttributes",
                "cognito-idp:SetUserPoolMfaConfig",
            ],
            On::Marked(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"]),
        ),
        writes(&["cognito-idp:TagResource"], On::Marking(&["arn:aws:cognito-idp:{r}:{a}:userpool/*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("sign_in_with", "what users sign in with is fixed at creation"), ("case_sensitive", "case sensitivity is fixed at creation")];
    const HOLDS_DATA: bool = true;
    type Output = Output;

    fn impossible(&self, live: &Self) -> Vec<String> {
        let changed =
            self.attributes.iter().filter_map(|(name, wanted)| Some((name, wanted, live.attributes.get(name).filter(|l| *l != wanted)?)));
        changed
            .map(|(name, wanted, live)| {
                let what =
                    |a: &Attribute| format!("{}, at most {} characters", if a.mutable { "changeable" } else { "fixed" }, a.max_length);
                format!("AWS never changes an attribute of a user pool: `{name}` is {} and would have to be {}", what(live), what(wanted))
            })
            .collect()
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|(name, _)| observe.could_be_ours(name));
        let found = each(candidates, |(name, id)| {
            let wanted = wanted.iter().find(|(_, p)| p.name == name);
            async move {
                let named = wanted.map(|(a, _)| a);
                let Some(pool) = describe(observe.aws, &id).await.listed(named)? else { return Ok(None) };
                let tags = Tags::read(pool.user_pool_tags.clone().unwrap_or_default());
                let Some((address, mark)) = observe.whose(&tags, named.cloned()) else { return Ok(None) };
                let Some(mfa) = read_mfa(observe.aws, &id).await.listed(named)? else { return Ok(None) };
                let output = output(&pool);
                let mut spec = Self::read(pool, tags.declared)?;
                spec.mfa = mfa.mfa_configuration.map_or_else(|| "OFF".into(), |m| m.to_string());
                let declared = wanted.is_some_and(|(_, pool)| pool.pre_token.is_some());
                spec.pre_token = spec.pre_token.filter(|trigger| declared || trigger.could_be_ours(observe));
                // AWS removes no attribute; one that is no longer declared is history, not a difference.
                if let Some((_, wanted)) = wanted {
                    spec.attributes.retain(|name, _| wanted.attributes.contains_key(name));
                }
                Ok(Some(Found { address, spec, output, mark }))
            }
        });
        Ok(told_apart(found.await?.into_iter().flatten().collect()))
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        // A create that was begun before, and stopped by a throttle or a lost reply, may have made the pool.
        let pool = match mine(step, &self.name).await? {
            Some(pool) => pool,
            None => self.make(step).await?,
        };
        let output = output(&pool);
        self.set_mfa(step, &output.id).await?;
        Ok(output)
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let id = &live.output.id;
        let new: Vec<_> = self.attributes.iter().filter(|(name, _)| !live.spec.attributes.contains_key(*name)).map(schema).collect();
        if !new.is_empty() {
            self.add_attributes(step, id, new).await?;
        }
        let now = describe(step.aws, id).await?;
        let (sign_in, password) = now.policies.map(|p| (p.sign_in_policy, p.password_policy)).unwrap_or_default();
        let mut triggers = now.lambda_config;
        if self.pre_token.is_some() || live.spec.pre_token.is_some() {
            let all = triggers.get_or_insert_with(|| sdk::LambdaConfigType::builder().build());
            // The old way of saying the same must not contradict.
            all.pre_token_generation = None;
            all.pre_token_generation_config = self.pre_token.as_ref().map(PreToken::declared).transpose()?;
        }
        // Describe shows a member that Update refuses beside the password policy's own.
        let admin = sdk::AdminCreateUserConfigType::builder()
            .allow_admin_create_user_only(!self.self_sign_up)
            .set_invite_message_template(now.admin_create_user_config.and_then(|c| c.invite_message_template))
            .build();
        let update = step
            .aws
            .cognito
            .update_user_pool()
            .user_pool_id(id)
            .pool_name(&self.name)
            .policies(
                sdk::UserPoolPolicyType::builder()
                    .set_sign_in_policy(sign_in)
                    .password_policy(self.password().set_password_history_size(password.and_then(|p| p.password_history_size)).build())
                    .build(),
            )
            .deletion_protection(self.protection())
            .set_lambda_config(triggers)
            .set_auto_verified_attributes(now.auto_verified_attributes)
            .set_sms_verification_message(now.sms_verification_message)
            .set_email_verification_message(now.email_verification_message)
            .set_email_verification_subject(now.email_verification_subject)
            .set_verification_message_template(now.verification_message_template)
            .set_sms_authentication_message(now.sms_authentication_message)
            .set_user_attribute_update_settings(now.user_attribute_update_settings)
            .set_mfa_configuration(now.mfa_configuration)
            .set_device_configuration(now.device_configuration)
            .set_email_configuration(now.email_configuration)
            .set_sms_configuration(now.sms_configuration)
            .set_user_pool_add_ons(now.user_pool_add_ons)
            .set_account_recovery_setting(now.account_recovery_setting)
            .set_user_pool_tier(now.user_pool_tier)
            .set_key_configuration(now.key_configuration)
            .set_issuer_configuration(now.issuer_configuration)
            .set_acr_configuration(now.acr_configuration)
            .admin_create_user_config(admin)
            .set_user_pool_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        update.customize().mutate_request(drop_unused_days).send().await.during(format!("updating user pool `{}`", self.name))?;
        self.set_mfa(step, id).await?;
        Ok(output(&describe(step.aws, id).await?))
    }

    /// Whoever names the pool takes its deletion protection off as well.
    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let id = &live.output.id;
        if describe(step.aws, id).await.missing_is_none()?.is_none() {
            return Ok(());
        }
        if live.spec.deletion_protection {
            let open = Self { deletion_protection: false, ..live.spec.clone() };
            open.update(step, live).await?;
        }
        step.aws
            .cognito
            .delete_user_pool()
            .user_pool_id(id)
            .send()
            .await
            .during(format!("deleting user pool `{}`", live.spec.name))
            .missing_is_none()?;
        Ok(())
    }
}

impl UserPool {
    async fn make(&self, step: &Step<'_>) -> Result<sdk::UserPoolType> {
        let once = aws_sdk_cognitoidentityprovider::config::Builder::new().retry_config(aws::once());
        let create = step
            .aws
            .cognito
            .create_user_pool()
            .pool_name(&self.name)
            .policies(sdk::UserPoolPolicyType::builder().password_policy(self.password().build()).build())
            .deletion_protection(self.protection())
            .auto_verified_attributes(sdk::VerifiedAttributeType::Email)
            .set_username_attributes(Some(self.sign_in_with.iter().map(|a| a.as_str().into()).collect()))
            .username_configuration(sdk::UsernameConfigurationType::builder().case_sensitive(self.case_sensitive).build()?)
            .admin_create_user_config(sdk::AdminCreateUserConfigType::builder().allow_admin_create_user_only(!self.self_sign_up).build())
            .set_lambda_config(self.pre_token.as_ref().map(PreToken::declared).transpose()?.map(triggers))
            .set_schema(Some(self.attributes.iter().map(schema).collect()))
            .set_user_pool_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        let create = create.customize().config_override(once).mutate_request(drop_unused_days);
        match create.send().await.during(format!("creating user pool `{}`", self.name)) {
            Ok(reply) => reply.user_pool.context("AWS says nothing of the new user pool"),
            // The reply is lost; the pool may be there.
            Err(error) if AwsError::of(&error).is_some_and(AwsError::is_ambiguous) => {
                mine(step, &self.name).await?.ok_or_else(|| AwsError::nothing_done(error))
            }
            Err(error) => Err(error),
        }
    }

    fn password(&self) -> sdk::builders::PasswordPolicyTypeBuilder {
        let Password { minimum_length, every_class_of_characters: every, temporary_days } = self.password;
        sdk::PasswordPolicyType::builder()
            .minimum_length(minimum_length)
            .require_lowercase(every)
            .require_uppercase(every)
            .require_numbers(every)
            .require_symbols(every)
            .temporary_password_validity_days(temporary_days)
    }

    /// A lost reply makes AWS refuse the same attributes as existing ones.
    async fn add_attributes(&self, step: &Step<'_>, id: &str, new: Vec<sdk::SchemaAttributeType>) -> Result<()> {
        let add = step.aws.cognito.add_custom_attributes().user_pool_id(id).set_custom_attributes(Some(new));
        match add.send().await.during(format!("adding attributes to user pool `{}`", self.name)) {
            Ok(_) => Ok(()),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "InvalidParameterException") => {
                let live = Self::read(describe(step.aws, id).await?, BTreeMap::new())?.attributes;
                if self.attributes.iter().all(|(name, wanted)| live.get(name) == Some(wanted)) { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    fn protection(&self) -> sdk::DeletionProtectionType {
        if self.deletion_protection { sdk::DeletionProtectionType::Active } else { sdk::DeletionProtectionType::Inactive }
    }

    /// MFA has an operation of its own, which wants a factor for anything but off, takes none beside off, and forgets the
    /// factors that it is not sent.
    async fn set_mfa(&self, step: &Step<'_>, id: &str) -> Result<()> {
        let now = read_mfa(step.aws, id).await?;
        let on = self.mfa != "OFF";
        let app = on.then(|| sdk::SoftwareTokenMfaConfigType::builder().enabled(true).build());
        let set = step.aws.cognito.set_user_pool_mfa_config().user_pool_id(id).set_software_token_mfa_configuration(app);
        let set = set
            .set_sms_mfa_configuration(now.sms_mfa_configuration.filter(|_| on))
            .set_email_mfa_configuration(now.email_mfa_configuration.filter(|_| on))
            .set_web_authn_configuration(now.web_authn_configuration);
        set.mfa_configuration(self.mfa.as_str().into()).send().await.during(format!("setting the MFA of user pool `{}`", self.name))?;
        Ok(())
    }

    fn read(pool: sdk::UserPoolType, tags: BTreeMap<String, String>) -> Result<Self> {
        let attributes = pool.schema_attributes.unwrap_or_default().into_iter().filter_map(|a| {
            let name = a.name?.strip_prefix("custom:")?.to_owned();
            let longest = a.string_attribute_constraints.and_then(|c| c.max_length).and_then(|m| m.parse().ok());
            Some((name, Attribute { mutable: a.mutable.unwrap_or(true), max_length: longest.unwrap_or_default() }))
        });
        let pre_token = pool.lambda_config.and_then(PreToken::read);
        let password = pool.policies.and_then(|p| p.password_policy);
        let every = |p: &sdk::PasswordPolicyType| p.require_lowercase && p.require_uppercase && p.require_numbers && p.require_symbols;
        Ok(Self {
            name: pool.name.unwrap_or_default(),
            attributes: attributes.collect(),
            mfa: String::new(),
            password: Password {
                minimum_length: password.as_ref().and_then(|p| p.minimum_length).unwrap_or_default(),
                every_class_of_characters: password.as_ref().is_some_and(every),
                temporary_days: password.map(|p| p.temporary_password_validity_days).unwrap_or_default(),
            },
            self_sign_up: !pool.admin_create_user_config.is_some_and(|c| c.allow_admin_create_user_only),
            deletion_protection: pool.deletion_protection == Some(sdk::DeletionProtectionType::Active),
            sign_in_with: pool.username_attributes.unwrap_or_default().iter().map(ToString::to_string).collect(),
            case_sensitive: pool.username_configuration.is_none_or(|c| c.case_sensitive),
            pre_token,
            tags,
        })
    }
}

/// The SDK always sends this old member, as 0; AWS refuses it beside the password policy's own.
fn drop_unused_days(request: &mut HttpRequest) {
    let Some(mut body) = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()) else { return };
    if let Some(admin) = body.pointer_mut("/AdminCreateUserConfig").and_then(Value::as_object_mut) {
        admin.remove("UnusedAccountValidityDays");
    }
    let text = body.to_string();
    request.headers_mut().insert("content-length", text.len().to_string());
    *request.body_mut() = SdkBody::from(text);
}

fn triggers(pre_token: sdk::PreTokenGenerationVersionConfigType) -> sdk::LambdaConfigType {
    sdk::LambdaConfigType::builder().pre_token_generation_config(pre_token).build()
}

fn schema((name, attribute): (&String, &Attribute)) -> sdk::SchemaAttributeType {
    let length = sdk::StringAttributeConstraintsType::builder().min_length("0").max_length(attribute.max_length.to_string()).build();
    sdk::SchemaAttributeType::builder()
        .name(name)
        .attribute_data_type(sdk::AttributeDataType::String)
        .mutable(attribute.mutable)
        .required(false)
        .string_attribute_constraints(length)
        .build()
}

fn output(pool: &sdk::UserPoolType) -> Output {
    Output { id: pool.id.clone().unwrap_or_default(), arn: Arn::new(pool.arn.clone().unwrap_or_default()), domain: pool.domain.clone() }
}

/// Two pools of one address: a lost reply made the younger. The older keeps the address; the other goes by its id.
fn told_apart(pools: Vec<Found<UserPool>>) -> Vec<Found<UserPool>> {
    let mut seen: BTreeSet<Address> = BTreeSet::new();
    let (ours, others): (Vec<_>, Vec<_>) = pools.into_iter().partition(|p| p.mark.is_ours());
    let mut found = Vec::new();
    for mut pool in ours {
        if !seen.insert(pool.address.clone()) {
            pool.address = child(UserPool::NAME, pool.address.owner(), &pool.output.id);
        }
        found.push(pool);
    }
    // Names are not unique: beside a pool of ours, somebody else's of the same name is in nobody's way.
    found.extend(others.into_iter().filter(|pool| seen.insert(pool.address.clone())));
    found
}

/// The pools below which clients and the rest are looked for: not a twin, in which there is nothing of ours.
pub(super) fn parents(observe: &Observe<'_>) -> Vec<(Address, Output)> {
    observe.above::<UserPool>().into_iter().filter(|(address, pool)| address.label() != pool.id).collect()
}

/// Names and ids, the oldest first.
async fn list(aws: &Aws) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut pages = aws.cognito.list_user_pools().max_results(60).into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.during("listing user pools")?.user_pools.unwrap_or_default());
    }
    all.sort_by(|a, b| (a.creation_date, &a.id).cmp(&(b.creation_date, &b.id)));
    Ok(all.into_iter().filter_map(|p| Some((p.name?, p.id?))).collect())
}

async fn read_mfa(aws: &Aws, id: &str) -> Result<GetUserPoolMfaConfigOutput> {
    aws.cognito.get_user_pool_mfa_config().user_pool_id(id).send().await.during(format!("reading the MFA of user pool `{id}`"))
}

async fn describe(aws: &Aws, id: &str) -> Result<sdk::UserPoolType> {
    let reply = aws.cognito.describe_user_pool().user_pool_id(id).send().await.during(format!("reading user pool `{id}`"))?;
    reply.user_pool.with_context(|| format!("AWS says nothing of user pool `{id}`"))
}

/// The pool of our name that carries exactly our mark.
async fn mine(step: &Step<'_>, name: &str) -> Result<Option<sdk::UserPoolType>> {
    for (_, id) in list(step.aws).await?.into_iter().filter(|(n, _)| n == name) {
        let Some(pool) = describe(step.aws, &id).await.missing_is_none()? else { continue };
        if Tags::read(pool.user_pool_tags.clone().unwrap_or_default()).is(&step.mark) {
            return Ok(Some(pool));
        }
    }
    Ok(None)
}
