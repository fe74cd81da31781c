//! What apply would do: every difference between desired and live, as plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::address::{Address, Owner};
use crate::desired::Desired;
use crate::kinds::{AnyFound, DataSource, Kind as _, Ownership, Prefix, Role, TenantRow, TraceDestination, User, UserPool, kind};
use crate::late::{Slot, fill, shown, slots};
use crate::names::{Names, SUSPENDED};
use crate::observe::Live;
use crate::quotas::{Beyond, Fit, Standing, fit, usage};
use crate::secret::{digest, fingerprint};

mod fields;
pub(crate) mod filter;
pub(crate) mod limits;
pub(crate) mod page;
pub(crate) mod saved;

pub(crate) use fields::{FieldChange, word_of_aws};

/// What happens to one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Create,
    Update,
    Replace,
    /// No longer declared, and shut instead of deleted, because it holds data.
    Close,
    Delete,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Close => "close",
            Self::Delete => "delete",
        }
    }
}

/// Why a resource differs; for the reader only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cause {
    /// The manifest asks for something else than was applied last.
    Manifest,
    /// The manifest asks for what was applied last, but live is different.
    Drift,
    /// Something that it refers to is new.
    Dependency,
}

/// One resource's change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) address: Address,
    pub(crate) action: Action,
    pub(crate) cause: Cause,
    pub(crate) fields: Vec<FieldChange>,
    /// Of a replace: the fields that AWS can't change in place, and why.
    pub(crate) replaces: Vec<String>,
    /// The declared document with its references; of a close, the live one made shut; absent for a delete.
    pub(crate) desired: Option<Value>,
    pub(crate) live: Option<AnyFound>,
}

impl Change {
    /// What makes it this change and no other; no secret in it.
    fn identity(&self) -> Value {
        let live = self.live.as_ref().map(|l| public(&l.spec));
        json!({ "address": self.address, "action": self.action, "desired": self.desired, "live": live })
    }

    /// Equal for equal changes: a saved plan is told apart by it.
    pub(crate) fn digest(&self) -> String {
        digest(self.identity().to_string().as_bytes())
    }

    /// The resources that it refers to.
    pub(crate) fn refers_to(&self) -> BTreeSet<Address> {
        self.desired.as_ref().map(slots).unwrap_or_default().into_iter().map(|slot| slot.address).collect()
    }
}

/// Why apply refuses to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Blocked {
    pub(crate) address: Address,
    pub(crate) why: String,
    pub(crate) way_out: String,
    /// Somebody else's: it has no outputs for us.
    #[serde(skip)]
    in_the_way: bool,
}

impl Blocked {
    fn beyond(Beyond { address, why, way_out, .. }: Beyond) -> Self {
        Self { address, why, way_out, in_the_way: false }
    }
}

/// Everything a reviewer reads and apply carries out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    /// Creates, updates and replaces in the order of declaration, then closes and deletes from the bottom up.
    pub(crate) changes: Vec<Change>,
    /// Live, no longer declared, and kept as they are because they hold data, or because others use them.
    pub(crate) kept: Vec<Address>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) unchanged: Vec<Address>,
    /// What comes close to AWS's quotas, a sentence each.
    pub(crate) close: Vec<String>,
    /// What is live and stays as it is: steps read the ids they refer to from here.
    pub(crate) outputs: BTreeMap<Address, Value>,
    /// Set where filters have left something out: then this is a part of the plan.
    pub(crate) partial: Option<Partial>,
}

/// What narrowed a plan, and what it lost by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partial {
    /// As they were typed: `--tenant clinic-*`.
    pub(crate) filters: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// A change that the whole plan has and a narrowed one lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) address: Address,
    pub(crate) is_live: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) platform: String,
    pub(crate) account: String,
    pub(crate) region: String,
}

impl From<&Names> for Target {
    fn from(names: &Names) -> Self {
        Self { platform: names.platform.to_string(), account: names.account.to_string(), region: names.region.to_string() }
    }
}

/// What the user said yes to by name, so that a guard lets it pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) delete: BTreeSet<Which>,
    pub(crate) replace: BTreeSet<Address>,
}

/// A resource by its address, or all that is kept of an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    One(Address),
    KeptOf(Owner),
}

impl FromStr for Which {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(if text.contains('/') { Self::One(text.parse()?) } else { Self::KeptOf(text.parse()?) })
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(address) => address.fmt(f),
            Self::KeptOf(owner) => owner.fmt(f),
        }
    }
}

