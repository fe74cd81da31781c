//! What IAM's own simulator is asked about the policies that are live, and what its answers say, of them and of our engine.
//!
//! It knows no trust policies of roles, no policies of resources and no session policies, so that none of these is asked.

use std::collections::BTreeMap;

use anyhow::Result;

use super::iam::{Context, Decision, Judgement};
use super::model::Model;
use super::probes::{Call, Kept, PROBES, own_parameter, walls, with_shared};
use super::report::{Method, Row};
use super::roles::{Caller, Known, OTHER_USER, roles};
use super::statement::{allows, speaks_of};

/// The values of condition keys, each under its name.
pub(crate) type Keys = Vec<(String, Vec<String>)>;

/// One request to the simulator: a policy, and calls that differ in their action alone.
pub(crate) struct Inquiry {
    role: usize,
    pub(crate) policy: String,
    pub(crate) resource: String,
    pub(crate) keys: Keys,
    /// By action: which questions it answers.
    actions: BTreeMap<&'static str, Vec<usize>>,
}

impl Inquiry {
    pub(crate) fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.actions.keys().copied()
    }
}

/// What the simulator says: by action, or why it says nothing.
pub(crate) type Answer = Result<BTreeMap<String, Decision>, String>;

/// A call that a probe makes, whichever role it could be made with.
struct Question {
    probe: &'static str,
    is_own: bool,
    who: String,
    words: String,
    /// What our engine says, by role.
    ours: BTreeMap<usize, Decision>,
}

/// Everything that is asked.
pub(crate) struct Inquiries {
    roles: Vec<Known>,
    questions: Vec<Question>,
    pub(crate) all: Vec<Inquiry>,
}

/// Where calls come together before they are requests.
struct Desk<'a> {
    model: &'a Model,
    roles: Vec<Known>,
    questions: Vec<Question>,
    calls: BTreeMap<(usize, String, Keys), BTreeMap<&'static str, Vec<usize>>>,
}

impl Desk<'_> {
    fn ask(&mut self, probe: &'static str, is_own: bool, who: &str, of: &[usize], session: &[(String, Vec<String>)], call: &Call) {
        let keys: Keys = session.iter().cloned().chain(call.keys.iter().map(|(key, values)| ((*key).into(), values.clone()))).collect();
        let context = keys.iter().fold(Context::new(), |context, (key, values)| context.with(key, values.clone()));
        let number = self.questions.len();
        let mut ours = BTreeMap::new();
        for (n, role) in of.iter().filter_map(|n| Some((*n, self.roles.get(*n)?))) {
            ours.insert(n, role.may(call.action, &call.resource, &context).decision);
            let request = self.calls.entry((n, call.resource.clone(), keys.clone())).or_default();
            request.entry(call.action).or_default().push(number);
        }
        let words = format!("{} on {}", call.action, call.words);
        self.questions.push(Question { probe, is_own, who: who.into(), words, ours });
    }

    /// The roles of tenants whose policies allow anything of a service; every one of them if none does.
    fn speaking(&self, service: &str) -> Vec<usize> {
        let tagged = || (0..).zip(&self.roles).filter(|(_, role)| role.is_tagged);
        let speaks = |role: &Known| allows(&role.documents.1).any(|statement| speaks_of(statement, service));
        let some: Vec<usize> = tagged().filter(|(_, role)| speaks(role)).map(|(n, _)| n).collect();
        if some.is_empty() { tagged().map(|(n, _)| n).collect() } else { some }
    }

    /// What is a tenant's own, and what of others looks like it.
    fn tenant(&mut self, caller: &Caller<'_>) -> Result<()> {
        let (tier, tenant) = (caller.tier, caller.tenant);
        let (longer, shorter) = (format!("{tenant}b"), tenant.get(..tenant.len().saturating_sub(1)).unwrap_or_default().to_owned());
        let other_tier = self.model.tiers.iter().map(crate::names::TierName::as_str).find(|other| *other != tier);
        for (layer, wall) in walls(self.model)? {
            let Some(probe) = PROBES.iter().find(|probe| probe.layer == layer).map(|probe| probe.id) else { continue };
            let Some(first) = wall.own(caller).into_iter().next() else { continue };
            let of = self.speaking(first.action.split(':').next().unwrap_or_default());
            let mut ask = |is_own, from: &Caller<'_>, call: &Call| self.ask(probe, is_own, from.tenant, &of, &session(from), call);
            for call in wall.own(caller) {
                ask(true, caller, &call);
            }
            let mut victims = vec![Caller::of(tier, &longer), Caller::of(tier, &shorter)];
            victims.extend(other_tier.map(|other| Caller::of(other, "zz-nobody")));
            victims.extend((wall.kept() == Kept::User).then(|| Caller { user: OTHER_USER, ..caller.clone() }));
            for call in victims.iter().flat_map(|victim| wall.own(victim)).chain(wall.never(caller)) {
                ask(false, caller, &call);
            }
            for call in wall.own(caller) {
                ask(false, &Caller::of(tier, &longer), &call);
            }
            let nobody: Keys = session(caller).into_iter().filter(|(key, _)| !key.ends_with("/ClinicId")).collect();
            self.ask(probe, false, "a session without the tag ClinicId", &of, &nobody, &first);
        }
        Ok(())
    }

    /// What the agents' own role must not do by itself.
    fn runtime(&mut self) {
        let Some(n) = self.roles.iter().position(|role| role.address.label() == "runtime") else { return };
        let name = self.roles.get(n).map(|role| role.name().to_owned()).unwrap_or_default();
        let own = own_parameter(self.model);
        let calls = with_shared(self.model).into_iter().map(|call| (false, call)).chain([(true, ("ssm:GetParameter", own))]);
        for (is_own, (action, resource)) in calls {
            let call = Call { action, words: resource.clone(), resource, keys: vec![] };
            self.ask("P13", is_own, &name, &[n], &[], &call);
        }
    }
}

