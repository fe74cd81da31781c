//! Plans of any size, made by hand, and what their pages say.

use serde_json::{Value, json};

use super::*;
use crate::kinds::{AnyFound, Ownership};
use crate::names::TenantId;
use crate::plan::{FieldChange, Target};

pub(crate) fn facts(tenants: &[(&str, &str)]) -> Facts {
    Facts {
        file: "tenants.yaml".into(),
        place: Place::Aws,
        profile: "article",
        tiers: ["basic", "premium"].map(|tier| tier.parse().unwrap()).into(),
        memories: ["basic".parse().unwrap()].into(),
        tenants: tenants.iter().map(|(id, tier)| (id.parse().unwrap(), tier.parse().unwrap())).collect(),
        token_minutes: 60,
        tier_claim: "tier".into(),
        role_claim: "role".into(),
        offers: BTreeMap::new(),
    }
}

/// A plan under construction.
pub(crate) struct Draft(pub(crate) Plan);

impl Draft {
    pub(crate) fn new() -> Self {
        let target = Target { platform: "acme".into(), account: "111122223333".into(), region: "eu-west-1".into() };
        let (changes, kept, blocked, unchanged, close) = (vec![], vec![], vec![], vec![], vec![]);
        Self(Plan { target, changes, kept, blocked, unchanged, close, outputs: BTreeMap::new(), partial: None })
    }

    /// A change by its address; fields are path, before and after.
    pub(crate) fn does(&mut self, action: Action, address: &str, name: &str, fields: &[(&str, Value, Value)]) -> &mut Change {
        let address: Address = address.parse().unwrap();
        let live = (action != Action::Create).then(|| AnyFound {
            spec: json!({ "name": name }),
            output: json!({ "id": address.to_string() }),
            mark: Ownership::Ours { spec: None },
        });
        let fields =
            fields.iter().map(|(path, before, after)| FieldChange { path: (*path).into(), before: before.clone(), after: after.clone() });
        self.0.changes.push(Change {
            address,
            action,
            cause: Cause::Manifest,
            fields: fields.collect(),
            replaces: Vec::new(),
            loses: Vec::new(),
            desired: (action != Action::Delete).then(|| json!({ "name": name })),
            live,
        });
        self.0.changes.last_mut().unwrap()
    }

    pub(crate) fn stays(&mut self, address: &str) {
        self.0.unchanged.push(address.parse().unwrap());
    }

    pub(crate) fn keeps(&mut self, address: &str) {
        self.0.kept.push(address.parse().unwrap());
    }

    pub(crate) fn blocks(&mut self, address: &str, why: &str) {
        let way_out = "remove the protection first".into();
        self.0.blocked.push(Blocked { address: address.parse().unwrap(), why: why.into(), way_out, in_the_way: false });
    }

    pub(crate) fn arrives(&mut self, id: &str, tier: &str) {
        self.does(Action::Create, &format!("prefix/tenant:{id}/{tier}"), &format!("{tier}-tier/{id}/"), &[]);
        let mail = format!("admin@{id}.example");
        let invited = ("invitation", Value::Null, json!("send"));
        self.does(Action::Create, &format!("user/tenant:{id}/{mail}"), &mail, &[invited]);
    }

    pub(crate) fn moves(&mut self, id: &str, from: &str, to: &str) {
        self.does(Action::Create, &format!("prefix/tenant:{id}/{to}"), &format!("{to}-tier/{id}/"), &[]);
        let mail = format!("admin@{id}.example");
        self.does(Action::Update, &format!("user/tenant:{id}/{mail}"), &mail, &[("claims.tier", json!(from), json!(to))]);
        self.keeps(&format!("prefix/tenant:{id}/{from}"));
    }
}

/// A few changes of every sort.
pub(crate) fn small() -> (Plan, Facts) {
    let mut draft = Draft::new();
    draft.moves("clinic-lakeside", "basic", "premium");
    draft.arrives("clinic-harbor", "basic");
    draft.does(
        Action::Update,
        "policy/tier:premium/hours",
        "acme_premium_hours",
        &[("statement", json!("permit(x)\nwhen hour < 18;"), json!("permit(x)\nwhen hour < 20;"))],
    );
    let gateway = ("authorizer_type", json!("OTHER"), json!("CUSTOM_JWT"));
    draft.does(Action::Replace, "gateway/tier:premium/main", "acme-premium-gw", &[gateway]).replaces =
        vec!["authorizer_type: AWS rejects a change in place".into()];
    draft.does(Action::Update, "guardrail/tier:basic/main", "acme-basic-guardrail", &[("topics", json!(["a"]), json!(["a", "b"]))]).cause =
        Cause::Drift;
    draft.blocks("prefix/tenant:clinic-oldtown/basic", "it is protected");
    for id in ["clinic-a", "clinic-b", "clinic-oldtown"] {
        draft.stays(&format!("prefix/tenant:{id}/premium"));
    }
    draft.stays("key/platform/data");
    let tenants = [
        ("clinic-a", "premium"),
        ("clinic-b", "premium"),
        ("clinic-harbor", "basic"),
        ("clinic-lakeside", "premium"),
        ("clinic-oldtown", "premium"),
    ];
    (draft.0, facts(&tenants))
}

