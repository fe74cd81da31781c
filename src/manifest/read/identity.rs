//! The section `identity`: who signs in, and what their tokens say.

use std::collections::{BTreeMap, BTreeSet};

use super::super::section::{Findings, Section, entries};
use super::super::{Claims, Group, Identity, Located, MachineClient, Mfa, Platform, ResourceServer, WebClient, rules};
use super::function;
use crate::diagnostic::{choices, quoted};
use crate::kinds::Invitation;

mod shape;

pub(super) use shape::shape;

/// Custom attributes of the user pool: `custom:tier`, `custom:tenant_id`, `custom:role`.
const TIER_CLAIM: &str = "tier";
const TENANT_CLAIM: &str = "tenant_id";
const ROLE_CLAIM: &str = "role";
/// Where a development web app runs.
const CALLBACK_URL: &str = "http://localhost:8501/";
/// The scope that machine clients ask for.
const SCOPE: (&str, &str) = ("read", "Read access to the platform");
/// Access and ID tokens; Cognito takes five minutes to a day.
const TOKEN_MINUTES: u32 = 60;
const TOKEN_BOUNDS: (u32, u32) = (5, 1440);
/// Refresh tokens; Cognito takes up to ten years.
const REFRESH_DAYS: u32 = 30;
const REFRESH_BOUNDS: (u32, u32) = (1, 3650);
/// Of a group: the lowest decides.
const PRECEDENCE: (u32, u32) = (0, i32::MAX.unsigned_abs());
/// Of a web client, coming back and going out alike.
const MOST_URLS: usize = 100;
/// The words for `mfa` and `invitations`.
const MFAS: &[(&str, Mfa)] = &[("off", Mfa::Off), ("optional", Mfa::Optional), ("required", Mfa::Required)];
const INVITATIONS: &[(&str, Invitation)] = &[("suppress", Invitation::Suppress), ("send", Invitation::Send)];

/// What stands beside the tenant in a document's metadata and in an agent's line of usage.
const TENANT_IS_NOT: [&str; 7] = ["tier", "document_type", "event", "model_id", "input_tokens", "output_tokens", "total_tokens"];

const KEYS: &[&str] =
    &["claims", "domain", "groups", "resource_server", "web_client", "machine_client", "mfa", "invitations", "pre_token_lambda"];

/// Without a platform there is no default for the resource server, and the platform's own finding says enough.
pub(super) fn read(top: &Section, platform: Option<&Platform>, functions: &BTreeSet<String>, findings: &mut Findings) -> Option<Identity> {
    let section = top.section("identity", "identity", KEYS, findings);
    let section = section.as_ref();
    let below = |key: &str, known: &[&str], findings: &mut Findings| {
        section.and_then(|s| s.section(key, &format!("identity's `{key}`"), known, findings))
    };
    let claims = claims(below("claims", &["tier", "tenant", "role"], findings).as_ref(), findings);
    let groups = section.map(|s| groups(s, findings)).unwrap_or_default();
    let server = below("resource_server", &["identifier", "scopes"], findings);
    let resource_server = resource_server(server.as_ref(), platform, findings);
    let web = below("web_client", &["callback_urls", "logout_urls", "token_minutes", "refresh_days"], findings);
    let web_client = web_client(web.as_ref(), findings);
    let machine = below("machine_client", &["token_minutes"], findings);
    let machine_client = machine.map(|m| MachineClient { token_minutes: m.number("token_minutes", TOKEN_MINUTES, TOKEN_BOUNDS, findings) });
    let domain = section.and_then(|s| s.ruled("domain", rules::domain_prefix, findings));
    let mfa = section.map_or(Mfa::Optional, |s| mfa(s, findings));
    let invitations = section.map_or(Invitation::Suppress, |s| invitations(s, findings));
    if let (Some(server), Some(section), Some(_)) = (&resource_server, section, &machine_client)
        && server.scopes.is_empty()
    {
        let summary = "the machine client has no scope to ask for";
        findings.error(
            section.span("machine_client"),
            summary,
            "",
            "give `resource_server` at least one scope, or remove `machine_client`",
        );
    }
    let pre_token_lambda = section.and_then(|s| function::reference(s, "pre_token_lambda", functions, findings));
    Some(Identity {
        claims,
        domain,
        groups,
        resource_server: resource_server?,
        web_client,
        machine_client,
        mfa,
        invitations,
        pre_token_lambda,
    })
}

