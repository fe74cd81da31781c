//! The rules of the manifest's texts as patterns, for its schema. A test holds each pattern against its rule.

use super::rules::{self, Rule};
use super::shape::{Fit, Text};
use crate::names::{AccountId, FunctionName, PlatformName, Region, TenantId, TierName};

/// One line without control characters and outer spaces.
const LINE: &str = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$";
/// Lower-case words joined by single hyphens.
const WORDS: &str = "^[a-z]([a-z0-9]|-[a-z0-9])*$";
const ATTRIBUTE: &str = "^[A-Za-z0-9_.-]+$";

fn exact(rule: Rule, (least, most): (usize, usize), pattern: &str, examples: &'static [&'static str]) -> Text {
    Text { rule, least, most: Some(most), pattern: pattern.into(), fit: Fit::Exact, examples }
}

fn looser(rule: Rule, bounds: (usize, usize), pattern: &str, examples: &'static [&'static str]) -> Text {
    Text { fit: Fit::Looser, ..exact(rule, bounds, pattern, examples) }
}

/// A text whose length no rule bounds.
fn endless(text: Text) -> Text {
    Text { most: None, ..text }
}

pub(super) fn platform() -> Text {
    exact(|text| text.parse::<PlatformName>().map(drop).map_err(|e| e.to_string()), (3, 16), WORDS, &["healthcare"])
}

pub(super) fn tier() -> Text {
    looser(|text| text.parse::<TierName>().map(drop).map_err(|e| e.to_string()), (2, 12), "^[a-z][a-z0-9]*$", &["basic"])
}

pub(super) fn tenant() -> Text {
    looser(|text| text.parse::<TenantId>().map(drop).map_err(|e| e.to_string()), (3, 27), WORDS, &["clinic-a"])
}

pub(super) fn function() -> Text {
    exact(|text| text.parse::<FunctionName>().map(drop).map_err(|e| e.to_string()), (2, 20), WORDS, &["tools"])
}

pub(super) fn account() -> Text {
    exact(|text| text.parse::<AccountId>().map(drop).map_err(|e| e.to_string()), (12, 12), "^[0-9]{12}$", &["111122223333"])
}

pub(super) fn region() -> Text {
    let rule: Rule = |text| text.parse::<Region>().map(drop).map_err(|e| e.to_string());
    endless(looser(rule, (6, 0), "^[a-z]+(-[a-z]+)+-[0-9]+$", &["us-east-1"]))
}

pub(super) fn display_name() -> Text {
    looser(rules::display_name, (1, 128), LINE, &["Family Practice Medical Center"])
}

pub(super) fn description() -> Text {
    looser(rules::description, (1, 200), LINE, &["What the clinics' agents may look up"])
}

pub(super) fn setting() -> Text {
    looser(rules::setting, (1, 1024), LINE, &["8am-5pm"])
}

pub(super) fn setting_key() -> Text {
    exact(rules::setting_key, (1, 64), ATTRIBUTE, &["operating_hours"])
}

pub(super) fn table_name() -> Text {
    exact(rules::table_name, (1, 64), "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", &["visits"])
}

pub(super) fn attribute_name() -> Text {
    exact(rules::attribute_name, (1, 64), ATTRIBUTE, &["visit_id"])
}

pub(super) fn index_name() -> Text {
    exact(rules::index_name, (3, 255), ATTRIBUTE, &["by-date"])
}

pub(super) fn stage_name() -> Text {
    looser(rules::stage_name, (1, 128), "^[A-Za-z0-9_-]+$", &["prod"])
}

pub(super) fn role() -> Text {
    looser(rules::role, (1, 128), LINE, &["physician", "nurse"])
}

pub(super) fn claim() -> Text {
    looser(rules::claim, (1, 20), "^[A-Za-z0-9_]+$", &["clinic_id"])
}

pub(super) fn group_name() -> Text {
    exact(rules::group_name, (1, 128), "^[A-Za-z0-9_.:+=@-]+$", &["admin"])
}

pub(super) fn domain_prefix() -> Text {
    looser(rules::domain_prefix, (1, 63), "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", &["city-clinics-login"])
}

pub(super) fn resource_identifier() -> Text {
    exact(rules::resource_identifier, (1, 128), r"^[!#-\[\]-~]+$", &["healthcare-api"])
}

pub(super) fn scope_name() -> Text {
    exact(rules::scope_name, (1, 127), r"^[!#-.0-\[\]-~]+$", &["read"])
}

pub(super) fn callback_url() -> Text {
    let pattern = r"^(https://[!-~]+|http://(localhost|127\.0\.0\.1|\[::1\])[!-~]*)$";
    looser(rules::callback_url, (1, 1024), pattern, &["https://app.example.com/callback", "http://localhost:8501/"])
}

pub(super) fn email() -> Text {
    looser(rules::email, (3, 128), r"^[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", &["dr.smith@clinic-a.com"])
}

