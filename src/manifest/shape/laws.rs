//! The schema against the reader: the same keys, the same bounds, the same words, and patterns that follow their rules.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::super::read::{reading, shape};
use super::*;

/// A document with a value at one place.
type Around<'a> = &'a dyn Fn(Value) -> Value;

fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.into_iter().collect())
}

/// The least that a shape takes.
fn minimal(shape: &Shape) -> Value {
    match &shape.form {
        Form::Section { keys, ways } => {
            let way = ways.first().copied().unwrap_or_default();
            let needed = keys.iter().filter(|key| key.needed || way.contains(&key.name));
            object(needed.map(|key| (key.name.to_owned(), minimal(&key.shape))))
        }
        Form::Entries { name, value, .. } => object([(name.examples[0].to_owned(), minimal(value))]),
        Form::List { item, .. } => json!([minimal(item)]),
        Form::Text(text) => text.examples[0].into(),
        Form::Whole(least, _) => (*least).into(),
        Form::WholeOf(numbers) => numbers[0].into(),
        Form::Decimal(least, _) => (*least).into(),
        Form::Words(words) => words[0].clone().into(),
        Form::Flag | Form::Plain => true.into(),
        Form::Exactly(number) => (*number).into(),
        Form::Either(shapes) => minimal(&shapes[0]),
    }
}

/// Every part of the manifest, with a whole document around it.
fn every(shape: &Shape, around: Around<'_>, seen: &mut dyn FnMut(&Shape, Around<'_>)) {
    seen(shape, around);
    match &shape.form {
        Form::Section { keys, .. } => {
            for key in keys {
                let with = |value: Value| {
                    let mut whole = minimal(shape);
                    put(&mut whole, key.name, value);
                    around(whole)
                };
                every(&key.shape, &with, seen);
            }
        }
        Form::Entries { name, value, .. } => every(value, &|v| around(object([(name.examples[0].to_owned(), v)])), seen),
        Form::List { item, .. } => every(item, &|v| around(json!([v])), seen),
        Form::Either(shapes) => shapes.iter().for_each(|shape| every(shape, around, seen)),
        _ => {}
    }
}

