//! A Lambda function of our own: its configuration, and its code by the digest of the zip.
//!
//! AWS never says where the code came from, only the SHA-256 of the zip, so our object's key, which is that digest, is read
//! off it. An update keeps what it leaves out, and is refused while another one is under way (last verified 2026-09).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types as sdk;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};

use super::condition::{Condition, FAILED};
use super::{Found, Kind, Object, Observe, Step, Tags};
use crate::aws::settle::{self, Namesake, Settles, Status};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::{Attr, Late};
use crate::names::{Arn, Names};
use crate::observe::each;
use crate::rights::{LISTS, On, Right, passes, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) role: Late<Arn>,
    /// `python3.13`
    pub(crate) python: String,
    pub(crate) handler: String,
    pub(crate) memory_mb: u32,
    pub(crate) timeout_seconds: u32,
    pub(crate) environment: BTreeMap<String, Late>,
    pub(crate) code: FunctionCode,
    /// Code that others put beside ours, which would run with our role: none is declared, ever.
    pub(crate) layers: BTreeSet<String>,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(crate) condition: Condition,
}

/// The object that holds the zip, under `Object::platform_key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionCode {
    pub(crate) bucket: Late,
    pub(crate) key: Late,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) arn: Arn,
    pub(crate) name: String,
}

impl Function {
    pub(crate) const ARN: Attr<Self, Arn> = Attr::new("arn");
    /// The name again, so that what belongs to the function waits for it.
    pub(crate) const FUNCTION: Attr<Self> = Attr::new("name");
}

