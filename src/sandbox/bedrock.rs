//! Amazon Bedrock's control plane (restJson1): guardrails, their versions, and their tags.
//!
//! It shares its signing name with the agents' API, so requests are told apart by path. Conflicts are HTTP 400 here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::protocol::{Refusal, Reply, Request};
use super::rest::{self, Act, Answer, Call, on};
use super::shape;
use super::tags::Tags;
use super::{Service, Settling, World};

mod guardrails;
mod marks;
mod policies;
mod shapes;
mod versions;

const INVALID: &str = "ValidationException";
/// The status that nobody sees: what has it is taken away.
const GONE: &str = "GONE";
const DRAFT: &str = "DRAFT";

pub(super) struct Bedrock;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Region {
    guardrails: BTreeMap<String, Guardrail>,
    /// By operation and client token: what it created, and from what request.
    tokens: BTreeMap<String, (String, Value)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Guardrail {
    draft: Copy,
    /// The last number that was given, also to versions that are gone.
    last: u32,
    versions: BTreeMap<u32, Copy>,
    tags: Tags,
}

/// The draft, or one published version.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Copy {
    /// The members of the request, as they were given.
    given: Value,
    created: f64,
    updated: f64,
    status: Settling,
}

const GUARDRAILS: &[&str] = &["guardrails"];
const GUARDRAIL: &[&str] = &["guardrails", "*"];

static OPERATIONS: &[rest::Operation<Act>] = &[
    on("CreateGuardrail", "POST", GUARDRAILS, 202, guardrails::create),
    on("ListGuardrails", "GET", GUARDRAILS, 200, guardrails::list),
    on("GetGuardrail", "GET", GUARDRAIL, 200, guardrails::get),
    on("UpdateGuardrail", "PUT", GUARDRAIL, 202, guardrails::update),
    on("DeleteGuardrail", "DELETE", GUARDRAIL, 202, guardrails::delete),
    on("CreateGuardrailVersion", "POST", GUARDRAIL, 202, versions::create),
    on("TagResource", "POST", &["tagResource"], 200, marks::tag),
    on("UntagResource", "POST", &["untagResource"], 200, marks::untag),
    on("ListTagsForResource", "POST", &["listTagsForResource"], 200, marks::list),
];

fn route(request: &Request) -> Option<(&'static rest::Operation<Act>, Vec<String>)> {
    rest::find(OPERATIONS, &request.method, request.segments())
}

impl Service for Bedrock {
    fn claims(&self, request: &Request) -> bool {
        let first = request.segments().into_iter().next().unwrap_or_default();
        request.signing_name() == "bedrock"
            && matches!(first.as_str(), "guardrails" | "tagResource" | "untagResource" | "listTagsForResource")
    }

    fn answer(&self, world: &mut World, request: &Request) -> Option<Reply> {
        let (operation, ids) = route(request)?;
        let call = Call { request, ids, invalid: INVALID };
        Some(match (operation.answer)(world, &call) {
            Ok(body) => Reply::json(operation.status, &body),
            Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
        })
    }

    fn action(&self, request: &Request) -> Option<String> {
        route(request).map(|(operation, _)| format!("bedrock:{}", operation.name))
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, INVALID, message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ConflictException", message)
}

fn quota(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ServiceQuotaExceededException", message)
}

fn missing(what: &str) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("Could not find the guardrail {what}."))
}

fn region(world: &mut World) -> &mut Region {
    world.state.bedrock.regions.entry(world.region.clone()).or_default()
}

fn arn(world: &World, id: &str) -> String {
    format!("arn:aws:bedrock:{}:{}:guardrail/{id}", world.region, world.account)
}

fn id(world: &World, named: &str) -> Result<String, Refusal> {
    if !shape::matches(shapes::IDENTIFIER, named) {
        return Err(invalid(format!(
            "Value '{named}' at 'guardrailIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: {}",
            shapes::IDENTIFIER
        )));
    }
    match named.strip_prefix(&arn(world, "")) {
        Some(id) => Ok(id.into()),
        None if named.starts_with("arn:") => Err(missing(named)),
        None => Ok(named.into()),
    }
}

