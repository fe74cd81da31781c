//! A resource policy of CloudWatch Logs: it lets another AWS service write to log groups of this account.
//!
//! It has no tags and is known by its name. It is read only while it is wanted, and stays when it no longer is: the service
//! that it lets in goes on writing for everybody in the account. A region takes ten of them (last verified 2026-11).

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Found, Kind, Observe, Ownership, PolicyDocument, Step};
use crate::aws::{Aws, AwsError, During as _};
use crate::late::Attr;
use crate::names::Names;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogPolicy {
    pub(crate) name: String,
    pub(crate) document: PolicyDocument,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    name: String,
}

impl LogPolicy {
    pub(crate) const POLICY: Attr<Self> = Attr::new("name");
}

impl Kind for LogPolicy {
    const NAME: &'static str = "log_policy";
    const RIGHTS: &'static [Right] = &[
        reads(&["logs:DescribeResourcePolicies"], On::These(&["arn:aws:logs:{r}:{a}:*"])),
        writes(&["logs:PutResourcePolicy", "logs:DeleteResourcePolicy"], On::These(&["arn:aws:logs:{r}:{a}:*"])),
    ];
    const STAYS: bool = true;
    type Output = Output;

    fn known(&self, _: &Names) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let all = list(observe.aws).await?;
        let found = wanted.into_iter().filter_map(|(address, policy)| {
            let own = all.iter().find(|(name, _)| *name == policy.name).map(|(_, document)| document.clone());
            // What another policy of the account allows already needs none of ours: there is room for ten.
            let document = own.or_else(|| all.iter().any(|(_, other)| covers(other, &policy.document)).then(|| policy.document.clone()))?;
            let output = Output { name: policy.name.clone() };
            Some(Found { address, spec: Self { name: policy.name, document }, output, mark: Ownership::Ours { spec: None } })
        });
        Ok(found.collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let put = step.aws.logs.put_resource_policy().policy_name(&self.name).policy_document(self.document.text());
        match put.send().await.during(format!("writing the resource policy `{}` of CloudWatch Logs", self.name)) {
            Ok(_) => Ok(Output { name: self.name.clone() }),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.code == "LimitExceededException") => Err(error.context(
                "this region has as many resource policies of CloudWatch Logs as AWS allows; remove one that nothing needs \
                 (`aws logs describe-resource-policies` lists them), or set `traces: off`",
            )),
            Err(error) => Err(error),
        }
    }

    async fn update(&self, step: &Step<'_>, _: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    async fn delete(_: &Step<'_>, _: &Found<Self>) -> Result<()> {
        Ok(())
    }
}

/// Names and documents of the account's policies; one that can't be read as JSON allows nothing that we know of.
async fn list(aws: &Aws) -> Result<Vec<(String, PolicyDocument)>> {
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let page = aws.logs.describe_resource_policies().limit(50).set_next_token(token).send().await;
        let page = page.during("listing the resource policies of CloudWatch Logs")?;
        for policy in page.resource_policies.unwrap_or_default() {
            let document = PolicyDocument::parse(policy.policy_document.as_deref().unwrap_or_default());
            all.extend(policy.policy_name.map(|name| (name, document.unwrap_or_else(|_| Value::Null.into()))));
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// Whether one policy allows all that another one does, to the same service under no further condition.
fn covers(other: &PolicyDocument, ours: &PolicyDocument) -> bool {
    let statements = |document: &PolicyDocument| document.0.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default();
    let theirs = statements(other);
    statements(ours).iter().all(|ours| theirs.iter().any(|theirs| allows(theirs, ours)))
}

fn allows(theirs: &Value, ours: &Value) -> bool {
    let texts = |statement: &Value, path: &str| -> Vec<String> {
        statement.pointer(path).and_then(Value::as_array).into_iter().flatten().filter_map(|v| v.as_str().map(Into::into)).collect()
    };
    let all_of = |path: &str| {
        let patterns = texts(theirs, path);
        texts(ours, path).iter().all(|text| patterns.iter().any(|p| p.strip_suffix('*').map_or(p == text, |start| text.starts_with(start))))
    };
    let condition = theirs.get("Condition");
    theirs.get("Effect") == ours.get("Effect")
        && (condition.is_none() || condition == ours.get("Condition"))
        && ["/Principal/Service", "/Action", "/Resource"].into_iter().all(all_of)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_of_others_that_allows_as_much_needs_none_beside_it() {
        let policy = |resource: &str, condition: Option<&str>| {
            let mut statement = json!({ "Effect": "Allow", "Principal": { "Service": "xray.amazonaws.com" }, "Action": "logs:PutLogEvents", "Resource": resource });
            if let (Some(account), Some(map)) = (condition, statement.as_object_mut()) {
                map.insert("Condition".into(), json!({ "StringEquals": { "aws:SourceAccount": account } }));
            }
            PolicyDocument::from(json!({ "Version": "2012-10-17", "Statement": statement }))
        };
        let ours = policy("arn:aws:logs:us-east-1:1:log-group:aws/spans:*", Some("1"));
        for (other, enough) in [
            (policy("*", None), true),
            (policy("arn:aws:logs:us-east-1:1:log-group:aws/*", Some("1")), true),
            (policy("*", Some("2")), false),
            (policy("arn:aws:logs:us-east-1:1:log-group:other:*", None), false),
            (Value::Null.into(), false),
        ] {
            assert_eq!(covers(&other, &ours), enough, "{other:?}");
        }
    }
}
