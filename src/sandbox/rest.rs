//! The operations of REST services: told apart by method and path.

use serde_json::Value;

use super::World;
use super::protocol::{Refusal, Request};
use super::shape::{self, Shape};

/// What an operation answers, or why not.
pub(super) type Answer = Result<Value, Refusal>;

/// What answers an operation.
pub(super) type Act = fn(&mut World, &Call<'_>) -> Answer;

/// A request, with what its path names.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) ids: Vec<String>,
    /// What the service calls a broken constraint.
    pub(super) invalid: &'static str,
}

impl Call<'_> {
    pub(super) fn id(&self, n: usize) -> &str {
        self.ids.get(n).map_or("", String::as_str)
    }

    pub(super) fn body(&self, shape: &Shape) -> Answer {
        shape::body(self.request, shape, self.invalid)
    }
}

/// One operation; `A` is the function that answers it.
pub(super) struct Operation<A> {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    /// The path's segments; `*` stands for an id, a name or an ARN.
    pub(super) path: &'static [&'static str],
    pub(super) status: u16,
    pub(super) answer: A,
}

pub(super) const fn on<A: Copy>(
    name: &'static str,
    method: &'static str,
    path: &'static [&'static str],
    status: u16,
    answer: A,
) -> Operation<A> {
    Operation { name, method, path, status, answer }
}

/// The operation that a request means, and what stands where its path has `*`.
pub(super) fn find<'a, A>(operations: &'a [Operation<A>], method: &str, segments: Vec<String>) -> Option<(&'a Operation<A>, Vec<String>)> {
    let fits = |path: &[&str]| path.len() == segments.len() && path.iter().zip(&segments).all(|(p, s)| *p == "*" || p == s);
    let operation = operations.iter().find(|operation| operation.method == method && fits(operation.path))?;
    let ids = operation.path.iter().zip(segments).filter(|(p, _)| **p == "*").map(|(_, s)| s).collect();
    Some((operation, ids))
}

/// The segments with all that follows one of these words as a single one: an ARN, which has slashes of its own.
pub(super) fn with_arn(segments: Vec<String>, after: &[&str]) -> Vec<String> {
    match segments.split_first() {
        Some((first, arn)) if after.contains(&first.as_str()) => vec![first.clone(), arn.join("/")],
        _ => segments,
    }
}