impl Named {
    /// Whether something that nobody declares may go.
    fn deletes(&self, address: &Address) -> bool {
        self.loses(address) || self.delete.contains(&Which::KeptOf(address.owner().clone()))
    }

    /// Whether this very resource is named: an owner's name stands for what is kept, never for what is declared.
    fn loses(&self, address: &Address) -> bool {
        self.delete.contains(&Which::One(address.clone()))
    }
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|c| c.action == action).count()
    }

    /// The identity of a reviewed plan: the same while neither the manifest nor the live state moves.
    pub(crate) fn checksum(&self) -> String {
        let changes: Vec<Value> = self.changes.iter().map(Change::identity).collect();
        let blocked: Vec<&Address> = self.blocked.iter().map(|b| &b.address).collect();
        let mut document = json!({ "target": self.target, "changes": changes, "blocked": blocked });
        if let (Some(partial), Value::Object(map)) = (&self.partial, &mut document) {
            map.insert("filters".into(), json!(partial.filters));
        }
        digest(document.to_string().as_bytes())
    }

    /// Whether something of somebody else's stands where this should be.
    pub(crate) fn is_in_the_way(&self, address: &Address) -> bool {
        self.blocked.iter().any(|b| b.in_the_way && b.address == *address)
    }

    /// What is created, updated or replaced, by address.
    pub(crate) fn rising(&self) -> BTreeMap<&Address, Action> {
        let rises = |c: &&Change| matches!(c.action, Action::Create | Action::Update | Action::Replace);
        self.changes.iter().filter(rises).map(|c| (&c.address, c.action)).collect()
    }
}

/// An attribute of a live output as plans may see it: a secret as its fingerprint.
pub(crate) fn attribute(output: &Value, name: &str) -> Option<String> {
    match output.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) => map.get("$secret").and_then(Value::as_str).map(fingerprint),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// The document that is compared, digested and shown: no secret in it.
fn public(document: &Value) -> Value {
    shown(document)
}

/// The digest of an applied spec, as it stands in the mark.
pub(crate) fn spec_digest(filled: &Value) -> String {
    digest(filled.to_string().as_bytes()).chars().take(32).collect()
}

/// Compares what is desired with what is live.
pub(crate) fn diff(names: &Names, desired: &Desired, live: &Live, named: &Named) -> Result<Plan> {
    let mut plan = Plan {
        target: names.into(),
        changes: Vec::new(),
        kept: Vec::new(),
        blocked: Vec::new(),
        unchanged: Vec::new(),
        close: Vec::new(),
        outputs: BTreeMap::new(),
        partial: None,
    };
    let mut known = Known::new();
    for (address, declared) in desired.iter() {
        compare(&mut plan, &mut known, names, (address, declared), live.get(address), named)?;
    }
    leftovers(&mut plan, desired, live, named)?;
    keep_children(&mut plan, live)?;
    quotas(&mut plan, desired, live);
    Ok(plan)
}

/// Outputs of what is yet to be created, as far as they follow from what is declared. What is replaced has none here:
/// things below it go with it, and must not look as if they could stay.
type Known = BTreeMap<Address, Value>;

/// In a blocked plan: the output of something that is in the way, or that waits for it.
pub(crate) const BLOCKED: &str = "(blocked)";