/// Ten thousand tenants, nearly all of which change in one way.
pub(crate) fn many() -> (Plan, Facts) {
    let ids: Vec<String> = (0..10_000).map(|n| format!("clinic-{n:05}")).collect();
    let tier = |n: usize| if n.is_multiple_of(5) { "premium" } else { "basic" };
    let mut draft = Draft::new();
    for (n, id) in ids.iter().enumerate() {
        match n {
            7 => drop(draft.does(Action::Delete, &format!("prefix/tenant:{id}/basic"), "basic-tier/x/", &[])),
            31 | 440 | 1201 => draft.moves(id, "premium", "basic"),
            100..112 => draft.arrives(id, "basic"),
            9000..9142 => draft.stays(&format!("tenant_row/tenant:{id}/clinic-config")),
            2000..2060 => {
                let field = ("attributes.note", json!("x"), json!(format!("note {}", n / 2)));
                draft.does(Action::Update, &format!("tenant_row/tenant:{id}/clinic-config"), "clinic-config", &[field]);
                draft.stays(&format!("prefix/tenant:{id}/{}", tier(n)));
            }
            _ => {
                let field = ("attributes.hours", json!("8-17"), json!("8-18"));
                draft.does(Action::Update, &format!("tenant_row/tenant:{id}/clinic-config"), "clinic-config", &[field]);
                draft.stays(&format!("prefix/tenant:{id}/{}", tier(n)));
            }
        }
    }
    let tenants: Vec<(&str, &str)> = ids.iter().enumerate().filter(|(n, _)| *n != 7).map(|(n, id)| (id.as_str(), tier(n))).collect();
    let mut facts = facts(&tenants);
    for n in [31, 440, 1201] {
        facts.tenants.insert(ids[n].parse().unwrap(), "basic".parse().unwrap());
    }
    (draft.0, facts)
}

fn group_of<'p>(page: &'p Page<'_>, id: &str) -> &'p Group {
    let id: TenantId = id.parse().unwrap();
    page.groups.iter().find(|g| g.members.contains(&id)).unwrap()
}

#[test]
fn a_tier_change_is_one_move_with_what_follows_from_it() {
    let (plan, facts) = small();
    let page = Page::of(&plan, &facts);
    let moved = page.tenant(&"clinic-lakeside".parse().unwrap()).unwrap();
    assert_eq!(moved.action, TenantAction::Move { from: "basic".parse().unwrap(), to: "premium".parse().unwrap() });
    let words: Vec<String> = moved.consequences.iter().map(|c| c.words()).collect();
    for said in ["keep \"basic\" for up to 60 min", "memory stays in tier basic", "documents under basic-tier/clinic-lakeside/ stay"] {
        assert!(words.iter().any(|w| w.contains(said)), "{said}: {words:?}");
    }
    assert_eq!((page.totals.tenants.moved, page.totals.tenants.create, page.totals.tenants.delete), (1, 1, 0));
    assert_eq!((page.totals.tenants.blocked, page.totals.tenants.unchanged), (1, 2));
}