/// The guardrail of that id; one whose deletion is over goes now, and so do its versions.
fn guardrail<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Guardrail, Refusal> {
    let now = world.now;
    let all = &mut region(world).guardrails;
    if all.get(id).is_some_and(|g| g.draft.status.peek(now) == GONE) {
        all.remove(id);
    }
    let guardrail = all.get_mut(id).ok_or_else(|| missing(id))?;
    guardrail.versions.retain(|_, version| version.status.peek(now) != GONE);
    Ok(guardrail)
}

/// The guardrail of that id, if neither it nor a version of it is on its way to another status.
fn at_rest<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Guardrail, Refusal> {
    let now = world.now;
    let guardrail = guardrail(world, id)?;
    let moving = |copy: &Copy| match copy.status.peek(now) {
        "READY" | "FAILED" => None,
        GONE => Some("DELETING".to_owned()),
        status => Some(status.to_owned()),
    };
    let busy = [&guardrail.draft].into_iter().chain(guardrail.versions.values()).find_map(moving);
    match busy {
        Some(status) => Err(conflict(format!("Guardrail {id} is in {status} state. Try again once it is READY."))),
        None => Ok(guardrail),
    }
}

/// What the same token created before; a refusal if it came with another request.
fn replayed(world: &mut World, scope: &str, body: &Value) -> Result<Option<String>, Refusal> {
    let Some(token) = shape::maybe(body, "clientRequestToken") else { return Ok(None) };
    match region(world).tokens.get(&format!("{scope}:{token}")) {
        Some((made, before)) if before == body => Ok(Some(made.clone())),
        Some(_) => Err(conflict("The client request token was used before with different parameters.")),
        None => Ok(None),
    }
}

