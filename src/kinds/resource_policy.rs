//! Who may do what with a runtime or its endpoint, beside its authorizer: the resource policy of one of them.
//!
//! The authorizer asks whether a token is good, not what its bearer wants: without a policy a user's token opens a shell in
//! the agent's machine. AgentCore judges a call by the policies of the runtime and of the endpoint, so both have one. A put
//! replaces the whole policy, and a policy goes with its runtime (last verified 2026-11).

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Found, Kind, Observe, Ownership, PolicyDocument, Runtime, Step, child};
use crate::aws::{Aws, During as _, Tolerate as _};
use crate::late::Late;
use crate::names::Arn;
use crate::observe::each;
use crate::rights::{On, Right, reads, writes};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResourcePolicy {
    /// A runtime, or its endpoint.
    pub(crate) resource: Late<Arn>,
    pub(crate) policy: PolicyDocument,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    resource: Arn,
}

impl Kind for ResourcePolicy {
    const NAME: &'static str = "resource_policy";
    const RIGHTS: &'static [Right] = &[
        reads(&["bedrock-agentcore:GetResourcePolicy"], On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:runtime/{w}_*"])),
        writes(
            &["bedrock-agentcore:PutResourcePolicy", "bedrock-agentcore:DeleteResourcePolicy"],
            On::These(&["arn:aws:bedrock-agentcore:{r}:{a}:runtime/{w}_*"]),
        ),
    ];
    const REPLACE_ON: &'static [(&'static str, &'static str)] = &[("resource", "a policy belongs to one resource")];
    const BELOW: &'static [&'static str] = &[Runtime::NAME];
    type Output = Output;

    async fn observe(observe: &Observe<'_>) -> Result<Vec<Found<Self>>> {
        let wanted = observe.wanted::<Self>();
        let places = observe.above::<Runtime>().into_iter().flat_map(|(runtime, output)| {
            // Known as it is declared: by what refers to it.
            let refers = |attribute: &str| Late::<Arn>::slot(runtime.clone(), attribute);
            let [of_runtime, of_endpoint] = [refers("arn"), refers("endpoint")]
                .map(|refers| wanted.iter().find(|(_, policy)| policy.resource == refers).map(|(address, _)| address.clone()));
            let owner = runtime.owner();
            [
                (of_runtime.unwrap_or_else(|| child(Self::NAME, owner, "runtime")), output.arn),
                (of_endpoint.unwrap_or_else(|| child(Self::NAME, owner, "endpoint")), output.endpoint),
            ]
        });
        let found = each(places, |(address, resource)| async move {
            let Some(policy) = read(observe.aws, &resource).await? else { return Ok(None) };
            let spec = Self { resource: Late::known(&resource), policy };
            Ok(Some(Found { address, spec, output: Output { resource }, mark: Ownership::Ours { spec: None } }))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, step: &Step<'_>) -> Result<Output> {
        let resource = self.resource.get()?;
        let put = step.aws.agentcore.put_resource_policy().resource_arn(resource).policy(self.policy.text());
        put.send().await.during(format!("putting the resource policy of `{resource}`"))?;
        Ok(Output { resource: Arn::new(resource) })
    }

    async fn update(&self, step: &Step<'_>, _live: &Found<Self>) -> Result<Output> {
        self.create(step).await
    }

    async fn delete(step: &Step<'_>, live: &Found<Self>) -> Result<()> {
        let resource = &live.output.resource;
        let delete = step.aws.agentcore.delete_resource_policy().resource_arn(resource.as_str());
        delete.send().await.during(format!("deleting the resource policy of `{resource}`")).missing_is_none()?;
        Ok(())
    }
}

/// The policy of a resource, if it has one.
async fn read(aws: &Aws, resource: &Arn) -> Result<Option<PolicyDocument>> {
    let get = aws.agentcore.get_resource_policy().resource_arn(resource.as_str());
    let reply = get.send().await.during(format!("reading the resource policy of `{resource}`")).missing_is_none()?;
    let text = reply.and_then(|reply| reply.policy).filter(|text| !text.is_empty());
    text.map(|text| PolicyDocument::parse(&text)).transpose()
}