fn claims(section: Option<&Section>, findings: &mut Findings) -> Claims {
    let mut taken: Vec<Located<String>> = Vec::new();
    let mut claim = |key: &str, default: &str| {
        let Some(found) = section.and_then(|s| s.located(key, rules::claim, findings)) else { return default.to_owned() };
        // Cognito tells attributes apart by case, people don't.
        if let Some(first) = taken.iter().find(|t| t.value.eq_ignore_ascii_case(&found.value)) {
            let summary = format!("two claims are called {}", quoted(&found.value));
            findings.twice(found.span, first.span, summary, "give each claim its own attribute: tier, tenant and role decide about access");
        }
        taken.push(found.clone());
        found.value
    };
    let taken_by_us = |name: &str| TENANT_IS_NOT.iter().any(|word| word.eq_ignore_ascii_case(name));
    let claims = Claims { tier: claim("tier", TIER_CLAIM), tenant: claim("tenant", TENANT_CLAIM), role: claim("role", ROLE_CLAIM) };
    let names = [&claims.tier, &claims.tenant, &claims.role];
    let distinct: BTreeSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    if let Some(section) = section.filter(|_| taken_by_us(&claims.tenant)) {
        let summary = format!("the claim {} has the name of something else beside it", quoted(&claims.tenant));
        let help = format!("documents' metadata and agents' log lines call the tenant by it, and have these: {}", TENANT_IS_NOT.join(", "));
        findings.error(section.span("tenant"), summary, "", help);
    }
    // A written claim may still meet the default of another.
    if let Some(section) = section.filter(|s| distinct.len() < 3 && s.get("tier").and(s.get("tenant")).and(s.get("role")).is_none()) {
        let help =
            format!("the defaults are tier: {TIER_CLAIM}, tenant: {TENANT_CLAIM}, role: {ROLE_CLAIM}; give each claim its own attribute");
        findings.error(section.span("claims"), "two claims have the same name, one of them by default", "", help);
    }
    claims
}

fn groups(identity: &Section, findings: &mut Findings) -> BTreeMap<String, Group> {
    let Some(node) = identity.get("groups") else { return BTreeMap::new() };
    let mut groups = BTreeMap::new();
    for (name, (span, body)) in entries(node, identity.span("groups"), "the groups", findings) {
        if let Err(why) = rules::group_name(name) {
            findings.error(span, format!("{} can't be a group's name", quoted(name)), "", why);
        }
        let section = Section::open(body, span, format!("group {}", quoted(name)), &["description", "precedence"], findings);
        let description = section.ruled("description", rules::description, findings);
        let precedence = section.get("precedence").map(|_| section.number("precedence", 0, PRECEDENCE, findings));
        groups.insert(name.to_owned(), Group { description, precedence });
    }
    groups
}

fn resource_server(section: Option<&Section>, platform: Option<&Platform>, findings: &mut Findings) -> Option<ResourceServer> {
    let written = section.and_then(|s| s.ruled("identifier", rules::resource_identifier, findings));
    let scopes = match section.filter(|s| s.get("scopes").is_some()) {
        Some(section) => section.map("scopes", (rules::scope_name, rules::display_name), findings),
        None => BTreeMap::from([(SCOPE.0.to_owned(), SCOPE.1.to_owned())]),
    };
    let identifier = written.or_else(|| platform.map(|p| format!("{}-api", p.name)))?;
    Some(ResourceServer { identifier, scopes })
}

fn web_client(section: Option<&Section>, findings: &mut Findings) -> WebClient {
    let mut urls = |key: &str, default: &[&str]| -> BTreeSet<String> {
        let Some((section, written)) = section.and_then(|s| Some((s, s.texts(key, rules::callback_url, findings)?))) else {
            return default.iter().map(|url| (*url).to_owned()).collect();
        };
        if written.len() > MOST_URLS {
            findings.error(
                section.span(key),
                format!("`{key}` has {} URLs", written.len()),
                "",
                format!("Cognito takes at most {MOST_URLS}"),
            );
        }
        written.into_iter().map(|url| url.value).collect()
    };
    let callback_urls = urls("callback_urls", &[CALLBACK_URL]);
    let logout_urls = urls("logout_urls", &[]);
    if let Some(section) =
        section.filter(|s| callback_urls.is_empty() && s.get("callback_urls").is_some_and(super::super::yaml::Node::is_empty))
    {
        findings.error(
            section.span("callback_urls"),
            "the web client has no callback URL",
            "",
            "write the URL that your app is called back on",
        );
    }
    let (mut token_minutes, mut refresh_days) = (TOKEN_MINUTES, REFRESH_DAYS);
    if let Some(section) = section {
        token_minutes = section.number("token_minutes", TOKEN_MINUTES, TOKEN_BOUNDS, findings);
        refresh_days = section.number("refresh_days", REFRESH_DAYS, REFRESH_BOUNDS, findings);
    }
    WebClient { callback_urls, logout_urls, token_minutes, refresh_days }
}

fn invitations(identity: &Section, findings: &mut Findings) -> Invitation {
    word(identity, "invitations", INVITATIONS, findings).unwrap_or(Invitation::Suppress)
}

fn mfa(identity: &Section, findings: &mut Findings) -> Mfa {
    word(identity, "mfa", MFAS, findings).unwrap_or(Mfa::Optional)
}

/// One of the words that a key may have; none where it is left out or has a mistake.
fn word<T: Copy>(identity: &Section, key: &str, known: &[(&str, T)], findings: &mut Findings) -> Option<T> {
    let node = identity.get(key)?;
    let what = format!("`{key}` of identity");
    let text = findings.text(node, &what)?;
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let help = choices(text, "it is one of", known.iter().map(|(name, _)| *name));
        findings.error(node.span, format!("{} can't be {what}", quoted(text)), "", help);
    }
    found
}