fn remember(world: &mut World, scope: &str, body: &Value, made: &str) {
    if let Some(token) = shape::maybe(body, "clientRequestToken") {
        region(world).tokens.insert(format!("{scope}:{token}"), (made.into(), body.clone()));
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::super::{Faults, Sandbox};
    use super::*;

    async fn ask(aws: &Sandbox, method: &str, path: &str, body: Value) -> (u16, Value) {
        let mut headers = HeaderMap::new();
        let scope = "AWS4-HMAC-SHA256 Credential=AKIA/20260901/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0";
        headers.insert("authorization", HeaderValue::from_static(scope));
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = aws.answer(&Request::new(method, &path.parse().unwrap(), headers, body.into())).await;
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    fn guardrail(policies: &Value) -> Value {
        let mut body = json!({ "name": "one", "blockedInputMessaging": "no", "blockedOutputsMessaging": "no" });
        body.as_object_mut().unwrap().extend(policies.as_object().unwrap().clone());
        body
    }

    fn words() -> Value {
        json!({ "wordPolicyConfig": { "managedWordListsConfig": [{ "type": "PROFANITY" }] } })
    }

    #[tokio::test]
    async fn what_aws_refuses() {
        let aws = Sandbox::open(None, "111122223333", Faults::default()).unwrap();
        let filter = |name: &str, output: &str| json!({ "type": name, "inputStrength": "HIGH", "outputStrength": output });
        let filters = |list: Value| json!({ "contentPolicyConfig": { "filtersConfig": list } });
        let threshold =
            |t: f64| json!({ "contextualGroundingPolicyConfig": { "filtersConfig": [{ "type": "GROUNDING", "threshold": t }] } });
        for policies in [
            json!({}),
            json!({ "wordPolicyConfig": {} }),
            json!({ "sensitiveInformationPolicyConfig": {} }),
            json!({ "wordPolicyConfig": { "managedWordListsConfig": [] } }),
            filters(json!([])),
            filters(json!([filter("PROMPT_ATTACK", "HIGH")])),
            filters(json!([filter("HATE", "HIGH"), filter("HATE", "LOW")])),
            filters(json!([filter("hate", "HIGH")])),
            threshold(1.0),
            threshold(-0.1),
        ] {
            let (status, reply) = ask(&aws, "POST", "/guardrails", guardrail(&policies)).await;
            assert_eq!((status, &reply["__type"]), (400, &json!(INVALID)), "{policies}: {reply}");
        }
        assert_eq!(ask(&aws, "POST", "/guardrails", guardrail(&words())).await.0, 202);
        let (status, reply) = ask(&aws, "POST", "/guardrails", guardrail(&words())).await;
        assert_eq!((status, &reply["__type"]), (400, &json!("ConflictException")));
        assert_eq!(ask(&aws, "GET", "/guardrails/nobody", Value::Null).await.0, 404);
        // The agents' API has the same signing name, and its own conflicts.
        assert_eq!(
            ask(&aws, "GET", "/knowledgebases/nobody", Value::Null).await.1["message"],
            "KnowledgeBase with id nobody does not exist"
        );
        assert_eq!(ask(&aws, "GET", "/guardrails/one/two", Value::Null).await.0, 501);
    }

    #[tokio::test]
    async fn nothing_changes_before_it_is_ready_and_an_update_replaces_the_draft_alone() {
        let aws = Sandbox::open(None, "111122223333", Faults::default()).unwrap();
        let (_, made) = ask(&aws, "POST", "/guardrails", guardrail(&words())).await;
        let path = format!("/guardrails/{}", made["guardrailId"].as_str().unwrap());
        let pii =
            guardrail(&json!({ "sensitiveInformationPolicyConfig": { "piiEntitiesConfig": [{ "type": "NAME", "action": "BLOCK" }] } }));
        for (method, body) in [("PUT", pii.clone()), ("POST", json!({})), ("DELETE", Value::Null)] {
            let (status, reply) = ask(&aws, method, &path, body).await;
            assert_eq!((status, &reply["__type"]), (400, &json!("ConflictException")), "{method}");
        }
        let ready = async || {
            while ask(&aws, "GET", &path, Value::Null).await.1["status"] != "READY" {}
            while !matches!(
                ask(&aws, "GET", &format!("{path}?guardrailVersion=1"), Value::Null).await.1["status"].as_str(),
                None | Some("READY")
            ) {}
        };
        ready().await;
        assert_eq!(ask(&aws, "POST", &path, json!({ "description": "first" })).await.1["version"], "1");
        assert_eq!(ask(&aws, "GET", &path, Value::Null).await.1["status"], "VERSIONING");
        ready().await;
        assert_eq!(ask(&aws, "PUT", &path, pii).await.0, 202);
        ready().await;
        let (_, draft) = ask(&aws, "GET", &path, Value::Null).await;
        assert!(draft.get("wordPolicy").is_none());
        assert_eq!(draft["sensitiveInformationPolicy"]["piiEntities"][0]["inputAction"], "BLOCK");
        let (_, version) = ask(&aws, "GET", &format!("{path}?guardrailVersion=1"), Value::Null).await;
        assert_eq!(
            (&version["description"], &version["wordPolicy"]["managedWordLists"][0]["type"]),
            (&json!("first"), &json!("PROFANITY"))
        );
        let (_, listed) =
            ask(&aws, "GET", &format!("/guardrails?guardrailIdentifier={}", made["guardrailId"].as_str().unwrap()), Value::Null).await;
        assert_eq!(listed["guardrails"].as_array().unwrap().len(), 2);
        assert_eq!(ask(&aws, "DELETE", &format!("{path}?guardrailVersion=2"), Value::Null).await.0, 404);
        assert_eq!(ask(&aws, "DELETE", &path, Value::Null).await.0, 202);
        while ask(&aws, "GET", &path, Value::Null).await.0 == 200 {}
        assert_eq!(ask(&aws, "GET", "/guardrails", Value::Null).await.1["guardrails"], json!([]));
    }
}
