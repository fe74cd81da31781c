//! Names pass AWS's rules, and never meet.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use regex::Regex;

use super::*;

thread_local! {
    /// Compiling a pattern takes longer than everything else here.
    static COMPILED: RefCell<BTreeMap<&'static str, Regex>> = const { RefCell::new(BTreeMap::new()) };
}

proptest! {
    /// Patterns and lengths as AWS's API models have them, 2026-09.
    #[test]
    fn names_pass_awss_rules_and_never_meet(
        platform in "[a-z][a-z0-9]{2,7}(-[a-z0-9]{1,7})?",
        tiers in proptest::collection::btree_set("[a-z][a-z0-9]{1,11}", 1..5),
        account in "[0-9]{12}",
    ) {
        let Ok(platform) = platform.parse::<PlatformName>() else { return Ok(()) };
        let names = Names { platform, account: account.parse().unwrap(), region: "ap-southeast-2".parse().unwrap() };
        let mut buckets = vec![names.platform_bucket()];
        let mut roles = vec![names.role("runtime"), names.role("gateway"), names.role("tvm")];
        let mut rules = vec![
            (names.user_pool(), r"^[\w\s+=,.@-]{1,128}$"),
            (names.client("Machine"), r"^[\w\s+=,.@-]{1,128}$"),
            (names.domain(), r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$"),
            (names.credential_provider(), r"^[a-zA-Z0-9\-_]{1,128}$"),
            (names.registry(), r"^[a-zA-Z0-9][a-zA-Z0-9_./-]{0,63}$"),
            (names.vector_bucket(), r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"),
            (names.parameter_root(), r"^(/[a-zA-Z0-9_.-]+)+$"),
        ];
        for tier in tiers.iter().filter_map(|t| t.parse::<TierName>().ok()) {
            buckets.push(names.tier_bucket(&tier));
            roles.push(names.tier_role(&tier, "kb"));
            rules.push((names.vector_index(&tier), r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"));
            rules.push((names.knowledge_base(&tier), r"^([0-9a-zA-Z][_-]?){1,100}$"));
            rules.push((names.data_source(&tier), r"^([0-9a-zA-Z][_-]?){1,100}$"));
            rules.push((names.runtime(&tier), r"^[a-zA-Z][a-zA-Z0-9_]{0,47}$"));
            rules.push((names.gateway(&tier), r"^([0-9a-zA-Z][-]?){1,48}$"));
            rules.push((names.rate_limit(&tier), r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9]$"));
            rules.push((names.gateway_target(&tier), r"^([0-9a-zA-Z][-]?){1,100}$"));
            rules.push((names.policy(&tier, "office-hours-of-the-clinics-on-weekdays-only"), r"^[A-Za-z][A-Za-z0-9_]{0,47}$"));
            rules.push((names.policy_engine(), r"^[A-Za-z][A-Za-z0-9_]{0,47}$"));
            rules.push((names.memory(&tier), r"^[a-zA-Z][a-zA-Z0-9_]{0,47}$"));
            rules.push((names.guardrail(&tier), r"^[0-9a-zA-Z_-]{1,50}$"));
            rules.push((names.project(&tier), r"^.{1,128}$"));
        }
        for bucket in &buckets {
            rules.push((bucket.clone(), r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"));
        }
        for role in &roles {
            rules.push((role.clone(), r"^[\w+=,.@-]{1,64}$"));
        }
        for (name, rule) in &rules {
            let matches = COMPILED.with_borrow_mut(|all| all.entry(rule).or_insert_with(|| Regex::new(rule).unwrap()).is_match(name));
            prop_assert!(matches, "`{}` does not match {}", name, rule);
        }
        prop_assert_eq!(buckets.iter().collect::<BTreeSet<_>>().len(), buckets.len());
        prop_assert_eq!(roles.iter().collect::<BTreeSet<_>>().len(), roles.len());
    }

    /// `{tier}-{tenant}` and the prefix of a tenant can be read one way only.
    #[test]
    fn composites_are_unambiguous(
        a in ("[a-z][a-z0-9]{1,11}", "[a-z][a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,3}"),
        b in ("[a-z][a-z0-9]{1,11}", "[a-z][a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,3}"),
    ) {
        let read = |(tier, tenant): &(String, String)| Some((tier.parse::<TierName>().ok()?, tenant.parse::<TenantId>().ok()?));
        let (Some(a), Some(b)) = (read(&a), read(&b)) else { return Ok(()) };
        if a != b {
            prop_assert_ne!(format!("{}-{}", a.0, a.1), format!("{}-{}", b.0, b.1));
            let (one, other) = (tenant_prefix(&a.0, &a.1), tenant_prefix(&b.0, &b.1));
            prop_assert!(!one.starts_with(&other) && !other.starts_with(&one), "{} and {} overlap", one, other);
        }
    }
}

#[test]
fn ids_that_could_be_paths_wildcards_or_somebody_else() {
    for wrong in [
        "a",
        "clinic/a",
        "clinic..a",
        "clinic*",
        "Clinic-a",
        "clinic--a",
        "-clinic",
        "clinic-",
        "clinic_a",
        "сlinic-a",
        "default",
        "1clinic",
        "",
    ] {
        assert!(wrong.parse::<TenantId>().is_err(), "`{wrong}`");
    }
    assert!("c".repeat(200).parse::<TenantId>().is_err());
    for right in ["clinic-a", "hospital-b", "abc", "st-marys-2"] {
        assert!(right.parse::<TenantId>().is_ok(), "`{right}`");
    }
    assert!("tenantry".parse::<TierName>().is_err() && "a-b".parse::<TierName>().is_err());
}

#[test]
fn everything_that_is_wrong_with_an_id_is_said_and_shown_plainly() {
    let why = |text: &str| text.parse::<TenantId>().unwrap_err().to_string();
    for (text, shown) in [("a*", "`*`"), ("a\"b", "`\"`"), ("a'b", "`'`"), ("a\u{202e}b", "`\\u{202e}`"), ("klinik-ä", "`ä` (U+00E4)")] {
        assert!(why(text).contains(&format!("this one has {shown}")), "{}", why(text));
    }
    assert!(why("a*").contains("this one has 2"), "{}", why("a*"));
    assert!(why("-x").contains("this one has 2") && why("-x").contains("starts with a letter"), "{}", why("-x"));
}

#[test]
fn regions_of_other_partitions_are_refused_with_the_reason() {
    for region in ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"] {
        let why = region.parse::<Region>().unwrap_err().to_string();
        assert!(why.contains("partition"), "{region}: {why}");
    }
    for region in ["us-east-1", "eu-central-2", "ap-southeast-2", "mx-central-1"] {
        assert!(region.parse::<Region>().is_ok(), "{region}");
    }
}

#[test]
fn a_policy_says_by_its_gateway_which_tier_it_is_about() {
    let names = Names { platform: "acme".parse().unwrap(), account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    let tier = |text: &str| names.tier_of_gateway(text).map(|tier| tier.to_string());
    let arn = |name: &str| format!("resource == AgentCore::Gateway::\"arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/{name}\");");
    assert_eq!(tier(&arn("acme-one-gw-ab12cd34ef")).as_deref(), Some("one"));
    assert_eq!(tier(&arn(&format!("{}-ab12cd34ef", names.gateway(&"basic".parse().unwrap())))).as_deref(), Some("basic"));
    for other in [arn("other-basic-gw-ab12cd34ef"), arn("acme-basic"), "permit(principal, action, resource);".into()] {
        assert_eq!(tier(&other), None, "{other}");
    }
}
