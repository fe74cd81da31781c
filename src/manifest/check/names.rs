//! AWS's own rules for every name that this tool gives, applied before any call.

use regex::Regex;

use super::super::Platform;
use super::super::section::Findings;
use super::super::yaml::Node;
use crate::diagnostic::quoted;
use crate::names::{FunctionName, Names, PATIENT_METADATA, TierName, tier_prefix};

/// One kind of name, with the rule from the service's API model or, where the model has none, from its documentation.
struct NameRule {
    what: &'static str,
    pattern: &'static str,
    /// What the pattern can't say: beginnings that the service keeps for itself, and words that it refuses anywhere.
    refused_starts: &'static [&'static str],
    refused_words: &'static [&'static str],
}

const fn rule(what: &'static str, pattern: &'static str) -> NameRule {
    NameRule { what, pattern, refused_starts: &[], refused_words: &[] }
}

const USER_POOL: NameRule = rule("Cognito user pool", r"^[A-Za-z0-9_\s+=,.@-]{1,128}$");
const CLIENT: NameRule = rule("Cognito client", r"^[A-Za-z0-9_\s+=,.@-]{1,128}$");
const DOMAIN: NameRule =
    NameRule { refused_words: &["aws", "amazon", "cognito"], ..rule("Cognito domain", r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$") };
const ROLE: NameRule = rule("IAM role", r"^[A-Za-z0-9_+=,.@-]{1,64}$");
const BUCKET: NameRule =
    NameRule { refused_starts: &["xn--", "sthree-", "amzn-s3-demo-"], ..rule("S3 bucket", r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$") };
const PREFIX: NameRule = rule("prefix of S3 keys", r"^[a-z0-9/-]{1,300}$");
const VECTOR_BUCKET: NameRule = rule("S3 vector bucket", r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$");
const VECTOR_INDEX: NameRule = rule("S3 vector index", r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$");
const KNOWLEDGE_BASE: NameRule = rule("Bedrock knowledge base", r"^([0-9a-zA-Z][_-]?){1,100}$");
const DATA_SOURCE: NameRule = rule("Bedrock data source", r"^([0-9a-zA-Z][_-]?){1,100}$");
const RUNTIME: NameRule = rule("AgentCore runtime", r"^[a-zA-Z][a-zA-Z0-9_]{0,47}$");
const GATEWAY: NameRule = rule("AgentCore gateway", r"^([0-9a-zA-Z]-?){1,48}$");
const TARGET: NameRule = rule("AgentCore gateway target", r"^([0-9a-zA-Z]-?){1,100}$");
const GUARDRAIL: NameRule = rule("Bedrock guardrail", r"^[0-9a-zA-Z_-]{1,50}$");
const DATA_KEY: NameRule = NameRule { refused_starts: &["alias/aws/"], ..rule("alias of the KMS key", r"^alias/[a-zA-Z0-9/_-]{1,250}$") };
const TABLE: NameRule = rule("DynamoDB table", r"^[a-zA-Z0-9_.-]{3,255}$");
const FUNCTION: NameRule = rule("Lambda function", r"^[a-zA-Z0-9_-]{1,64}$");
const PROJECT: NameRule = rule("Bedrock project", r"^.{1,128}$");
/// Below it stand names such as `/gateway_role_arn`; with the ARN's beginning a name may have 1011 characters.
const PARAMETER_ROOT: NameRule =
    NameRule { refused_starts: &["/aws", "/ssm"], ..rule("path of parameters", r"^(/[a-zA-Z0-9_.-]+){1,10}$") };

/// The longest use of a role among those that are compiled.
const ROLE_USE: &str = "knowledge-base";

fn of_platform(names: &Names, default_domain: bool) -> Vec<(NameRule, String)> {
    let mut list = vec![
        (USER_POOL, names.user_pool()),
        (CLIENT, names.client("Web")),
        (CLIENT, names.client("Machine")),
        (ROLE, names.role(ROLE_USE)),
        (BUCKET, names.platform_bucket()),
        (VECTOR_BUCKET, names.vector_bucket()),
        (DATA_KEY, names.data_key()),
        (TABLE, names.table(PATIENT_METADATA)),
        (PARAMETER_ROOT, names.parameter_root()),
    ];
    if default_domain {
        list.push((DOMAIN, names.domain()));
    }
    list
}

fn of_tier(names: &Names, tier: &TierName) -> Vec<(NameRule, String)> {
    vec![
        (ROLE, names.tier_role(tier, ROLE_USE)),
        (BUCKET, names.tier_bucket(tier)),
        (PREFIX, tier_prefix(tier)),
        (VECTOR_INDEX, names.vector_index(tier)),
        (KNOWLEDGE_BASE, names.knowledge_base(tier)),
        (DATA_SOURCE, names.data_source(tier)),
        (RUNTIME, names.runtime(tier)),
        (GATEWAY, names.gateway(tier)),
        (TARGET, names.gateway_target(tier)),
        (GUARDRAIL, names.guardrail(tier)),
        (PROJECT, names.project(tier)),
    ]
}

fn of_function(names: &Names, function: &FunctionName) -> Vec<(NameRule, String)> {
    vec![(FUNCTION, names.function(function)), (ROLE, names.function_role(function))]
}

/// Why the service would refuse the name.
fn refusal(rule: &NameRule, name: &str) -> Option<String> {
    // The patterns are ours and a test compiles each, so one that doesn't compile is not the user's to hear of.
    let fits = Regex::new(rule.pattern).map_or(true, |pattern| pattern.is_match(name));
    if !fits {
        return Some(format!("AWS wants it to match `{}`", rule.pattern));
    }
    let start =
        rule.refused_starts.iter().find(|start| name.starts_with(**start)).map(|s| format!("AWS keeps the beginning `{s}` for itself"));
    start.or_else(|| rule.refused_words.iter().find(|word| name.contains(**word)).map(|w| format!("AWS refuses `{w}` in it")))
}

pub(super) fn check<'t>(
    platform: &Platform,
    (tiers, functions): (impl Iterator<Item = &'t TierName>, impl Iterator<Item = &'t FunctionName>),
    default_domain: bool,
    root: &Node,
    findings: &mut Findings,
) {
    let names = platform.names();
    let mut judge = |list: Vec<(NameRule, String)>, path: &[&str]| {
        for (rule, name) in list {
            let Some(why) = refusal(&rule, &name) else { continue };
            let summary = format!("the {} would be called {}, which AWS refuses", rule.what, quoted(&name));
            let help = if rule.what == DOMAIN.what { ", or set `domain` of identity" } else { "" };
            findings.error(root.place(path), summary, "part of that name", format!("{why}; take another name here{help}"));
        }
    };
    judge(of_platform(&names, default_domain), &["platform", "name"]);
    for tier in tiers {
        judge(of_tier(&names, tier), &["tiers", tier.as_str()]);
    }
    for function in functions {
        judge(of_function(&names, function), &["functions", function.as_str()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(platform: &str, region: &str) -> Names {
        Names { platform: platform.parse().unwrap(), account: "111122223333".parse().unwrap(), region: region.parse().unwrap() }
    }

    #[test]
    fn the_longest_names_that_the_manifest_allows_fit_aws() {
        for (platform, tier, region) in [("abcdefgh-ijklmno", "abcdefghijkl", "ap-southeast-11"), ("abc", "a1", "us-east-1")] {
            let names = names(platform, region);
            let own = of_function(&names, &"abcdefghij-klmnopqrs".parse().unwrap());
            for (rule, name) in of_platform(&names, true).into_iter().chain(of_tier(&names, &tier.parse().unwrap())).chain(own) {
                assert!(Regex::new(rule.pattern).is_ok(), "{}", rule.pattern);
                assert_eq!(refusal(&rule, &name), None, "{name}");
            }
        }
    }

    #[test]
    fn words_that_aws_keeps_are_refused() {
        assert!(refusal(&BUCKET, &names("sthree-x", "us-east-1").platform_bucket()).is_some());
        assert!(refusal(&DOMAIN, &names("laws", "us-east-1").domain()).is_some());
        assert!(refusal(&RUNTIME, "with-hyphen").is_some());
        assert!(refusal(&GATEWAY, "two--hyphens").is_some());
    }
}
