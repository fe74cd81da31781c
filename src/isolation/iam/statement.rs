//! One statement, and whether it applies to a call.

use super::Request;
use super::condition::Condition;
use super::pattern::{Resolved, Text, Token, covers, glob};
use super::principal::Principals;
use super::tri::Tri;

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) principals: Option<(Listed, Principals)>,
    /// In lower case, and without variables.
    pub(super) actions: (Listed, Vec<Vec<Token>>),
    pub(super) resources: Option<(Listed, Vec<Text>)>,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// Whether a list says what a statement is about, or what it is not about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    In,
    Out,
}

/// What a policy hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Identity,
    /// A resource; of a trust policy, the role.
    Resource,
    /// The same, where an Allow for a whole account does not count.
    ResourceByName,
}

impl Statement {
    pub(super) fn denies(&self) -> bool {
        self.effect == Effect::Deny
    }

    /// What to call the statement, the `n`-th from zero.
    pub(super) fn name(&self, n: usize) -> String {
        self.sid.clone().filter(|sid| !sid.is_empty()).unwrap_or_else(|| format!("statement {}", n + 1))
    }

    /// Whether it applies to a call, whose action is given in lower case.
    pub(super) fn applies(&self, place: Place, request: &Request<'_>, action: &str) -> Tri {
        let action = self.speaks_of(action);
        if action == Tri::No {
            return Tri::No;
        }
        Tri::all(
            [action, self.concerns(place, request), self.is_about(place, request)]
                .into_iter()
                .chain(self.conditions.iter().map(|condition| condition.holds(request.context))),
        )
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let resources = self.resources.iter().flat_map(|(_, texts)| texts).flat_map(Text::keys);
        resources.chain(self.conditions.iter().flat_map(Condition::keys))
    }

    pub(super) fn speaks_of(&self, action: &str) -> Tri {
        let (listed, actions) = &self.actions;
        Tri::from(actions.iter().any(|pattern| glob(pattern, action))).turned(*listed == Listed::Out)
    }

    fn is_about(&self, place: Place, request: &Request<'_>) -> Tri {
        let Some((listed, resources)) = &self.resources else {
            // A trust policy is about its own role; anywhere else AWS asks for a resource.
            return if place == Place::Identity { Tri::Unknown } else { Tri::Yes };
        };
        let one = |text: &Text| match text.resolve(request.context) {
            Resolved::Null => Tri::No,
            Resolved::Unknown => Tri::Unknown,
            Resolved::Pattern(pattern) => covers(&pattern, request.resource),
        };
        Tri::any(resources.iter().map(one)).turned(*listed == Listed::Out)
    }

    fn concerns(&self, place: Place, request: &Request<'_>) -> Tri {
        match (place, &self.principals) {
            (Place::Identity, None) => Tri::Yes,
            // Each is refused by AWS, so that nothing is known of what it would do.
            (Place::Identity, Some(_)) | (_, None) => Tri::Unknown,
            (Place::ResourceByName, Some((Listed::In, principals))) if self.effect == Effect::Allow => principals.name(request),
            (_, Some((Listed::In, principals))) => principals.include(request),
            (_, Some((Listed::Out, principals))) => match (principals.include(request), self.effect) {
                (Tri::No, _) => Tri::Yes,
                (Tri::Yes, _) if principals.are_everyone() => Tri::No,
                // To be spared, a session needs its own ARN, its role's and its account's in the list: more than is asked here.
                (_, Effect::Deny) | (Tri::Unknown, Effect::Allow) => Tri::Unknown,
                (Tri::Yes, Effect::Allow) => Tri::No,
            },
        }
    }
}
