//! One tier: its model, runtime, gateway, knowledge base and project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::section::{Findings, Section};
use super::super::yaml::Node;
use super::super::{Artifact, Gateway, KnowledgeBase, Located, Project, Runtime, Tier, rules};
use super::{api, function, guardrail, memory, rate_limit};
use crate::diagnostic::{Span, quoted};

mod shape;

pub(super) use shape::shape;

/// What AgentCore runs code with, when the manifest doesn't say.
const PYTHON: &str = "PYTHON_3_12";
/// The caller's token, which says which tenant they are of.
const REQUEST_HEADERS: &[&str] = &["Authorization"];
/// A runtime takes this many names of headers.
const MOST_REQUEST_HEADERS: usize = 20;
/// AgentCore's own defaults for sessions, and its bounds: a minute to two weeks.
const IDLE_TIMEOUT_SECONDS: u32 = 900;
const MAX_LIFETIME_SECONDS: u32 = 28_800;
const SESSION_BOUNDS: (u32, u32) = (60, 1_209_600);
/// What the tools' Lambda learns about the caller.
const GATEWAY_HEADERS: &[&str] = &["X-Tier", "X-Clinic-ID", "X-User-ID", "X-S3-Prefix"];
/// A target takes ten, and AgentCore adds one of its own.
const MOST_GATEWAY_HEADERS: usize = 9;
/// A runtime takes 50; the rest is for what this tool adds.
const MOST_VARIABLES: usize = 50 - rules::RUNTIME_VARIABLES.len();
const EMBEDDING_MODEL: &str = "amazon.titan-embed-text-v2:0";
const DIMENSIONS: u32 = 1024;
const DIMENSION_BOUNDS: (u32, u32) = (1, 4096);
const CHUNK_TOKENS: u32 = 512;
const CHUNK_BOUNDS: (u32, u32) = (1, 8192);
const CHUNK_OVERLAP_PERCENT: u32 = 20;
const OVERLAP_BOUNDS: (u32, u32) = (1, 99);

const TIER: &[&str] = &["model", "runtime", "gateway", "knowledge_base", "memory", "guardrail", "project", "usage_plan", "tags"];
const RUNTIME: &[&str] = &[
    "image",
    "code",
    "entry_point",
    "python",
    "description",
    "environment",
    "request_headers",
    "idle_timeout_seconds",
    "max_lifetime_seconds",
];

pub(super) fn read(name: &str, span: Span, body: &Node, functions: &BTreeSet<String>, findings: &mut Findings) -> Option<Tier> {
    let what = format!("tier {}", quoted(name));
    let section = Section::open(body, span, &what, TIER, findings);
    let model = section.required("model", "write the Bedrock model id that the tier's agents use", findings);
    let model = model.and_then(|node| findings.ruled(node, &format!("`model` of {what}"), rules::model));
    let mut below = |key: &str, known: &[&str]| section.section(key, &format!("`{key}` of {what}"), known, findings);
    let runtime_section = below("runtime", RUNTIME);
    let gateway_section = below("gateway", &["description", "tools_lambda", "tools", "headers", "policies", "rate_limit"]);
    let knowledge_section = below("knowledge_base", &["description", "embedding_model", "dimensions", "chunk"]);
    let memory_section = below("memory", &["expiry_days", "strategies"]);
    let guardrail_section = below("guardrail", guardrail::KEYS);
    let project_section = below("project", &["tags"]);
    let plan_section = below("usage_plan", api::USAGE_PLAN);
    let runtime = runtime_section.as_ref().map(|s| runtime(s, findings));
    let gateway = gateway_section.as_ref().map(|s| gateway(s, functions, findings));
    let knowledge_base = knowledge_section.as_ref().map(|s| knowledge_base(s, findings));
    let memory = memory_section.as_ref().map(|s| memory::read(s, findings));
    let guardrail = guardrail_section.as_ref().map(|s| guardrail::read(s, findings));
    let project = project_section.map(|s| Project { tags: tags(&s, findings) });
    let usage_plan = plan_section.as_ref().map(|s| api::usage_plan(s, findings));
    let tags = tags(&section, findings);
    // A section that is there with mistakes must not read as one that is absent.
    let (runtime, gateway) = (runtime.map_or(Some(None), |r| r.map(Some))?, gateway.map_or(Some(None), |g| g.map(Some))?);
    Some(Tier { model: model?, runtime, gateway, knowledge_base, memory, guardrail, project, usage_plan, tags })
}