fn compare(
    plan: &mut Plan,
    known: &mut Known,
    names: &Names,
    (address, declared): (&Address, &Value),
    found: Option<&AnyFound>,
    named: &Named,
) -> Result<()> {
    let kind = kind(address.kind())?;
    let lookup = |slot: &Slot| {
        let output = plan.outputs.get(&slot.address).or_else(|| known.get(&slot.address));
        output
            .and_then(|output| attribute(output, &slot.attribute))
            .or_else(|| plan.is_in_the_way(&slot.address).then(|| BLOCKED.to_owned()))
    };
    let waits_in_vain = slots(declared).iter().any(|slot| plan.is_in_the_way(&slot.address));
    let filled = kind.canonical(&fill(declared, &lookup))?;
    let new = |action, cause, fields, replaces, live| Change {
        address: address.clone(),
        action,
        cause,
        fields,
        replaces,
        desired: Some(declared.clone()),
        live,
    };
    let Some(found) = found else {
        known.insert(address.clone(), kind.known(&filled, names)?);
        plan.changes.push(new(Action::Create, Cause::Manifest, fields::differences(&Value::Null, &filled), Vec::new(), None));
        return Ok(());
    };
    if let Ownership::Foreign { platform } = &found.mark {
        let whose = platform.as_ref().map_or_else(|| "carries no mark of tenantry".into(), |p| format!("belongs to platform `{p}`"));
        let way_out = match (platform, kind.way_out()) {
            // Its own platform would lose it.
            (Some(p), _) => format!("leave it to `{p}` and give this platform another name with `platform.name`, or destroy `{p}` first"),
            (None, Some(way_out)) => way_out.into(),
            (None, None) => {
                format!("delete or rename it, or tag it as ours: tenantry:platform={}, tenantry:address={address}", plan.target.platform)
            }
        };
        let why = format!("something of this name is in AWS already and {whose}");
        plan.blocked.push(Blocked { address: address.clone(), why, way_out, in_the_way: true });
        return Ok(());
    }
    for why in kind.impossible(&filled, &found.spec)? {
        plan.blocked.push(Blocked {
            address: address.clone(),
            why,
            way_out: "put the manifest back as it was, or start a platform of another name".into(),
            in_the_way: false,
        });
    }
    if !named.loses(address) {
        plan.blocked.extend(kind.loses(&filled, &found.spec)?.into_iter().map(|why| Blocked {
            address: address.clone(),
            why,
            way_out: format!("put the manifest back as it was, or lose the data with --delete {address}"),
            in_the_way: false,
        }));
    }
    let mut changed = fields::differences(&found.spec, &filled);
    changed.extend(fields::marks(&found.mark, address, &filled));
    if changed.is_empty() {
        plan.outputs.insert(address.clone(), found.output.clone());
        plan.unchanged.push(address.clone());
        return Ok(());
    }
    let cause = match &found.mark {
        _ if waits_in_vain || !slots(&filled).is_empty() => Cause::Dependency,
        Ownership::Ours { spec: Some(applied) } if *applied == spec_digest(&filled) => Cause::Drift,
        _ => Cause::Manifest,
    };
    let replaces: Vec<String> = kind
        .replace_on()
        .iter()
        .filter(|(field, _)| changed.iter().any(|c| c.root() == *field))
        .map(|(field, why)| format!("{field}: {why}"))
        .collect();
    if replaces.is_empty() {
        plan.outputs.insert(address.clone(), found.output.clone());
        plan.changes.push(new(Action::Update, cause, changed, replaces, Some(found.clone())));
        return Ok(());
    }
    if kind.holds_data() && !named.replace.contains(address) {
        plan.blocked.push(Blocked {
            address: address.clone(),
            why: format!("it holds data and would have to be replaced ({})", replaces.join("; ")),
            way_out: format!("put the manifest back as it was, or lose the data with --allow-replace {address}"),
            in_the_way: false,
        });
    }
    plan.changes.push(new(Action::Replace, cause, changed, replaces, Some(found.clone())));
    Ok(())
}

/// What AWS would refuse for being too much, before anything of it is made.
fn quotas(plan: &mut Plan, desired: &Desired, live: &Live) {
    let ours = || live.iter().filter(|(_, found)| found.mark.is_ours());
    let goes: BTreeSet<&Address> = plan.changes.iter().filter(|c| c.action == Action::Delete).map(|c| &c.address).collect();
    let now: Standing<'_> = ours().map(|(address, found)| (address, &found.spec)).collect();
    let stays = now.iter().filter(|(address, _)| !goes.contains(**address)).map(|(address, spec)| (*address, *spec));
    let then: Standing<'_> = stays.chain(desired.specs()).collect();
    let outputs = ours().map(|(address, found)| (address, &found.output)).collect();
    let Fit { beyond, notes } = fit(&usage(&now, &then, &outputs), &desired.raised);
    plan.blocked.extend(beyond.into_iter().map(Blocked::beyond));
    plan.close = notes;
}

/// What is live and ours but no longer declared, from the bottom up.
fn leftovers(plan: &mut Plan, desired: &Desired, live: &Live, named: &Named) -> Result<()> {
    let mut gone: Vec<(&Address, &AnyFound)> = live.iter().filter(|(a, f)| !desired.specs().contains_key(*a) && f.mark.is_ours()).collect();
    gone.sort_by_key(|(address, _)| (std::cmp::Reverse(crate::kinds::rank(address.kind())), (*address).clone()));
    for (address, found) in gone {
        let kind = kind(address.kind())?;
        if kind.stays() {
            continue;
        }
        let change = |action, fields, desired| Change {
            address: address.clone(),
            action,
            cause: Cause::Manifest,
            fields,
            replaces: Vec::new(),
            desired,
            live: Some(found.clone()),
        };
        if named.deletes(address) || !(kind.holds_data() || kind.is_shared(&found.output)?) {
            plan.changes.push(change(Action::Delete, Vec::new(), None));
            continue;
        }
        match kind.closed(&found.spec)?.filter(|closed| *closed != found.spec) {
            Some(closed) => plan.changes.push(change(Action::Close, fields::differences(&found.spec, &closed), Some(closed))),
            None => plan.kept.push(address.clone()),
        }
    }
    Ok(())
}

