//! What is live: a line for each tier's resources, a line for each tenant.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::plan::{Detail, Look};
use super::sheet::Sheet;
use super::style::{BAD, CAREFUL, DIM, GOOD, count};
use super::table::{Column, Table};
use crate::address::{Address, Owner};
use crate::diagnostic::plain;
use crate::kinds::{AnyFound, Kind as _, User, kind, rank};
use crate::manifest::{Manifest, Setting};
use crate::names::TenantId;
use crate::observe::Live;
use crate::plan::page::open::accepted;
use crate::plan::page::{Accepted, Open};
use crate::plan::{Plan, word_of_aws};

/// The ids that people look up most, and never a secret.
fn identity(found: &AnyFound) -> String {
    ["url", "arn", "id", "name"].iter().find_map(|field| found.output.get(field).and_then(Value::as_str)).unwrap_or_default().to_owned()
}

fn ours(live: &Live) -> impl Iterator<Item = (&Address, &AnyFound)> {
    live.iter().filter(|(_, found)| found.mark.is_ours())
}

fn pending(plan: &Plan) -> BTreeSet<&Address> {
    plan.changes.iter().map(|c| &c.address).collect()
}

/// What AWS says of a resource that doesn't work.
fn trouble(found: &AnyFound) -> Option<String> {
    found.spec.as_object()?.iter().find_map(|(field, value)| word_of_aws(field, value))
}

/// How a resource or a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Good,
    Pending,
    Kept,
    Broken,
}

impl State {
    fn sign(self) -> String {
        match self {
            Self::Good => format!("{GOOD}✓{GOOD:#}"),
            Self::Pending => format!("{CAREFUL}~{CAREFUL:#}"),
            Self::Kept => format!("{CAREFUL}={CAREFUL:#}"),
            Self::Broken => format!("{BAD}✗{BAD:#}"),
        }
    }
}

/// Where tenants are not kept apart, and what of it somebody has said yes to.
#[derive(Debug)]
pub(crate) struct Isolation {
    /// In the platform as it is declared.
    pub(crate) open: Vec<Open>,
    /// By the last apply.
    pub(crate) accepted: Accepted,
}

impl Isolation {
    /// A line each; none where all is well.
    fn write(&self, sheet: &mut Sheet) {
        for open in &self.open {
            let accepted = open.accepted().map(|accepted| format!(" ({accepted})")).unwrap_or_default();
            let (probe, layer, word) = (open.probe, open.layer, open.word());
            sheet.line(0, 2, &format!("{BAD}! {word} at {probe} {layer}{BAD:#}: {}{accepted}", plain(&open.says)));
        }
        for (probe, since) in self.accepted.iter().filter(|(probe, _)| !self.open.iter().any(|open| open.probe == probe.as_str())) {
            let accepted = accepted(&plain(probe), &plain(since));
            sheet.line(
                0,
                2,
                &format!("{CAREFUL}! {accepted}{CAREFUL:#}: the manifest is sound there now, and `tenantry apply` makes it so"),
            );
        }
        if !self.open.is_empty() || !self.accepted.is_empty() {
            sheet.blank();
        }
    }
}

pub(crate) fn text(manifest: &Manifest, live: &Live, plan: &Plan, isolation: &Isolation, look: Look) -> String {
    let mut sheet = Sheet::new(look.width);
    isolation.write(&mut sheet);
    let (pending, kept) = (pending(plan), plan.kept.iter().collect::<BTreeSet<_>>());
    let mut groups: BTreeMap<&Owner, Vec<(&Address, &AnyFound)>> = BTreeMap::new();
    for (address, found) in ours(live).filter(|(a, _)| !matches!(a.owner(), Owner::Tenant(_)) && a.kind() != "parameter") {
        groups.entry(address.owner()).or_default().push((address, found));
    }
    for (owner, mut found) in groups {
        found.sort_by_key(|(a, _)| (rank(a.kind()), (*a).clone()));
        sheet.heading(&owner.to_string().replace(':', " "));
        let mut table = Table::new([Column::plain(), Column::plain(), Column::plain()]);
        for (address, resource) in found {
            let trouble = trouble(resource);
            let (state, remark) = match &trouble {
                Some(word) => (State::Broken, format!("{BAD}{word}{BAD:#}")),
                None if kept.contains(address) => {
                    let what = if kind(address.kind()).is_ok_and(|kind| kind.holds_data()) { "data kept" } else { "kept for others" };
                    (State::Kept, dim(&format!("{}, no longer declared; {what}", identity(resource))))
                }
                None if pending.contains(address) => (State::Pending, dim(&identity(resource))),
                None => (State::Good, dim(&identity(resource))),
            };
            let label = plain(address.label());
            table.row([format!("{} {}", state.sign(), address.kind().replace('_', " ")), label, remark]);
        }
        sheet.table(2, &table);
    }
    tenants(&mut sheet, manifest, live, plan, look.detail);
    sheet.blank();
    sheet.say(&sums(live, plan));
    sheet.end()
}

fn dim(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{DIM}{text}{DIM:#}") }
}

fn sums(live: &Live, plan: &Plan) -> String {
    let todo = match plan.changes.len() {
        0 => "nothing to do".into(),
        n => format!("{} to make: `tenantry plan` shows them", count(n, "change")),
    };
    let all = ours(live).count();
    if all == 0 {
        return format!("Nothing is live; {todo}.");
    }
    let published = match ours(live).filter(|(a, _)| a.kind() == "parameter").count() {
        0 => String::new(),
        n => format!(", {n} of them published for agents as {}", if n == 1 { "a parameter" } else { "parameters" }),
    };
    let kept = match plan.kept.len() {
        0 => String::new(),
        n => format!(", {n} of them kept though no longer declared"),
    };
    format!("{} live{published}{kept}; {todo}.", count(all, "resource"))
}

/// As many equal tenants are one line.
const FOLDED: usize = 10;

/// What tenants that stand alike have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    state: State,
    tier: String,
    remark: String,
}

