//! One line of a `Condition`: an operator, a key, and the values that the policy gives.

use super::compare::{Comparison, truth};
use super::pattern::{Resolved, Text};
use super::tri::Tri;
use super::{Context, Found};

#[derive(Debug, Clone)]
pub(super) struct Condition {
    operator: Operator,
    /// In lower case.
    key: String,
    values: Vec<Text>,
}

#[derive(Debug, Clone, Copy)]
enum Operator {
    /// Whether the key is missing.
    Null,
    Compare {
        set: Set,
        comparison: Comparison,
        negated: bool,
        if_exists: bool,
    },
    /// None that is known: whatever it means, it proves nothing.
    Unknown,
}

/// How an operator takes a key of several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// Keys of one value.
    One,
    All,
    Any,
}

impl Operator {
    fn named(name: &str) -> Self {
        if name == "Null" {
            return Self::Null;
        }
        let (set, bare) = match name.split_once(':') {
            None => (Set::One, name),
            Some(("ForAllValues", bare)) => (Set::All, bare),
            Some(("ForAnyValue", bare)) => (Set::Any, bare),
            Some(_) => return Self::Unknown,
        };
        let (bare, if_exists) = bare.strip_suffix("IfExists").map_or((bare, false), |bare| (bare, true));
        match Comparison::named(bare) {
            Some((comparison, negated)) => Self::Compare { set, comparison, negated, if_exists },
            None => Self::Unknown,
        }
    }
}

impl Condition {
    pub(super) fn new(operator: &str, key: &str, values: &[String], variables: bool) -> Self {
        let operator = Operator::named(operator);
        let variables = variables && matches!(operator, Operator::Compare { comparison, .. } if comparison.takes_variables());
        let text = |value: &String| if variables { Text::with_variables(value) } else { Text::plain(value) };
        Self { operator, key: key.to_lowercase(), values: values.iter().map(text).collect() }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str()).chain(self.values.iter().flat_map(Text::keys))
    }

    pub(super) fn holds(&self, context: &Context) -> Tri {
        let found = context.get(&self.key);
        match self.operator {
            Operator::Unknown => Tri::Unknown,
            // AWS does not say what a condition without values asks for.
            _ if self.values.is_empty() => Tri::Unknown,
            Operator::Null => self.missing(found, context),
            Operator::Compare { set, comparison, negated, if_exists } => {
                let values = match found {
                    Found::Unknown => return Tri::Unknown,
                    Found::Absent | Found::Values([]) => return absent(set, negated, if_exists),
                    Found::Values(values) => values,
                };
                let wanted: Vec<Resolved> = self.values.iter().map(|value| value.resolve(context)).collect();
                let fits = |given: &String| {
                    let one = |wanted: &Resolved| match wanted {
                        Resolved::Null => Tri::No,
                        Resolved::Unknown => Tri::Unknown,
                        Resolved::Pattern(tokens) => comparison.holds(tokens, given),
                    };
                    Tri::any(wanted.iter().map(one)).turned(negated)
                };
                let (all, any) = (Tri::all(values.iter().map(fits)), Tri::any(values.iter().map(fits)));
                match set {
                    // An empty text counts as no value at all to AWS, where all values are asked for.
                    Set::All if all == Tri::No && values.iter().all(String::is_empty) => Tri::Unknown,
                    Set::All => all,
                    Set::Any => any,
                    Set::One if all == any => all,
                    // An operator for one value on a key of several: AWS advises against it and does not say what comes of it.
                    Set::One => Tri::Unknown,
                }
            }
        }
    }

    fn missing(&self, found: Found<'_>, context: &Context) -> Tri {
        let missing = match found {
            Found::Unknown => Tri::Unknown,
            Found::Absent | Found::Values([]) => Tri::Yes,
            // AWS calls an empty text a null value in one place and a value in another.
            Found::Values(values) if values.iter().all(String::is_empty) => Tri::Unknown,
            Found::Values(_) => Tri::No,
        };
        Tri::any(self.values.iter().map(|value| {
            let wanted = match value.resolve(context) {
                Resolved::Pattern(tokens) => truth(&super::pattern::literal(&tokens)),
                Resolved::Null | Resolved::Unknown => None,
            };
            wanted.map_or(Tri::Unknown, |wanted| missing.turned(!wanted))
        }))
    }
}

/// What a comparison says of a key that the call does not carry.
fn absent(set: Set, negated: bool, if_exists: bool) -> Tri {
    match set {
        Set::All => Tri::Yes,
        // One rule of AWS says no, the other yes.
        Set::Any if if_exists => Tri::Unknown,
        Set::Any => Tri::No,
        Set::One => (if_exists || negated).into(),
    }
}