impl Kind for Function {
    const NAME: &'static str = "function";
    const RIGHTS: &'static [Right] = &[
        reads(&["lambda:ListFunctions"], LISTS),
        reads(&["lambda:GetFunction"], On::These(&["arn:aws:lambda:{r}:{a}:function:{p}-*"])),
        writes(
            &[
                "lambda:CreateFunction",
                "lambda:DeleteFunction",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
                "lambda:TagResource",
                "lambda:UntagResource",
            ],
            On::These(&["arn:aws:lambda:{r}:{a}:function:{p}-*"]),
        ),
        writes(&["s3:GetObject"], On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}/artifacts/*"])),
        passes(&["lambda.amazonaws.com"]),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("name", "a function can't be renamed"), FAILED];
    type Output = Output;

    fn known(&self, names: &Names) -> Vec<(&'static str, String)> {
        vec![("arn", names.function_arn(&self.name).to_string()), ("name", self.name.clone())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let candidates = list(observe.aws).await?.into_iter().filter(|name| observe.could_be_ours(name));
        let found = each(candidates, |name| {
            let wanted = wanted.iter().find(|(_, f)| f.name == name).map(|(a, _)| a.clone());
            async move {
                let Some(mut live) = Observe::details(get(observe.aws, &name).await, wanted.as_ref())? else { return Ok(None) };
                let tags = Tags::read(live.tags.take().unwrap_or_default());
                let Some((address, mark)) = observe.whose(&tags, wanted) else { return Ok(None) };
                let arn = Arn::new(configuration(&live)?.function_arn().unwrap_or_default());
                let spec = Self::read(live, observe.names, tags.declared)?;
                Ok(Some(Found { address, spec, output: Output { arn, name }, mark }))
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let code = sdk::FunctionCode::builder().s3_bucket(self.code.bucket.get()?).s3_key(self.code.key.get()?);
        let create = step
            .aws
            .lambda
            .create_function()
            .function_name(&self.name)
            .set_description(self.description.clone())
            .role(self.role.get()?)
            .runtime(sdk::Runtime::from(self.python.as_str()))
            .handler(&self.handler)
            .memory_size(i32::try_from(self.memory_mb)?)
            .timeout(i32::try_from(self.timeout_seconds)?)
            .environment(self.variables()?)
            .code(code.build())
            .set_tags(Some(step.mark.with(&self.tags).into_iter().collect()));
        // There is no token: a name is taken once and no more.
        let send = |_| {
            let create = create.clone();
            async {
                create.send().await.during(format!("creating function `{}`", self.name))?;
                Ok(self.name.clone())
            }
        };
        let read = |name: String| async move { get(step.aws, &name).await };
        let (name, live) = settle::create(step, send, read, || namesake(step, &self.name)).await?;
        Ok(Output { arn: Arn::new(configuration(&live)?.function_arn().unwrap_or_default()), name })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        let (lambda, name) = (&step.aws.lambda, &self.name);
        // AWS does not say which of the two a failed update was.
        let again = settle::at_rest(step, || get(step.aws, name)).await?.progress() != Status::Ready;
        let configured = |f: &Self| {
            serde_json::to_value(Self { code: self.code.clone(), tags: BTreeMap::new(), condition: Condition::default(), ..f.clone() })
        };
        if again || configured(self)? != configured(&live.spec)? {
            let update = lambda
                .update_function_configuration()
                .function_name(name)
                .description(self.description.clone().unwrap_or_default())
                .role(self.role.get()?)
                .runtime(sdk::Runtime::from(self.python.as_str()))
                .handler(&self.handler)
                .memory_size(i32::try_from(self.memory_mb)?)
                .timeout(i32::try_from(self.timeout_seconds)?)
                .environment(self.variables()?)
                .set_layers(Some(Vec::new()));
            let send = || async { update.clone().send().await.during(format!("updating function `{name}`")).map(drop) };
            changed(step, name, send, |now| Ok(configured(now)? == configured(self)?)).await?;
        }
        if again || self.code != live.spec.code {
            let update = lambda.update_function_code().function_name(name);
            let update = update.s3_bucket(self.code.bucket.get()?).s3_key(self.code.key.get()?);
            let send = || async { update.clone().send().await.during(format!("updating the code of function `{name}`")).map(drop) };
            changed(step, name, send, |now| Ok(now.code == self.code)).await?;
        }
        let arn = live.output.arn.as_str();
        let gone: Vec<String> = live.spec.tags.keys().filter(|k| !self.tags.contains_key(*k)).cloned().collect();
        if !gone.is_empty() {
            lambda.untag_resource().resource(arn).set_tag_keys(Some(gone)).send().await.during(format!("removing tags of `{name}`"))?;
        }
        let tags = step.mark.with(&self.tags).into_iter().collect();
        lambda.tag_resource().resource(arn).set_tags(Some(tags)).send().await.during(format!("tagging function `{name}`"))?;
        Ok(Output { arn: live.output.arn.clone(), name: name.clone() })
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let name = &live.output.name;
        let send = || async {
            let delete = step.aws.lambda.delete_function().function_name(name);
            delete.send().await.during(format!("deleting function `{name}`")).map(drop)
        };
        settle::delete(step, send, || get(step.aws, name)).await
    }
}

impl Settles for GetFunctionOutput {
    fn progress(&self) -> Status {
        use sdk::{LastUpdateStatus as Last, State as S};
        let Some(now) = &self.configuration else { return Status::Pending("CREATING".into()) };
        match &now.state {
            Some(S::Pending) => return Status::Pending("CREATING".into()),
            Some(S::Failed) => return Status::Failed(now.state_reason.clone().unwrap_or_default()),
            Some(S::Deleting) => return Status::Leaving,
            // One that nobody called for weeks sleeps, and can be changed.
            _ => {}
        }
        match &now.last_update_status {
            Some(Last::InProgress) => Status::Pending("UPDATING".into()),
            Some(Last::Failed) => Status::UpdateFailed(now.last_update_status_reason.clone().unwrap_or_default()),
            _ => Status::Ready,
        }
    }
}

impl Function {
    fn variables(&self) -> Result<sdk::Environment> {
        let all = self.environment.iter().map(|(k, v)| Ok((k.clone(), v.get()?.to_owned()))).collect::<Result<_>>()?;
        Ok(sdk::Environment::builder().set_variables(Some(all)).build())
    }

    fn read(live: GetFunctionOutput, names: &Names, tags: BTreeMap<String, String>) -> Result<Self> {
        let condition = live.progress().into();
        let live = live.configuration.context("AWS says nothing of the function")?;
        let digest = BASE64_STANDARD.decode(live.code_sha256().unwrap_or_default()).unwrap_or_default();
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let number = |value: Option<i32>| value.map(u32::try_from).transpose().map(Option::unwrap_or_default);
        let variables = live.environment.and_then(|e| e.variables).unwrap_or_default();
        Ok(Self {
            name: live.function_name.unwrap_or_default(),
            description: live.description.filter(|text| !text.is_empty()),
            role: Late::known(live.role.unwrap_or_default()),
            python: live.runtime.map(|runtime| runtime.to_string()).unwrap_or_default(),
            handler: live.handler.unwrap_or_default(),
            memory_mb: number(live.memory_size)?,
            timeout_seconds: number(live.timeout)?,
            environment: variables.into_iter().map(|(k, v)| (k, v.into())).collect(),
            code: FunctionCode { bucket: names.platform_bucket().into(), key: Object::platform_key(&digest).into() },
            layers: live.layers.unwrap_or_default().into_iter().filter_map(|layer| layer.arn).collect(),
            tags,
            condition,
        })
    }
}

fn configuration(live: &GetFunctionOutput) -> Result<&sdk::FunctionConfiguration> {
    live.configuration.as_ref().context("AWS says nothing of the function")
}

async fn list(aws: &Aws) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let mut pages = aws.lambda.list_functions().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.during("listing functions")?;
        all.extend(page.functions.unwrap_or_default().into_iter().filter_map(|f| f.function_name));
    }
    Ok(all)
}

async fn get(aws: &Aws, name: &str) -> Result<GetFunctionOutput> {
    aws.lambda.get_function().function_name(name).send().await.during(format!("reading function `{name}`"))
}

/// Updates, and ends when that is done. What is refused because another update is under way may be the repetition of one
/// whose reply was lost: whether it was, `done` sees once that is over.
async fn changed<Sent>(step: &Step<'_>, name: &str, send: impl Fn() -> Sent, done: impl Fn(&Function) -> Result<bool>) -> Result<()>
where
    Sent: Future<Output = Result<()>>,
{
    match send().await {
        Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
            let now = settle::at_rest(step, || get(step.aws, name)).await?;
            if now.progress() == Status::Ready && done(&Function::read(now, step.names, BTreeMap::new())?)? {
                return Ok(());
            }
            send().await?;
        }
        sent => sent?,
    }
    settle::ready(step, || get(step.aws, name)).await?;
    Ok(())
}

/// The function of our name, if it carries exactly our mark or is on its way out.
async fn namesake(step: &Step<'_>, name: &str) -> Result<Option<Namesake>> {
    let live = get(step.aws, name).await.missing_is_none()?.filter(|live| live.progress() != Status::Leaving);
    let Some(live) = live else { return Ok(Some(Namesake::Leaving(name.into()))) };
    Ok(Tags::read(live.tags.unwrap_or_default()).is(&step.mark).then(|| Namesake::Ours(name.into())))
}
