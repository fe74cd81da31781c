//! Patches: lists of operations on paths, which either all happen or none.

use serde_json::{Map, Value};

use super::super::shape::{self, Shape, list, may};
use super::{Refusal, TEXT, invalid};

static OPERATION: Shape = Shape::Struct(&[
    may("op", Shape::OneOf(&["add", "remove", "replace", "move", "copy", "test"])),
    may("path", TEXT),
    may("value", TEXT),
    may("from", TEXT),
]);
pub(super) static SHAPE: Shape = Shape::Struct(&[may("patchOperations", list(0, usize::MAX, &OPERATION))]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

#[derive(Debug)]
pub(super) struct Patch {
    pub(super) op: Op,
    pub(super) path: String,
    pub(super) value: String,
}

pub(super) fn read(body: &Value) -> Result<Vec<Patch>, Refusal> {
    let all = body.get("patchOperations").and_then(Value::as_array).into_iter().flatten().map(|operation| {
        let op = match shape::string(operation, "op") {
            "add" => Op::Add,
            "replace" => Op::Replace,
            "remove" => Op::Remove,
            other => return Err(invalid(format!("Invalid patch operation '{other}' specified"))),
        };
        Ok(Patch { op, path: shape::string(operation, "path").into(), value: shape::string(operation, "value").into() })
    });
    all.collect()
}

impl Patch {
    pub(super) fn refused(&self) -> Refusal {
        invalid(format!("Invalid patch path '{}' specified for op '{:?}'", self.path, self.op).to_lowercase())
    }

    /// The path's parts, with `/` written back for `~1`.
    pub(super) fn parts(&self) -> Vec<String> {
        self.path.trim_start_matches('/').split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
    }

    /// Sets or takes away one text of the settings.
    pub(super) fn text(&self, settings: &mut Map<String, Value>, name: &str) {
        if self.op == Op::Remove || self.value.is_empty() {
            settings.remove(name);
        } else {
            settings.insert(name.into(), self.value.as_str().into());
        }
    }

    pub(super) fn flag(&self) -> Result<bool, Refusal> {
        self.value.parse().map_err(|_| invalid(format!("Invalid boolean value '{}' for {}", self.value, self.path)))
    }

    pub(super) fn number<T: std::str::FromStr>(&self) -> Result<T, Refusal> {
        self.value.parse().map_err(|_| invalid(format!("Invalid number '{}' for {}", self.value, self.path)))
    }
}
