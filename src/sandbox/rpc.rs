//! The operations of AWS's JSON services that are told apart by a name: in `x-amz-target`, or as the path.

use serde_json::Value;

use super::World;
use super::protocol::{Refusal, Reply, Request};
use super::shape::{self, Shape};

/// What an operation answers, or why not.
pub(super) type Answer = Result<Value, Refusal>;

/// What answers an operation.
type Act = fn(&mut World, &Value) -> Answer;

/// One operation, and the shape that its request must have.
pub(super) struct Operation {
    pub(super) name: &'static str,
    shape: &'static Shape,
    /// What the operation calls a broken constraint, where it has a word of its own.
    invalid: Option<&'static str>,
    act: Act,
}

pub(super) const fn on(name: &'static str, shape: &'static Shape, act: Act) -> Operation {
    Operation { name, shape, invalid: None, act }
}

impl Operation {
    /// An operation that has another word than its service for a broken constraint.
    pub(super) const fn refusing_with(self, invalid: &'static str) -> Self {
        Self { name: self.name, shape: self.shape, invalid: Some(invalid), act: self.act }
    }
}

/// The answer of the operation of that name, once the request has its shape; `None` if there is no such operation.
pub(super) fn answer(operations: &[Operation], name: &str, invalid: &'static str, world: &mut World, request: &Request) -> Option<Answer> {
    let operation = operations.iter().find(|operation| operation.name == name)?;
    let body = shape::body(request, operation.shape, operation.invalid.unwrap_or(invalid));
    Some(body.and_then(|body| (operation.act)(world, &body)))
}

/// What the operation of that name answers to a body, or the code of its refusal.
#[cfg(test)]
pub(super) fn asked(
    operations: &[Operation],
    name: &str,
    invalid: &'static str,
    world: &mut World,
    body: &Value,
) -> Result<Value, &'static str> {
    let operation = operations.iter().find(|operation| operation.name == name).unwrap();
    let fits = shape::check(operation.shape, body, operation.invalid.unwrap_or(invalid));
    fits.and_then(|()| (operation.act)(world, body)).map_err(|refusal| refusal.code)
}

/// An answer as awsJson1.1 has it.
pub(super) fn aws_json(answer: Answer) -> Reply {
    match answer {
        Ok(body) => Reply::aws_json(&body),
        Err(refusal) => Reply::refuse_json(refusal.status, refusal.code, &refusal.message),
    }
}