fn tenants(sheet: &mut Sheet, manifest: &Manifest, live: &Live, plan: &Plan, detail: Detail) {
    let pending = pending(plan);
    let mut known: BTreeMap<&TenantId, Vec<&Address>> = manifest.tenants.keys().map(|id| (id, Vec::new())).collect();
    for (address, _) in ours(live) {
        if let Owner::Tenant(id) = address.owner() {
            known.entry(id).or_default().push(address);
        }
    }
    if known.is_empty() {
        return;
    }
    let mut left: BTreeMap<&Owner, Vec<&str>> = BTreeMap::new();
    let mut shut: BTreeMap<&Owner, usize> = BTreeMap::new();
    for address in &plan.kept {
        match address.kind() {
            User::NAME => *shut.entry(address.owner()).or_default() += 1,
            _ => left.entry(address.owner()).or_default().push(address.label()),
        }
    }
    let mut standings: BTreeMap<Standing, Vec<&TenantId>> = BTreeMap::new();
    let mut each: Vec<(&TenantId, State, &str, String)> = Vec::new();
    for (id, resources) in known {
        let owner = Owner::Tenant(id.clone());
        let data = left.get(&owner).map(|tiers| format!("data kept in {}", tiers.join(", ")));
        let shut = shut.get(&owner).map(|n| format!("{} closed off", count(*n, "user")));
        let (state, tier, remark) = match manifest.tenants.get(id) {
            None => {
                let leaves = resources.iter().any(|a| pending.contains(*a));
                let word = if leaves { "not in the manifest; leaves with the next apply" } else { "not in the manifest" };
                let remark = [word.to_owned()].into_iter().chain(data).chain(shut);
                (State::Kept, "-", remark.collect::<Vec<_>>().join("; "))
            }
            Some(tenant) => {
                let here = resources.iter().filter(|a| !plan.kept.contains(a));
                let state =
                    if here.clone().next().is_none() || here.clone().any(|a| pending.contains(*a)) { State::Pending } else { State::Good };
                let new = here.clone().next().is_none().then(|| "not provisioned yet".to_owned());
                let rests = (!tenant.standing.is_active()).then(|| tenant.standing.as_str().to_owned());
                (state, tenant.tier.value.as_str(), rests.into_iter().chain(new).chain(data).chain(shut).collect::<Vec<_>>().join("; "))
            }
        };
        standings.entry(Standing { state, tier: tier.to_owned(), remark: remark.clone() }).or_default().push(id);
        each.push((id, state, tier, remark));
    }
    sheet.heading("tenants");
    let mut table = Table::new([Column::plain(), Column::plain(), Column::plain()]);
    let folds = |members: usize| detail != Detail::Full && members > FOLDED;
    for (standing, members) in standings.iter().filter(|(_, members)| folds(members.len())) {
        let some: Vec<&str> = members.iter().take(3).map(|id| id.as_str()).collect();
        let what = count(members.len(), "tenant");
        let remark = if standing.remark.is_empty() { String::new() } else { format!("{}: ", standing.remark) };
        let remark = dim(&format!("{remark}{}, …", some.join(", ")));
        table.row([format!("{} {what}", standing.state.sign()), standing.tier.clone(), remark]);
    }
    for (id, state, tier, remark) in each {
        let standing = Standing { state, tier: tier.to_owned(), remark };
        if standings.get(&standing).is_some_and(|members| folds(members.len())) {
            continue;
        }
        let name = manifest.tenants.get(id).map(|tenant| plain(&tenant.name));
        let remark: Vec<String> = name.into_iter().chain((!standing.remark.is_empty()).then_some(standing.remark)).collect();
        table.row([format!("{} {id}", state.sign()), tier.to_owned(), dim(&remark.join("; "))]);
    }
    sheet.table(2, &table);
}

pub(crate) fn json(manifest: &Manifest, live: &Live, plan: &Plan, isolation: &Isolation) -> Value {
    let pending = pending(plan);
    let resources: Vec<Value> = ours(live)
        .map(|(a, f)| json!({ "address": a, "kind": a.kind(), "owner": a.owner(), "id": identity(f), "pending": pending.contains(a), "trouble": trouble(f) }))
        .collect();
    let setting = |setting: &Setting| match setting {
        Setting::One(text) => json!(text),
        Setting::Many(list) => json!(list),
    };
    let tenants: Vec<Value> = manifest
        .tenants
        .iter()
        .map(|(id, t)| {
            let settings: BTreeMap<&String, Value> = t.settings.iter().map(|(k, v)| (k, setting(v))).collect();
            let live = ours(live).any(|(a, _)| *a.owner() == Owner::Tenant(id.clone()));
            let users: Vec<Value> = t.users.iter().map(|u| json!({ "email": u.email, "role": u.role })).collect();
            json!({ "id": id, "tier": t.tier.value, "name": t.name, "settings": settings, "users": users, "suspended": !t.standing.is_active(), "live": live })
        })
        .collect();
    json!({ "format": "tenantry-status/1.0", "target": plan.target, "tenants": tenants, "resources": resources, "kept": plan.kept, "open": isolation.open, "accepted_breaches": isolation.accepted })
}