fn everything(mut seen: impl FnMut(&Shape, Around<'_>)) {
    every(&shape(&Known::default()), &|value| value, &mut seen);
}

/// What the reader says of a document: summaries and help.
fn findings(document: &Value) -> BTreeSet<(String, String)> {
    let mut document = document.clone();
    if let Some(Value::Object(isolation)) = document.get_mut("isolation") {
        // Nothing else of the section is looked at in the other profile.
        isolation.entry("profile").or_insert_with(|| "strict".into());
    }
    let read = reading(Path::new("/nowhere/tenants.yaml"), format!("{document:#}"));
    let list = read.findings.to_json();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    list.as_array().unwrap().iter().map(|finding| (text(finding, "summary"), text(finding, "help"))).collect()
}

#[test]
fn the_schema_has_the_readers_keys_and_no_others() {
    const UNKNOWN: &str = "zzzzzzzzzz";
    let mut sections = 0;
    everything(|shape, around| {
        let Form::Section { keys, .. } = &shape.form else { return };
        let mut whole = minimal(shape);
        put(&mut whole, UNKNOWN, 1);
        let found = findings(&around(whole.clone()));
        let mut help = found.iter().filter(|(summary, _)| summary.ends_with(&format!(" an unknown key `{UNKNOWN}`"))).map(|(_, help)| help);
        let help = help.next().unwrap_or_else(|| panic!("nobody reads {whole}: {found:?}"));
        let reader: BTreeSet<&str> = help.split_once("its keys are: ").unwrap().1.split(", ").collect();
        assert_eq!(keys.iter().map(|key| key.name).collect::<BTreeSet<_>>(), reader, "{whole}");
        sections += 1;
    });
    assert!(sections > 30, "{sections}");
}

#[test]
fn what_the_schema_takes_or_refuses_the_reader_does_too() {
    let wrong =
        |(summary, _): &&(String, String)| ["can't be", "expected a", "unknown key", "doesn't read"].iter().any(|w| summary.contains(w));
    let mut leaves = 0;
    everything(|shape, around| {
        let (good, bad): (Vec<Value>, Vec<Value>) = match &shape.form {
            Form::Text(text) => {
                let long = text.examples[0].repeat(text.most.unwrap_or(0) + 1);
                (shape.examples.clone(), vec![if text.most.is_some() { long.into() } else { "".into() }])
            }
            Form::Whole(least, most) => {
                let below = least.checked_sub(1).map(Value::from);
                (vec![(*least).into(), (*most).into()], below.into_iter().chain([(u64::from(*most) + 1).into()]).collect())
            }
            Form::WholeOf(numbers) => (vec![numbers[0].into(), numbers[numbers.len() - 1].into()], vec![json!(2), json!(0)]),
            Form::Decimal(least, most) => (vec![(*least).into(), (*most).into()], vec![json!(-1), json!(most + 0.001)]),
            Form::Words(words) => (words.iter().map(|w| w.clone().into()).collect(), vec!["zzzzzzzzzz".into(), json!(1.5)]),
            Form::Flag => (vec![true.into(), false.into()], vec!["maybe".into(), json!(1)]),
            Form::Exactly(number) => (vec![(*number).into()], vec![(number + 1).into()]),
            Form::Section { .. } | Form::Entries { .. } => (vec![minimal(shape)], vec![json!(1)]),
            Form::List { .. } | Form::Plain | Form::Either(_) => return,
        };
        leaves += 1;
        let taken = findings(&around(minimal(shape)));
        for value in good {
            let found = findings(&around(value.clone()));
            assert_eq!(found.iter().find(wrong), None, "{value} in {}", around(value.clone()));
        }
        for value in bad {
            let found = findings(&around(value.clone()));
            let new = found.difference(&taken).count();
            assert!(new > 0, "the reader takes {value} in {}", around(value.clone()));
        }
    });
    assert!(leaves > 100, "{leaves}");
}

#[test]
fn defaults_are_what_the_schema_takes() {
    everything(|shape, _| {
        let Some(default) = &shape.default else { return };
        assert!(takes(shape, default), "{default} of {}", shape.says);
    });
}

fn takes(shape: &Shape, value: &Value) -> bool {
    match (&shape.form, value) {
        (Form::Text(text), Value::String(written)) => fits(text, &pattern(text), written),
        (Form::Words(words), Value::String(word)) => words.contains(word),
        (Form::Whole(least, most), Value::Number(n)) => n.as_u64().is_some_and(|n| (u64::from(*least)..=u64::from(*most)).contains(&n)),
        (Form::WholeOf(numbers), Value::Number(n)) => numbers.iter().any(|number| n.as_u64() == Some(u64::from(*number))),
        (Form::List { item, .. }, Value::Array(items)) => items.iter().all(|value| takes(item, value)),
        (Form::Either(shapes), _) => shapes.iter().any(|shape| takes(shape, value)),
        (Form::Flag, Value::Bool(_)) => true,
        _ => false,
    }
}

fn pattern(text: &Text) -> Regex {
    Regex::new(&text.pattern).unwrap()
}

/// Whether a schema takes a text.
fn fits(text: &Text, pattern: &Regex, written: &str) -> bool {
    let length = written.chars().count();
    length >= text.least && text.most.is_none_or(|most| length <= most) && pattern.is_match(written)
}

/// Texts around the examples: longer, shorter, and with characters that rules are about.
fn samples(text: &Text) -> BTreeSet<String> {
    let mut samples: BTreeSet<String> = text.examples.iter().map(|example| (*example).to_owned()).collect();
    for example in text.examples {
        let chars: Vec<char> = example.chars().collect();
        let middle = chars.len() / 2;
        for c in "aZ0 _-.:/=+@{}#*$\"\\'!?é~\t\n\u{7f}\u{85}".chars() {
            for at in [0, middle, chars.len()] {
                let mut more = chars.clone();
                more.insert(at, c);
                samples.insert(more.iter().collect());
                samples.insert(chars.iter().enumerate().map(|(n, old)| if n == at { c } else { *old }).collect());
            }
        }
        // Filled up where it may be: in the middle, or near the end.
        let fill = |length: usize, at: usize| -> String {
            let more = std::iter::repeat_n(chars[at], length.saturating_sub(chars.len()));
            let longer = chars[..at].iter().copied().chain(more).chain(chars[at..].iter().copied());
            longer.take(length.max(1)).collect()
        };
        for length in [text.least.saturating_sub(1), text.least].into_iter().chain(text.most.into_iter().flat_map(|m| [m, m + 1])) {
            samples.insert(fill(length, middle));
            samples.insert(fill(length, chars.len() * 4 / 5));
        }
        samples.insert(chars.iter().skip(1).collect());
        samples.insert(chars[..chars.len() - 1].iter().collect());
        samples.insert(example.to_uppercase());
        samples.insert(String::new());
        samples.insert(format!("{example}{example}"));
    }
    samples
}

#[test]
fn patterns_follow_their_rules() {
    everything(|shape, _| {
        let (Form::Text(text) | Form::Entries { name: text, .. }) = &shape.form else { return };
        for example in text.examples {
            assert_eq!((text.rule)(example), Ok(()), "{example}");
        }
        let (samples, pattern) = (samples(text), pattern(text));
        for sample in &samples {
            match ((text.rule)(sample), fits(text, &pattern, sample)) {
                (Ok(()), false) => panic!("the schema refuses {sample:?}, which is fine: {}", text.pattern),
                (Err(why), true) if text.fit == Fit::Exact => panic!("the schema takes {sample:?}: {why}: {}", text.pattern),
                _ => {}
            }
        }
        if let Some(most) = text.most {
            let longest = samples.iter().filter(|s| (text.rule)(s).is_ok()).map(|s| s.chars().count()).max();
            assert_eq!(longest, Some(most), "the rule of {} ends elsewhere", text.pattern);
        }
    });
}