pub(super) fn model() -> Text {
    let pattern = r"^[a-z0-9][a-z0-9.:_-]*\.[a-z0-9.:_-]*[a-z0-9]$";
    looser(rules::model, (3, 140), pattern, &["mistral.ministral-3-8b-instruct", "openai.gpt-oss-120b"])
}

pub(super) fn tag_key() -> Text {
    let pattern = "^[A-Za-z0-9_.:/=+@-]([A-Za-z0-9 _.:/=+@-]*[A-Za-z0-9_.:/=+@-])?$";
    looser(rules::tag_key, (1, 128), pattern, &["CostCenter"])
}

pub(super) fn tag_value() -> Text {
    let pattern = "^([A-Za-z0-9_.:/=+@-]([A-Za-z0-9 _.:/=+@-]*[A-Za-z0-9_.:/=+@-])?)?$";
    exact(rules::tag_value, (0, 256), pattern, &["HC-Basic"])
}

pub(super) fn variable_name() -> Text {
    looser(rules::variable_name, (1, 100), "^[A-Za-z_][A-Za-z0-9_]*$", &["LOG_LEVEL"])
}

pub(super) fn variable_value() -> Text {
    exact(rules::variable_value, (0, 5000), r"^[^\x00-\x1f\x7f]*$", &["debug"])
}

pub(super) fn lambda_variable_name() -> Text {
    looser(rules::lambda_variable_name, (2, 100), "^[A-Za-z][A-Za-z0-9_]*$", &["LOG_LEVEL"])
}

pub(super) fn runtime_header() -> Text {
    looser(rules::runtime_header, (1, 256), "^[A-Za-z][A-Za-z0-9_-]*$", &["Authorization"])
}

pub(super) fn gateway_header() -> Text {
    looser(rules::gateway_header, (1, 100), "^[A-Za-z][A-Za-z0-9_-]*$", &["X-Clinic-ID"])
}

pub(super) fn strategy_name() -> Text {
    exact(rules::strategy_name, (1, 48), "^[A-Za-z][A-Za-z0-9_]*$", &["clinical_facts"])
}

/// `rule` says what may stand in it, and `pattern` so does as well.
pub(super) fn namespace(rule: Rule, pattern: String) -> Text {
    Text { pattern, ..exact(rule, (1, 512), "", &["clinic/{actorId}/facts/{sessionId}"]) }
}

pub(super) fn blocked_message() -> Text {
    looser(rules::blocked_message, (1, 500), LINE, &["This can't be answered here."])
}

pub(super) fn blocked_word() -> Text {
    looser(rules::blocked_word, (1, 100), LINE, &["miracle cure"])
}

pub(super) fn topic_name() -> Text {
    exact(rules::topic_name, (1, 100), "^[A-Za-z0-9_!?.-]([A-Za-z0-9 _!?.-]*[A-Za-z0-9_!?.-])?$", &["Investment advice"])
}

pub(super) fn topic_definition() -> Text {
    looser(rules::topic_definition, (1, 200), LINE, &["Advice on where to put money"])
}

pub(super) fn topic_example() -> Text {
    looser(rules::topic_example, (1, 100), LINE, &["Which shares should I buy?"])
}

pub(super) fn handler() -> Text {
    let pattern = r"^([A-Za-z_][A-Za-z0-9_]*[./])*[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$";
    exact(rules::handler, (3, 128), pattern, &["main.handler"])
}

pub(super) fn function_policy() -> Text {
    looser(rules::function_policy, (1, 64), "^[A-Za-z0-9_-]+$", &["proxy-function"])
}

pub(super) fn entry_point() -> Text {
    looser(rules::entry_point, (1, 128), LINE, &["main.py"])
}

pub(super) fn cedar_file() -> Text {
    endless(looser(rules::cedar_file, (7, 0), r"(^|/)[A-Za-z0-9_-]{1,64}\.cedar$", &["policies/clinic-config.cedar"]))
}

pub(super) fn path(examples: &'static [&'static str]) -> Text {
    endless(looser(rules::path, (1, 0), r"^[^/\x00][^\x00]*$", examples))
}

pub(super) fn lambda_arn() -> Text {
    let pattern = r"^arn:aws:lambda:[A-Za-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$";
    endless(exact(rules::lambda_arn, (1, 0), pattern, &["arn:aws:lambda:us-east-1:111122223333:function:tools"]))
}

pub(super) fn boundary() -> Text {
    let pattern = r"^arn:aws:iam::([0-9]{12}|aws):policy/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}$";
    endless(exact(rules::boundary, (1, 0), pattern, &["arn:aws:iam::111122223333:policy/tenantry-boundary"]))
}

pub(super) fn image() -> Text {
    let pattern = r"^(public\.ecr\.aws/|[0-9]{12}\.dkr\.ecr\.[A-Za-z0-9-]+\.amazonaws\.com/)[^\s]+[:@][^\s]+$";
    looser(rules::image, (1, 1024), pattern, &["111122223333.dkr.ecr.us-east-1.amazonaws.com/agents/basic:1.2"])
}