/// How many addresses a sentence names.
const NAMED_AT_ONCE: usize = 20;

/// Data goes only by its own name: what it stands in isn't deleted from under it.
fn keep_children(plan: &mut Plan, live: &Live) -> Result<()> {
    let gone: Vec<&Change> = plan.changes.iter().filter(|c| matches!(c.action, Action::Delete | Action::Replace)).collect();
    let goes: BTreeSet<&Address> = gone.iter().map(|c| &c.address).collect();
    let mut data: Vec<(&Address, &AnyFound, &[&str])> = Vec::new();
    for (address, found) in live.iter().filter(|(_, f)| f.mark.is_ours()) {
        let kind = kind(address.kind())?;
        if kind.holds_data() && !kind.below().is_empty() && !goes.contains(address) {
            data.push((address, found, kind.below()));
        }
    }
    let mut blocked = Vec::new();
    for change in gone {
        let Some(parent) = &change.live else { continue };
        let lost: Vec<String> = data
            .iter()
            .filter(|(_, child, below)| below.contains(&change.address.kind()) && refers(&child.spec, &parent.output))
            .map(|(address, ..)| address.to_string())
            .collect();
        if lost.is_empty() {
            continue;
        }
        let more = match lost.len().saturating_sub(NAMED_AT_ONCE) {
            0 => String::new(),
            n => format!(" and {n} more, which --output json lists"),
        };
        let some = || lost.iter().take(NAMED_AT_ONCE).cloned().collect::<Vec<_>>();
        blocked.push(Blocked {
            address: change.address.clone(),
            why: format!("data that is kept would be deleted with it: {}{more}", some().join(", ")),
            way_out: format!("name these as well: --delete {}{more}", some().join(",")),
            in_the_way: false,
        });
    }
    plan.blocked.extend(blocked);
    Ok(())
}

/// Whether a live document refers to what AWS chose for another: that is how a child says which parent it is in.
fn refers(child: &Value, parent: &Value) -> bool {
    let texts =
        |document: &Value| document.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str().map(ToOwned::to_owned)).collect();
    let (child, parent): (BTreeSet<String>, BTreeSet<String>) = (texts(child), texts(parent));
    child.intersection(&parent).any(|text| !text.is_empty())
}

/// Whether what is deleted of it is lost.
pub(crate) fn holds_data(address: &Address) -> bool {
    kind(address.kind()).is_ok_and(|kind| kind.holds_data())
}

/// Tenants whose documents stay in a tier that they leave, with the addresses of what is kept there.
pub(crate) fn moves(plan: &Plan) -> BTreeMap<&Owner, Vec<&Address>> {
    let kept = plan.kept.iter().filter(|a| a.kind() == Prefix::NAME);
    let mut moves: BTreeMap<&Owner, Vec<&Address>> = BTreeMap::new();
    for address in kept {
        moves.entry(address.owner()).or_default().push(address);
    }
    let arriving = plan.changes.iter().filter(|c| c.action == Action::Create && c.address.kind() == Prefix::NAME);
    let arriving: BTreeSet<&Owner> = arriving.map(|c| c.address.owner()).collect();
    moves.retain(|owner, _| arriving.contains(owner));
    moves
}

/// What becomes of a tenant as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    Suspended,
    Resumed,
    /// No longer in the manifest.
    Leaves,
}

