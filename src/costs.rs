//! What tokens were used and what they cost: counted from the agents' log lines, priced by the manifest.
//!
//! Sums are whole numbers: tokens, and trillionths of a dollar (a price of millionths for a million tokens, times tokens).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::manifest::{Manifest, Price};

pub(crate) mod query;
pub(crate) mod tags;

/// What a log line says of itself; absent where a line lacks it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) tier: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) model: Option<String>,
}

/// Tokens, and the answers that they were used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) answers: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) total: u64,
}

impl Usage {
    pub(crate) fn add(&mut self, other: Self) {
        self.answers = self.answers.saturating_add(other.answers);
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.total = self.total.saturating_add(other.total);
    }

    fn cost(self, price: Price) -> Money {
        Money(u128::from(self.input) * u128::from(price.input.0) + u128::from(self.output) * u128::from(price.output.0))
    }
}

/// Usage by line.
pub(crate) type Used = BTreeMap<Line, Usage>;

/// Trillionths of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Money(u128);

/// Rounded to the micro-dollar.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = (self.0 + 500_000) / 1_000_000;
        f.pad(&format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000))
    }
}

/// What costs are summed up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum By {
    Tenant,
    Tier,
    Model,
}

impl By {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Tier => "tier",
            Self::Model => "model",
        }
    }

    fn of(self, line: &Line) -> Option<&String> {
        match self {
            Self::Tenant => line.tenant.as_ref(),
            Self::Tier => line.tier.as_ref(),
            Self::Model => line.model.as_ref(),
        }
    }
}

/// One line of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) usage: Usage,
    /// Of what has a price.
    pub(crate) money: Money,
    /// Models without one.
    pub(crate) unpriced: BTreeSet<String>,
    /// Whether the manifest has it.
    pub(crate) declared: bool,
    pub(crate) tiers: BTreeSet<String>,
}

impl Group {
    fn take(&mut self, line: &Line, usage: Usage, prices: &BTreeMap<String, Price>) {
        self.usage.add(usage);
        self.tiers.extend(line.tier.clone());
        let model = line.model.as_deref().unwrap_or(NAMELESS);
        match prices.get(model) {
            Some(price) => self.money.0 += usage.cost(*price).0,
            None => drop(self.unpriced.insert(model.to_owned())),
        }
    }

    /// The money, if all or a part of it is known.
    pub(crate) fn priced(&self) -> Option<Money> {
        (self.unpriced.is_empty() || self.money > Money::default()).then_some(self.money)
    }
}

/// Stands for what lines don't say.
pub(crate) const NAMELESS: &str = "(not said)";

/// Everything that was used, summed up in one way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) total: Group,
}

impl Account {
    /// What the manifest has is shown though it used nothing; what it lacks is marked.
    pub(crate) fn of(used: &Used, by: By, manifest: &Manifest) -> Self {
        let known = |tiers: BTreeSet<String>| Group { declared: true, tiers, ..Group::default() };
        let declared: BTreeMap<String, Group> = match by {
            By::Tenant => {
                manifest.tenants.iter().map(|(id, tenant)| (id.to_string(), known([tenant.tier.value.to_string()].into()))).collect()
            }
            By::Tier => manifest.tiers.keys().map(|name| (name.to_string(), known([name.to_string()].into()))).collect(),
            By::Model => manifest.tiers.values().map(|tier| (tier.model.clone(), known(BTreeSet::new()))).collect(),
        };
        let mut account = Self { groups: declared, total: Group { declared: true, ..Group::default() } };
        for (line, usage) in used {
            let name = by.of(line).cloned().unwrap_or_else(|| NAMELESS.into());
            account.groups.entry(name).or_default().take(line, *usage, &manifest.prices);
            account.total.take(line, *usage, &manifest.prices);
        }
        account
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::MicroDollars;

    fn line(tier: &str, tenant: &str, model: &str) -> Line {
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Line { tier: said(tier), tenant: said(tenant), model: said(model) }
    }

    #[test]
    fn money_is_exact_to_the_micro_dollar() {
        let price = Price { input: MicroDollars(100_000), output: MicroDollars(300_000) };
        let usage = |input, output| Usage { answers: 1, input, output, total: input + output };
        assert_eq!(usage(1_000_000, 1_000_000).cost(price).to_string(), "0.400000");
        // A token at ten cents a million is a tenth of a micro-dollar: ten thousand lines of one make a thousand, not nothing.
        let mut sum = Money::default();
        (0..10_000).for_each(|_| sum.0 += usage(1, 0).cost(price).0);
        assert_eq!(sum.to_string(), "0.001000");
        assert_eq!((usage(4, 0).cost(price).to_string(), usage(5, 0).cost(price).to_string()), ("0.000000".into(), "0.000001".into()));
        let most = Price { input: MicroDollars(1_000_000_000_000), output: MicroDollars(0) };
        assert_eq!(usage(u64::MAX / 2, 0).cost(most).to_string(), format!("{}.000000", u64::MAX / 2));
    }

    #[test]
    fn tenants_without_usage_are_shown_and_usage_without_a_tenant_too() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/good/prices.yaml");
        let (manifest, _) = crate::manifest::read(&path).unwrap();
        let usage = Usage { answers: 2, input: 10, output: 20, total: 30 };
        let used = Used::from([
            (line("basic", "clinic-z", "mistral.ministral-3-8b-instruct"), usage),
            (line("basic", "clinic-z", "model.free"), usage),
            (line("basic", "", "model.free"), usage),
        ]);
        let account = Account::of(&used, By::Tenant, &manifest);
        assert_eq!(account.groups.keys().collect::<Vec<_>>(), [NAMELESS, "clinic-a", "clinic-z"]);
        assert!(account.groups["clinic-a"].declared && account.groups["clinic-a"].usage == Usage::default());
        let gone = &account.groups["clinic-z"];
        assert_eq!((gone.declared, gone.usage.total, gone.priced().unwrap().to_string().as_str()), (false, 60, "0.000007"));
        assert_eq!(account.groups[NAMELESS].priced(), None);
        assert_eq!(account.total.usage.answers, 6);
        let models = Account::of(&used, By::Model, &manifest);
        assert_eq!(models.groups["model.free"].usage.input, 20);
        assert_eq!(Account::of(&used, By::Tier, &manifest).groups.len(), 1);
    }
}