#[test]
fn tenants_that_change_alike_are_one_group_and_risky_ones_come_first_and_never_fold() {
    let (plan, facts) = many();
    let page = Page::of(&plan, &facts);
    let first: Vec<(Option<RiskKind>, usize)> = page.groups.iter().take(4).map(|g| (g.risk, g.members.len())).collect();
    assert_eq!(first, [(Some(RiskKind::Delete), 1), (Some(RiskKind::Move), 3), (None, 9782), (None, 9)]);
    assert!(page.groups.iter().all(|g| (g.fold == Fold::Never) == g.risk.is_some()));
    let members: usize = page.groups.iter().map(|g| g.members.len()).sum();
    assert_eq!(members, page.tenants.len(), "every tenant stands in one group");
    assert_eq!(group_of(&page, "clinic-02000"), group_of(&page, "clinic-02001"));
    assert_ne!(group_of(&page, "clinic-02000"), group_of(&page, "clinic-02002"));
    assert_eq!((page.totals.tenants.unchanged, page.share.unwrap().percent), (142, 98));
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

#[test]
fn own_names_make_no_difference_and_other_values_do() {
    let page = |second: Value| {
        let mut draft = Draft::new();
        for (id, value) in [("clinic-a", json!("https://clinic-a.example/x")), ("clinic-b", second)] {
            let field = ("attributes.site", json!("arn:aws:s3:::some/key"), value);
            draft.does(Action::Update, &format!("tenant_row/tenant:{id}/clinic-config"), "clinic-config", &[field]);
            draft.stays(&format!("prefix/tenant:{id}/basic"));
        }
        let facts = facts(&[("clinic-a", "basic"), ("clinic-b", "basic")]);
        Page::of(&draft.0, &facts).groups.len()
    };
    assert_eq!(page(json!("https://clinic-b.example/x")), 1);
    assert_eq!(page(json!("https://clinic-b.example/y")), 2);
}

#[test]
fn drift_stands_apart_from_what_the_manifest_asks_for() {
    let (plan, facts) = small();
    let page = Page::of(&plan, &facts);
    assert_eq!(page.drift.iter().map(|r| r.kind.as_str()).collect::<Vec<_>>(), ["guardrail"]);
    assert!(page.shared.iter().flat_map(|s| &s.resources).all(|r| r.kind != "guardrail"));
    assert!(page.risks.iter().any(|r| r.kind == RiskKind::Drift));
}

#[test]
fn who_leaves_is_suspended_or_comes_back_is_told_so() {
    let shut = |action, before, after, stays: bool| {
        let mut draft = Draft::new();
        let field = ("enabled", json!(before), json!(after));
        draft.does(action, "user/tenant:clinic-a/a@b.example", "a@b.example", &[field]);
        if stays {
            draft.stays("prefix/tenant:clinic-a/basic");
        }
        let facts = facts(&[("clinic-a", "basic")]);
        Page::of(&draft.0, &facts).tenants[0].action.clone()
    };
    assert_eq!(shut(Action::Close, true, false, false), TenantAction::Leave);
    assert_eq!(shut(Action::Close, true, false, true), TenantAction::Change, "one user of a tenant leaves");
    assert_eq!(shut(Action::Update, true, false, true), TenantAction::Suspend);
    assert_eq!(shut(Action::Update, false, true, true), TenantAction::Resume);
    assert_eq!(shut(Action::Delete, true, false, false), TenantAction::Delete);
}

#[test]
fn wider_access_is_seen_and_narrower_is_not() {
    let statement = |effect: &str, actions: &[&str]| json!({ "Effect": effect, "Action": actions, "Resource": ["*"] });
    let policy = |statements: &[Value]| json!({ "Statement": statements });
    let widens = |kind: &str, path: &str, before: Value, after: Value| {
        let mut draft = Draft::new();
        draft.does(Action::Update, &format!("{kind}/platform/x"), "x", &[(path, before, after)]);
        let facts = facts(&[]);
        Page::of(&draft.0, &facts).risks.iter().any(|r| r.kind == RiskKind::Widen)
    };
    let (one, two) = (statement("Allow", &["s3:Get"]), statement("Allow", &["s3:Get", "s3:Put"]));
    let deny = statement("Deny", &["s3:Get"]);
    let trusting = |tiers: &[&str]| json!({ "Effect": "Allow", "Condition": { "StringEquals": { "aws:RequestTag/Tier": tiers } } });
    for (kind, path, before, after, wide) in [
        ("role", "policy", policy(std::slice::from_ref(&one)), policy(std::slice::from_ref(&two)), true),
        ("role", "policy", policy(&[two]), policy(std::slice::from_ref(&one)), false),
        ("role", "trust", policy(&[]), policy(&[one]), true),
        ("role", "trust", policy(&[trusting(&["basic", "premium"])]), policy(&[trusting(&["premium"])]), false),
        ("role", "trust", policy(&[trusting(&["premium"])]), policy(&[trusting(&["basic", "premium"])]), true),
        ("bucket", "policy", policy(std::slice::from_ref(&deny)), Value::Null, true),
        ("bucket", "policy", Value::Null, policy(&[deny]), false),
        ("user", "claims.role", json!("nurse"), json!("admin"), true),
        ("policy", "statement", json!("permit(a);"), json!("permit(b);"), true),
        ("gateway", "authorizer.allowed_audience", json!(["a"]), json!(["a", "b"]), true),
        ("gateway", "policy.mode", json!("ENFORCE"), json!("LOG_ONLY"), true),
        ("gateway", "policy.mode", json!("LOG_ONLY"), json!("ENFORCE"), false),
        ("client", "write_attributes", json!(["name"]), json!(["name", "custom:tier"]), true),
        ("client", "write_attributes", json!(["name", "custom:tier"]), json!(["name"]), false),
        ("client", "write_attributes", json!(["name"]), Value::Null, true),
        ("client", "token_minutes", json!(5), json!(60), false),
        ("role", "description", json!("a"), json!("b"), false),
    ] {
        assert_eq!(widens(kind, path, before.clone(), after.clone()), wide, "{kind} {path}: {before} -> {after}");
    }
}

#[test]
fn a_new_permit_widens_only_what_is_in_use() {
    let new = |gateway_is_new: bool| {
        let mut draft = Draft::new();
        if gateway_is_new {
            draft.does(Action::Create, "gateway/tier:basic/main", "gw", &[]);
        }
        let statement = ("statement", Value::Null, json!("permit(a);"));
        let policy = draft.does(Action::Create, "policy/tier:basic/p", "p", &[statement]);
        let slot: crate::late::Late = crate::late::Late::slot("gateway/tier:basic/main".parse().unwrap(), "arn");
        policy.desired = Some(json!({ "statement": slot }));
        let facts = facts(&[]);
        Page::of(&draft.0, &facts).risks.len()
    };
    assert_eq!((new(true), new(false)), (0, 1));
}

#[test]
fn a_move_says_what_else_changes_and_which_documents_to_push_again() {
    let (mut draft, mut facts) = (Draft::new(), facts(&[("clinic-a", "premium"), ("clinic-b", "premium")]));
    for id in ["clinic-a", "clinic-b"] {
        draft.moves(id, "basic", "premium");
    }
    let terms =
        |model: &str, quota: &str| BTreeMap::from([("model", model.to_owned()), ("quota", quota.to_owned()), ("memory", "90 days".into())]);
    for (tier, model, quota) in [("basic", "small", "50 a day"), ("premium", "large", "500 a day")] {
        facts.offers.insert(tier.parse().unwrap(), facts::Offer { terms: terms(model, quota), searches: true });
    }
    let page = Page::of(&draft.0, &facts);
    let words: Vec<String> = page.tenant(&"clinic-a".parse().unwrap()).unwrap().consequences.iter().map(|c| c.words()).collect();
    for said in ["in tier premium: model small -> large; quota 50 a day -> 500 a day", "`tenantry documents push clinic-a DIR`"] {
        assert!(words.iter().any(|w| w.contains(said)), "{said}: {words:?}");
    }
    assert!(words.iter().all(|w| !w.contains("90 days")), "{words:?}");
    assert!(page.groups[0].consequences.iter().any(|c| c.words().contains("documents push TENANT DIR")), "{:?}", page.groups[0]);
    facts.offers.clear();
    let page = Page::of(&draft.0, &facts);
    assert!(page.tenants[0].consequences.iter().all(|c| !c.words().contains("documents push")));
}

#[test]
fn new_users_come_with_their_roles() {
    let mut draft = Draft::new();
    for (id, mail, role) in [("clinic-a", "a", "nurse"), ("clinic-a", "b", "physician"), ("clinic-b", "c", "nurse")] {
        let claim = ("claims.role", Value::Null, json!(role));
        draft.does(Action::Create, &format!("user/tenant:{id}/{mail}@{id}.example"), mail, &[claim]);
    }
    let facts = facts(&[("clinic-a", "basic"), ("clinic-b", "basic")]);
    let page = Page::of(&draft.0, &facts);
    let roles: Vec<_> = page.tenants[0].resources.iter().map(|r| r.role.as_deref()).collect();
    assert_eq!(roles, [Some("nurse"), Some("physician")]);
    let shape = &group_of(&page, "clinic-b").shapes[0];
    assert_eq!((shape.count, shape.roles.clone()), (3, BTreeMap::from([("nurse".to_owned(), 2), ("physician".to_owned(), 1)])));
}

#[test]
fn what_is_blocked_is_counted_once() {
    let mut draft = Draft::new();
    draft.does(Action::Replace, "bucket/tier:basic/documents", "b", &[("name", json!("a"), json!("b"))]);
    for why in ["it holds data", "others are in it"] {
        draft.blocks("bucket/tier:basic/documents", why);
    }
    draft.does(Action::Update, "tenant_row/tenant:clinic-a/clinic-config", "r", &[("attributes.x", json!("a"), json!("b"))]);
    draft.blocks("prefix/tenant:clinic-a/basic", "it is protected");
    draft.stays("prefix/tenant:clinic-a/basic");
    let facts = facts(&[("clinic-a", "basic")]);
    let totals = Page::of(&draft.0, &facts).totals;
    assert_eq!((totals.resources.blocked, totals.resources.replace, totals.resources.change, totals.resources.unchanged), (2, 0, 1, 0));
    assert_eq!((totals.tenants.blocked, totals.tenants.change, totals.tenants.unchanged), (1, 0, 0));
}
