//! Who may call a function of ours: one statement of its resource policy.
//!
//! Whoever calls a function chooses what it learns about the caller, so a statement that nobody declared is taken away.
//! AWS has no update: a changed statement is removed and added again (last verified 2026-09).

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Found, Function, Kind, Observe, Ownership, Step, child};
use crate::address::{Address, Owner};
use crate::aws::{Aws, AwsError, Class, During as _, Tolerate as _};
use crate::late::Late;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Permission {
    /// The function's name.
    pub(crate) function: Late,
    /// The statement's id; the address says the function as well, by `Permission::label`.
    pub(crate) statement: String,
    pub(crate) action: String,
    /// A service, such as `apigateway.amazonaws.com`; any other principal is read as its JSON.
    pub(crate) principal: String,
    pub(crate) source_arn: Option<Late>,
    pub(crate) source_account: Option<String>,
    /// Further conditions, never declared.
    others: BTreeSet<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    function: String,
    statement: String,
}

impl Permission {
    /// Lets `service` call the function on behalf of what has the ARN, in this account.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over literals and account ids alike")]
    pub(crate) fn invoke(function: Late, statement: &str, service: &str, source_arn: Late, source_account: impl ToString) -> Self {
        Self {
            function,
            statement: statement.into(),
            action: "lambda:InvokeFunction".into(),
            principal: service.into(),
            source_arn: Some(source_arn),
            source_account: Some(source_account.to_string()),
            others: BTreeSet::new(),
        }
    }

    /// Two functions may have statements of the same id.
    pub(crate) fn label(function: &str, statement: &str) -> String {
        format!("{function}/{statement}")
    }
}

impl Kind for Permission {
    const NAME: &'static str = "permission";
    const RIGHTS: &'static [Right] = &[
        reads(&["lambda:GetPolicy"], On::These(&["arn:aws:lambda:{r}:{a}:function:{p}-*"])),
        writes(&["lambda:AddPermission", "lambda:RemovePermission"], On::These(&["arn:aws:lambda:{r}:{a}:function:*"])),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] =
        &[("function", "a statement belongs to one function"), ("statement", "AWS can't rename a statement")];
    const BELOW: &'static [&'static str] = &[Function::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let found = each(observe.above::<Function>(), |(owner, function)| {
            let wanted = &wanted;
            async move {
                let statements = statements(observe.aws, &function.name).await?;
                let found = statements.iter().map(|statement| {
                    let spec = Self::read(&function.name, statement);
                    let address = address(wanted, &owner, &spec);
                    let output = Output { function: function.name.clone(), statement: spec.statement.clone() };
                    Found { address, spec, output, mark: Ownership::Ours { spec: None } }
                });
                Ok(found.collect::<Vec<_>>())
            }
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let function = self.function.get()?;
        let add = step
            .aws
            .lambda
            .add_permission()
            .function_name(function)
            .statement_id(&self.statement)
            .action(&self.action)
            .principal(&self.principal)
            .set_source_arn(self.source_arn.as_ref().map(|arn| arn.get().map(Into::into)).transpose()?)
            .set_source_account(self.source_account.clone());
        match add.send().await.during(format!("adding statement `{}` to the policy of function `{function}`", self.statement)) {
            // A reply was lost, if what is there is what was to be added.
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Conflict) => {
                let there = statements(step.aws, function).await?.iter().any(|s| Self::read(function, s) == *self);
                if !there {
                    return Err(error);
                }
            }
            sent => drop(sent?),
        }
        Ok(Output { function: function.into(), statement: self.statement.clone() })
    }

    async fn update(&self, step: &Step<'_>, live: &Found<Self>) -> Result<Output> {
        Self::delete(step, live).await?;
        self.create(step).await
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let Output { function, statement } = &live.output;
        let remove = step.aws.lambda.remove_permission().function_name(function).statement_id(statement);
        let removing = format!("removing statement `{statement}` from the policy of function `{function}`");
        remove.send().await.during(removing).missing_is_none()?;
        Ok(())
    }
}

/// As it was declared: functions without references are known by their names, others by what refers to them.
fn address(wanted: &[(Address, Permission)], function: &Address, live: &Permission) -> Address {
    let refers: Late = Late::slot(function.clone(), "name");
    let same = |p: &Permission| p.statement == live.statement && (p.function == refers || p.function == live.function);
    match wanted.iter().find(|(_, p)| same(p)) {
        Some((address, _)) => address.clone(),
        None => child(Permission::NAME, &Owner::Platform, &Permission::label(function.label(), &live.statement)),
    }
}

impl Permission {
    fn read(function: &str, statement: &Value) -> Self {
        let text = |key: &str| statement.get(key).map(plain).unwrap_or_default();
        let principal = statement.get("Principal").unwrap_or(&Value::Null);
        let service = principal.get("Service").and_then(Value::as_str);
        let (mut source_arn, mut source_account, mut others) = (None, None, BTreeSet::new());
        for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            for (key, value) in keys.as_object().into_iter().flatten() {
                match (operator.as_str(), key.to_ascii_lowercase().as_str()) {
                    ("ArnLike", "aws:sourcearn") => source_arn = Some(Late::known(plain(value))),
                    ("StringEquals", "aws:sourceaccount") => source_account = Some(plain(value)),
                    _ => drop(others.insert(format!("{operator} {key} {}", plain(value)))),
                }
            }
        }
        Self {
            function: Late::known(function),
            statement: text("Sid"),
            action: text("Action"),
            principal: service.map_or_else(|| principal.to_string(), Into::into),
            source_arn,
            source_account,
            others,
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

/// The statements of a function's policy; none where it has no policy.
async fn statements(aws: &Aws, function: &str) -> Result<Vec<Value>> {
    let get = aws.lambda.get_policy().function_name(function);
    let reply = get.send().await.during(format!("reading the policy of function `{function}`")).missing_is_none()?;
    let Some(text) = reply.and_then(|reply| reply.policy) else { return Ok(Vec::new()) };
    let mut policy: Value = serde_json::from_str(&text).with_context(|| format!("reading the policy of function `{function}`"))?;
    Ok(policy.get_mut("Statement").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default())
}