/// Tenants that are suspended or resumed, or that leave: by their row where there is one, else by their users and keys.
pub(crate) fn turns(plan: &Plan) -> BTreeMap<&Owner, Turn> {
    let tenants = plan.changes.iter().filter(|c| matches!(c.address.owner(), Owner::Tenant(_)));
    let declared: BTreeSet<&Owner> = plan.rising().into_keys().chain(&plan.unchanged).map(Address::owner).collect();
    let rows = plan.changes.iter().map(|c| &c.address).chain(&plan.unchanged).filter(|a| a.kind() == TenantRow::NAME);
    let with_row: BTreeSet<&Owner> = rows.map(Address::owner).collect();
    let mut turns = BTreeMap::new();
    for change in tenants {
        let owner = change.address.owner();
        if !declared.contains(owner) {
            // Where nothing is declared any more it is the platform that goes.
            if !declared.is_empty() {
                turns.insert(owner, Turn::Leaves);
            }
            continue;
        }
        let path = if change.address.kind() == TenantRow::NAME { "attributes.status" } else { "enabled" };
        if change.action != Action::Update || change.cause == Cause::Drift || (path == "enabled" && with_row.contains(owner)) {
            continue;
        }
        let status = change.fields.iter().filter(|f| f.path == path).find_map(|f| match (&f.before, &f.after) {
            (_, Value::Bool(false)) => Some(Turn::Suspended),
            (_, Value::String(status)) if status == SUSPENDED => Some(Turn::Suspended),
            (Value::Bool(false), _) => Some(Turn::Resumed),
            (Value::String(status), _) if status == SUSPENDED => Some(Turn::Resumed),
            _ => None,
        });
        if let Some(turn) = status {
            turns.insert(owner, turn);
        }
    }
    turns
}

/// What a reviewer should know and no single change says.
pub(crate) fn notes(plan: &Plan) -> Vec<String> {
    let pools = plan.changes.iter().filter(|c| c.action == Action::Update && c.address.kind() == UserPool::NAME);
    let attributes: BTreeSet<&str> = pools
        .flat_map(|c| &c.fields)
        .filter(|f| f.before.is_null())
        .filter_map(|f| f.path.strip_prefix("attributes.")?.rsplit_once('.'))
        .map(|(name, _)| name)
        // The mark tells this tool who is ours, and nothing else reads it.
        .filter(|name| *name != User::MARK)
        .collect();
    let note =
        |name| format!("existing users have no value for `custom:{name}` yet: where it is asked for they lose access until it is set");
    let closed_by_us =
        |c: &Change| matches!(c.live.as_ref().map(|l| &l.mark), Some(Ownership::Ours { spec: Some(spec) }) if spec == User::CLOSED);
    let opens_user = |c: &&Change| {
        c.address.kind() == User::NAME
            && c.action == Action::Update
            && c.fields.iter().any(|f| f.path == "enabled" && f.after == true)
            && !closed_by_us(c)
    };
    let opened = plan.changes.iter().filter(opens_user).map(|c| c.address.label());
    let opens = |email| format!("somebody has disabled `{email}`, and this enables them again: who should stay out leaves the manifest");
    let creates = |kind: &str| plan.changes.iter().any(|c| c.action == Action::Create && c.address.kind() == kind);
    let spans = creates(TraceDestination::NAME).then(|| {
        "X-Ray will keep the trace segments of everybody in this account and region in CloudWatch Logs, which bills them as logs; \
         nothing here ever sets that back"
            .to_owned()
    });
    let replaced = plan.changes.iter().filter(|c| c.action == Action::Replace && c.address.kind() == DataSource::NAME);
    let unread = replaced.map(|c| {
        format!(
            "the documents of {} are not found until the next `tenantry documents push` has them read by the new data source; what the \
             old one made of them stays in the index beside that",
            c.address.owner().to_string().replace(':', " ")
        )
    });
    let role = plan.kept.iter().filter(|a| a.kind() == Role::NAME).map(|address| {
        format!(
            "{address} stays: API Gateway writes the access logs of every API in this account and region as this role. Name another \
             role in API Gateway's settings and the next apply deletes it, or delete it now with --delete {address}"
        )
    });
    let suspended = turns(plan).into_iter().filter(|(_, turn)| *turn == Turn::Suspended).map(|(owner, _)| owner);
    let suspended: Vec<String> = suspended.map(|owner| owner.to_string().replace("tenant:", "")).collect();
    let tokens = (!suspended.is_empty()).then(|| {
        format!(
            "tokens that {} got before being suspended count at gateways and agents until they end, after the minutes of \
             `identity.web_client.token_minutes`; tools that read the tenant's row refuse at once",
            suspended.join(", ")
        )
    });
    attributes
        .into_iter()
        .map(note)
        .chain(tokens)
        .chain(opened.map(opens))
        .chain(unread)
        .chain(spans)
        .chain(role)
        .chain(plan.close.iter().cloned())
        .collect()
}

/// Whose changes these are, in the order in which people read them: the platform's, each tier's, each tenant's.
pub(crate) fn by_owner(plan: &Plan) -> BTreeMap<Owner, Vec<&Change>> {
    let mut groups: BTreeMap<Owner, Vec<&Change>> = BTreeMap::new();
    for change in &plan.changes {
        groups.entry(change.address.owner().clone()).or_default().push(change);
    }
    groups
}

#[cfg(test)]
mod laws;