fn session(caller: &Caller<'_>) -> Keys {
    caller.tags().into_iter().map(|(key, value)| (format!("aws:PrincipalTag/{key}"), vec![value.to_owned()])).collect()
}

/// What there is to ask: the policies of tenants' roles for one tenant a tier, and that of the agents' role.
pub(crate) fn inquiries(model: &Model) -> Result<Inquiries> {
    let roles = roles(model)?;
    let mut desk = Desk { model, roles, questions: Vec::new(), calls: BTreeMap::new() };
    let mut first_of_tier: BTreeMap<&str, &str> = BTreeMap::new();
    for (tenant, tier) in &model.tenants {
        first_of_tier.entry(tier.as_str()).or_insert(tenant.as_str());
    }
    if desk.roles.iter().any(|role| role.is_tagged) {
        for (tier, tenant) in first_of_tier {
            desk.tenant(&Caller::of(tier, tenant))?;
        }
    }
    desk.runtime();
    let Desk { roles, questions, calls, .. } = desk;
    let all = calls.into_iter().map(|((role, resource, keys), actions)| {
        let policy = roles.get(role).map(|role| role.documents.1.text()).unwrap_or_default();
        Inquiry { role, policy, resource, keys, actions }
    });
    Ok(Inquiries { all: all.collect(), roles, questions })
}

/// What came of one question: an answer a role.
#[derive(Default)]
struct Came {
    allowed_by: Option<usize>,
    refused: usize,
    /// Roles with policies that were not asked about.
    half_known: bool,
    drift: Vec<(usize, Decision, Decision)>,
    unanswered: Option<String>,
}

/// A row for each probe that was asked about; the answers are in the order of the inquiries.
pub(crate) fn rows(asked: &Inquiries, answers: &[Answer]) -> Vec<Row> {
    let mut came: Vec<Came> = asked.questions.iter().map(|_| Came::default()).collect();
    for (inquiry, answer) in asked.all.iter().zip(answers) {
        for (action, questions) in &inquiry.actions {
            let said = match answer {
                Ok(decisions) => decisions.get(*action).copied().ok_or_else(|| format!("it says nothing of {action}")),
                Err(why) => Err(why.clone()),
            };
            for number in questions {
                let (Some(came), Some(question)) = (came.get_mut(*number), asked.questions.get(*number)) else { continue };
                came.hear(inquiry.role, question, &said, asked.roles.get(inquiry.role));
            }
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for (question, came) in asked.questions.iter().zip(came) {
        let at = match rows.iter().position(|row| row.probe == question.probe) {
            Some(at) => at,
            None => {
                let Some(probe) = PROBES.iter().find(|probe| probe.id == question.probe) else { continue };
                rows.push(Row::new(probe.id, probe.layer, probe.attack, Method::Simulator));
                rows.len() - 1
            }
        };
        if let Some(row) = rows.get_mut(at) {
            tell(row, question, came, &asked.roles);
        }
    }
    rows.sort_by_key(|row| row.probe);
    rows
}

impl Came {
    fn hear(&mut self, role: usize, question: &Question, said: &Result<Decision, String>, known: Option<&Known>) {
        let theirs = match said {
            Ok(decision) => *decision,
            Err(why) => {
                self.unanswered = Some(why.clone());
                return;
            }
        };
        match theirs {
            Decision::Allow => self.allowed_by = Some(role),
            Decision::ExplicitDeny | Decision::ImplicitDeny => {
                self.refused += 1;
                self.half_known |= known.is_some_and(|known| !known.others.is_empty());
            }
            Decision::Unknown => self.unanswered = Some("it can't tell".into()),
        }
        let ours = question.ours.get(&role).copied().unwrap_or(Decision::Unknown);
        if ours != Decision::Unknown && theirs != Decision::Unknown && ours.is_denied() != theirs.is_denied() {
            self.drift.push((role, ours, theirs));
        }
    }
}

fn tell(row: &mut Row, question: &Question, came: Came, roles: &[Known]) {
    let name = |n: usize| roles.get(n).map(|role| role.name().to_owned()).unwrap_or_default();
    let (who, words) = (|| question.who.clone(), || question.words.clone());
    for (role, ours, theirs) in &came.drift {
        let says = format!(
            "engine drift: for {}, {}: IAM's simulator says {}, tenantry {}; one of them is wrong, so that no PASS of this policy counts",
            question.who,
            question.words,
            word(*theirs),
            word(*ours)
        );
        row.breach(format!("policy of {}", name(*role)), says);
    }
    if came.allowed_by.is_none()
        && let Some(why) = came.unanswered
    {
        row.skipped(format!("{}: IAM's simulator gives no answer: {why}", question.words));
        return;
    }
    let decision = match came.allowed_by {
        Some(_) => Decision::Allow,
        None if came.half_known || came.refused == 0 => Decision::Unknown,
        None => Decision::ImplicitDeny,
    };
    let judged = Judgement { decision, by: came.allowed_by.map(|n| format!("the policy of {}, says IAM's simulator", name(n))) };
    match question.is_own {
        true => row.control(&judged, who, words),
        false => row.attack(&judged, who, words),
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allowed",
        Decision::ExplicitDeny => "denied",
        Decision::ImplicitDeny => "not allowed",
        Decision::Unknown => "nothing certain",
    }
}

#[cfg(test)]
mod tests;