fn tags(section: &Section, findings: &mut Findings) -> BTreeMap<String, String> {
    section.map("tags", (rules::tag_key, rules::tag_value), findings)
}

fn runtime(section: &Section, findings: &mut Findings) -> Option<Runtime> {
    let artifact = artifact(section, findings);
    let environment = section.map("environment", (rules::variable_name, rules::variable_value), findings);
    if environment.len() > MOST_VARIABLES {
        let summary = format!("{} has {} environment variables", section.what(), environment.len());
        findings.error(
            section.span("environment"),
            summary,
            "",
            format!("write at most {MOST_VARIABLES}; AgentCore takes 50 with the tool's own"),
        );
    }
    let request_headers = headers(section, "request_headers", (rules::runtime_header, MOST_REQUEST_HEADERS, REQUEST_HEADERS), findings);
    let idle_timeout_seconds = section.number("idle_timeout_seconds", IDLE_TIMEOUT_SECONDS, SESSION_BOUNDS, findings);
    let max_lifetime_seconds = section.number("max_lifetime_seconds", MAX_LIFETIME_SECONDS, SESSION_BOUNDS, findings);
    if idle_timeout_seconds > max_lifetime_seconds {
        let key = if section.get("idle_timeout_seconds").is_some() { "idle_timeout_seconds" } else { "max_lifetime_seconds" };
        let summary =
            format!("{} lets a session idle for {idle_timeout_seconds} s, but live for {max_lifetime_seconds} s only", section.what());
        findings.error(section.span(key), summary, "", "make `idle_timeout_seconds` at most `max_lifetime_seconds`");
    }
    let description = section.ruled("description", rules::description, findings);
    Some(Runtime { artifact: artifact?, description, environment, request_headers, idle_timeout_seconds, max_lifetime_seconds })
}

fn artifact(section: &Section, findings: &mut Findings) -> Option<Artifact> {
    let image = section.ruled("image", rules::image, findings);
    let path = located_path(section, "code", findings);
    let entry_point = section.texts("entry_point", rules::entry_point, findings);
    let python = section.ruled("python", rules::python, findings).unwrap_or_else(|| PYTHON.into());
    match (section.get("image"), section.get("code")) {
        (Some(_), Some(_)) => {
            let summary = format!("{} has both `image` and `code`", section.what());
            findings.twice(
                section.span("code"),
                section.span("image"),
                summary,
                "keep `image` for a container, or `code` for a directory or zip",
            );
            None
        }
        (None, None) if section.is_broken() => None,
        (None, None) => {
            let help = "write `code: DIRECTORY` with `entry_point: main.py`, or `image:` with an ECR image";
            findings.error(section.span(""), format!("{} has neither `code` nor `image`", section.what()), "", help);
            None
        }
        (Some(_), None) => {
            for key in ["entry_point", "python"].into_iter().filter(|key| section.get(key).is_some()) {
                findings.error(
                    section.span(key),
                    format!("`{key}` goes with `code`, and {} has an image", section.what()),
                    "",
                    "remove the line",
                );
            }
            Some(Artifact::Image(image?))
        }
        (None, Some(_)) => {
            section.required("entry_point", "write the file that starts the agent, such as `entry_point: main.py`", findings)?;
            let entry_point: Vec<String> = entry_point?.into_iter().map(|text| text.value).collect();
            if !(1..=2).contains(&entry_point.len()) {
                let summary = format!("`entry_point` of {} has {} parts", section.what(), entry_point.len());
                findings.error(
                    section.span("entry_point"),
                    summary,
                    "",
                    "write a file, or a wrapper and a file: `[opentelemetry-instrument, main.py]`",
                );
            }
            Some(Artifact::Code { path: path?, entry_point, python })
        }
    }
}

