//! What a guardrail may be, for the manifest's schema.

use super::super::super::forms;
use super::super::super::shape::{Key, Shape, may, must};
use super::{
    ACTIONS, DEFAULT_ENTITIES, ENTITIES, FILTERS, GROUNDING, INPUT_MESSAGE, MOST_EXAMPLES, MOST_THRESHOLD, MOST_TOPICS, MOST_WORDS,
    OUTPUT_MESSAGE, PROMPT_ATTACK, STRENGTHS,
};

pub(in super::super) fn shape() -> Shape {
    let words = Shape::texts("Words and phrases that are blocked, beside profanity.", forms::blocked_word(), (0, Some(MOST_WORDS)));
    let message = |what: &str, default: &str| Shape::text(what, forms::blocked_message()).or_else(default);
    Shape::section(
        "What is blocked of what goes in and comes out; `{}` filters content, profanity and the usual personal data.",
        [
            may("blocked_input_message", message("What a user reads in place of an answer that is refused.", INPUT_MESSAGE)),
            may("blocked_output_message", message("What a user reads in place of an answer that is withheld.", OUTPUT_MESSAGE)),
            may("filters", Shape::section("How strictly each kind of content is filtered.", FILTERS.iter().map(|name| filter(name)))),
            may("words", words),
            may("topics", topics()),
            may("pii", Shape::section("What happens to personal data, by its sort.", ENTITIES.iter().map(|name| entity(name)))),
            may("grounding", Shape::section("Scores below which an answer is blocked.", GROUNDING.iter().map(|name| threshold(name)))),
        ],
    )
}

fn strengths() -> impl Iterator<Item = &'static str> {
    STRENGTHS.iter().map(|(name, _)| *name)
}

fn filter(name: &'static str) -> Key {
    let side = |says: &str| Shape::words(says, strengths()).or_else("high");
    let input = may("input", side("How strictly what goes in is filtered."));
    let sides = match name {
        PROMPT_ATTACK => {
            let output = Shape::words("An attack on the prompt is in what goes in.", ["none"]).or_else("none");
            vec![input, may("output", output)]
        }
        _ => vec![input, may("output", side("How strictly what comes out is filtered."))],
    };
    let both = Shape::words("", strengths());
    let says = format!("How strictly {} is filtered, both ways alike or each by itself.", name.replace('_', " "));
    may(name, Shape::either(&says, [both, Shape::section("", sides)]).or_else("high"))
}

fn topics() -> Shape {
    let examples = Shape::texts("What somebody might say about it.", forms::topic_example(), (0, Some(MOST_EXAMPLES)));
    let topic = Shape::section(
        "A subject that nobody is to talk about.",
        [must("definition", Shape::text("What it is, in a sentence.", forms::topic_definition())), may("examples", examples)],
    );
    Shape::entries("Whole subjects that are blocked, by name.", forms::topic_name(), topic).at_most(MOST_TOPICS)
}

fn entity(name: &'static str) -> Key {
    let default = if DEFAULT_ENTITIES.contains(&name) { "anonymize" } else { "none" };
    let says = format!("What happens where an answer has a {}.", name.replace('_', " "));
    may(name, Shape::words(&says, ACTIONS.iter().map(|(action, _)| *action)).or_else(default))
}

fn threshold(name: &'static str) -> Key {
    let says = match name {
        "grounding" => "How far an answer follows from what was found.",
        _ => "How far an answer is about the question.",
    };
    may(name, Shape::decimal(says, (0.0, MOST_THRESHOLD)).such_as(0.8))
}
