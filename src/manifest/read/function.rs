//! The platform's own Lambda functions, and references to a function, own or not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::section::{Findings, Section, entries};
use super::super::shape::{Known, Shape, may, must};
use super::super::yaml::{Node, Value};
use super::super::{Function, LambdaRef, Located, forms, rules};
use crate::diagnostic::{Code, choices, quoted};
use crate::names::FunctionName;

const KEYS: &[&str] =
    &["code", "handler", "python", "description", "memory_mb", "timeout_seconds", "environment", "policy", "assumes_tenant_role"];
const PYTHON: &str = "python3.13";
const MEMORY_MB: u32 = 256;
const MEMORY_BOUNDS: (u32, u32) = (128, 10_240);
const TIMEOUT_SECONDS: u32 = 30;
const TIMEOUT_BOUNDS: (u32, u32) = (1, 900);
/// Lambda takes this much of names and values as JSON, and this tool adds a few of its own.
const MOST_ENVIRONMENT: usize = 4096;
const OWN_ENVIRONMENT: usize = 512;

/// Those that could be read, and every name that the file has, also of those with mistakes: others may refer to them.
pub(super) fn read(top: &Section, findings: &mut Findings) -> (BTreeMap<FunctionName, Function>, BTreeSet<String>) {
    let (mut functions, mut names) = (BTreeMap::new(), BTreeSet::new());
    let Some(node) = top.get("functions") else { return (functions, names) };
    for (text, (span, body)) in entries(node, top.span("functions"), "the functions", findings) {
        names.insert(text.to_owned());
        let section = Section::open(body, span, format!("function {}", quoted(text)), KEYS, findings);
        let function = function(&section, findings);
        match text.parse() {
            Ok(name) => functions.extend(function.map(|function| (name, function))),
            Err(why) => {
                let why: crate::names::NameError = why;
                findings.error(span, format!("{} can't be a function's name", quoted(text)), "", why.to_string());
            }
        }
    }
    (functions, names)
}

fn function(section: &Section, findings: &mut Findings) -> Option<Function> {
    section.required("code", "name the directory with the code, such as `code: templates/tools_lambda`, or a .zip file", findings);
    section.required("handler", "write the file and the function that Lambda calls, such as `handler: main.handler`", findings);
    let code = section.located("code", rules::path, findings);
    let handler = section.located("handler", rules::handler, findings);
    let python = section.ruled("python", rules::lambda_python, findings).unwrap_or_else(|| PYTHON.into());
    let description = section.ruled("description", rules::description, findings);
    let memory_mb = section.number("memory_mb", MEMORY_MB, MEMORY_BOUNDS, findings);
    let timeout_seconds = section.number("timeout_seconds", TIMEOUT_SECONDS, TIMEOUT_BOUNDS, findings);
    let environment = section.map("environment", (rules::lambda_variable_name, rules::variable_value), findings);
    // Each pair stands in quotes, with a colon and a comma.
    let size: usize = environment.iter().map(|(name, value)| name.len() + value.len() + 6).sum();
    if size > MOST_ENVIRONMENT - OWN_ENVIRONMENT {
        let summary = format!("the environment of {} comes to {size} bytes", section.what());
        let help = format!(
            "write at most {}: Lambda takes {MOST_ENVIRONMENT} with the tool's own; longer texts can be parameters that the code reads",
            MOST_ENVIRONMENT - OWN_ENVIRONMENT
        );
        findings.error(section.span("environment"), summary, "", help);
    }
    let policy = section.ruled("policy", rules::function_policy, findings);
    let assumes_tenant_role = flag(section, "assumes_tenant_role", findings);
    let code = code.map(|text| Located { value: PathBuf::from(text.value), span: text.span });
    Some(Function {
        code: code?,
        handler: handler?,
        python,
        description,
        memory_mb,
        timeout_seconds,
        environment,
        policy,
        assumes_tenant_role,
    })
}

pub(super) fn shape(known: &Known) -> Shape {
    let code = "The directory with the code, or a .zip file; the path starts from the manifest's folder.";
    let variables = Shape::entries(
        &format!("Environment variables; names and values together at most {} bytes.", MOST_ENVIRONMENT - OWN_ENVIRONMENT),
        forms::lambda_variable_name(),
        Shape::text("Everyone who may read the function sees it, so no secrets.", forms::variable_value()),
    );
    let policy = "What the function's role may do: a file of policies/, without `.json`.";
    let function = Shape::section(
        "A function, with a role and a log of its own.",
        [
            must("code", Shape::text(code, forms::path(&["templates/tools_lambda"]))),
            must("handler", Shape::text("The module and the function in it that Lambda calls.", forms::handler())),
            may("python", Shape::words("The Lambda runtime.", rules::LAMBDA_PYTHONS).or_else(PYTHON)),
            may("description", Shape::text("What the function is for.", forms::description())),
            may("memory_mb", Shape::whole("Memory, in MB.", MEMORY_BOUNDS).or_else(MEMORY_MB)),
            may("timeout_seconds", Shape::whole("How long a call may take, in seconds.", TIMEOUT_BOUNDS).or_else(TIMEOUT_SECONDS)),
            may("environment", variables),
            may("policy", Shape::known(policy, &known.policies, forms::function_policy())),
            may("assumes_tenant_role", Shape::flag("Whether it may take on the tenants' role, for one tenant at a time.")),
        ],
    );
    Shape::entries("Lambda functions of the platform's own, by the name that other sections call them.", forms::function(), function)
}

/// What names a function.
pub(super) fn reference_shape(says: &str, known: &Known) -> Shape {
    let own = Shape::known("A function of this manifest.", &known.functions, forms::function());
    Shape::either(says, [own, Shape::text("A function by its ARN.", forms::lambda_arn())]).such_as("tools")
}

/// `true` or `false`; `false` where it is left out.
fn flag(section: &Section, key: &str, findings: &mut Findings) -> bool {
    let Some(node) = section.get(key) else { return false };
    match (&node.value, findings.source.slice(node.span)) {
        (Value::Bool, "true") => true,
        (Value::Bool, "false") => false,
        (_, written) => {
            let summary = format!("{} can't be `{key}` of {}", quoted(written), section.what());
            findings.error(node.span, summary, "", "write `true` or `false`");
            false
        }
    }
}

/// A Lambda function by its ARN, or by the name of one of the manifest's own.
pub(super) fn reference(section: &Section, key: &str, functions: &BTreeSet<String>, findings: &mut Findings) -> Option<LambdaRef> {
    let node: &Node = section.get(key)?;
    let what = format!("`{key}` of {}", section.what());
    let text = findings.text(node, &what)?;
    if text.contains(':') || text.contains('/') {
        return findings.ruled(node, &what, rules::lambda_arn).map(LambdaRef::Arn);
    }
    if functions.contains(text) {
        // A name with a mistake was reported where it stands.
        return text.parse().ok().map(LambdaRef::Managed);
    }
    let help = match functions.is_empty() {
        true => "write `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, or the name of one that you declare in `functions`".into(),
        false => choices(text, "the functions are", functions.iter().map(String::as_str)),
    };
    findings.coded(Code::UnknownName, node.span, format!("{what} names an unknown function {}", quoted(text)), "", help);
    None
}