fn located_path(section: &Section, key: &str, findings: &mut Findings) -> Option<Located<PathBuf>> {
    section.located(key, rules::path, findings).map(|text| Located { value: text.value.into(), span: text.span })
}

/// The names in `key`, or their default, by their rule and number.
fn headers(section: &Section, key: &str, by: (rules::Rule, usize, &[&str]), findings: &mut Findings) -> BTreeSet<String> {
    let (rule, most, default) = by;
    let Some(written) = section.texts(key, rule, findings) else { return default.iter().map(|name| (*name).to_owned()).collect() };
    if written.len() > most {
        findings.error(
            section.span(key),
            format!("`{key}` of {} has {} names", section.what(), written.len()),
            "",
            format!("AgentCore takes {most}"),
        );
    }
    written.into_iter().map(|name| name.value).collect()
}

fn gateway(section: &Section, functions: &BTreeSet<String>, findings: &mut Findings) -> Option<Gateway> {
    section.required("tools_lambda", "write the ARN of the Lambda function behind the tools, or the name of one in `functions`", findings);
    section.required("tools", "name the JSON file with the tool definitions, such as `templates/tools/healthcare.json`", findings);
    let tools_lambda = function::reference(section, "tools_lambda", functions, findings);
    let tools = located_path(section, "tools", findings);
    let headers = headers(section, "headers", (rules::gateway_header, MOST_GATEWAY_HEADERS, GATEWAY_HEADERS), findings);
    let policies = section.texts("policies", rules::cedar_file, findings).unwrap_or_default();
    let policies: Vec<_> = policies.into_iter().map(|text| Located { value: PathBuf::from(text.value), span: text.span }).collect();
    for (n, policy) in policies.iter().enumerate() {
        if let Some(first) = policies.iter().take(n).find(|p| p.value.file_stem() == policy.value.file_stem()) {
            let summary = format!("two policies of {} have the same file name", section.what());
            findings.twice(policy.span, first.span, summary, "rename one: AWS's name of a policy is made from it");
        }
    }
    let description = section.ruled("description", rules::description, findings);
    let rate_limit = rate_limit::read(section, findings);
    Some(Gateway { description, tools_lambda: tools_lambda?, tools: tools?, headers, policies, rate_limit })
}

fn knowledge_base(section: &Section, findings: &mut Findings) -> KnowledgeBase {
    let embedding_model = section.ruled("embedding_model", rules::model, findings).unwrap_or_else(|| EMBEDDING_MODEL.into());
    let dimensions = section.number("dimensions", DIMENSIONS, DIMENSION_BOUNDS, findings);
    if let Some(sizes) = sizes(&embedding_model).filter(|sizes| !sizes.contains(&dimensions)) {
        let key = if section.get("dimensions").is_some() { "dimensions" } else { "embedding_model" };
        let summary = format!("`{embedding_model}` makes no vectors of {dimensions} dimensions");
        let list: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        findings.error(section.span(key), summary, "", format!("write one of its sizes: {}", list.join(", ")));
    }
    let description = section.ruled("description", rules::description, findings);
    let chunk = section.section("chunk", &format!("`chunk` of {}", section.what()), &["tokens", "overlap_percent"], findings);
    let (mut chunk_tokens, mut chunk_overlap_percent) = (CHUNK_TOKENS, CHUNK_OVERLAP_PERCENT);
    if let Some(chunk) = chunk {
        chunk_tokens = chunk.number("tokens", CHUNK_TOKENS, CHUNK_BOUNDS, findings);
        chunk_overlap_percent = chunk.number("overlap_percent", CHUNK_OVERLAP_PERCENT, OVERLAP_BOUNDS, findings);
    }
    KnowledgeBase { description, embedding_model, dimensions, chunk_tokens, chunk_overlap_percent }
}

/// The vectors that a model makes, where we know: a wrong size is refused only after the index exists.
fn sizes(model: &str) -> Option<&'static [u32]> {
    match model {
        "amazon.titan-embed-text-v2:0" => Some(&[256, 512, 1024]),
        "amazon.titan-embed-text-v1" => Some(&[1536]),
        "cohere.embed-english-v3" | "cohere.embed-multilingual-v3" => Some(&[1024]),
        _ => None,
    }
}
