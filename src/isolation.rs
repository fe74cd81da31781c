//! What keeps tenants apart, judged without AWS.

pub(crate) mod argument;
pub(crate) mod cedar;
mod deployed;
pub(crate) mod iam;
pub(crate) mod inputs;
pub(crate) mod model;
pub(crate) mod mutations;
pub(crate) mod probes;
pub(crate) mod report;
pub(crate) mod roles;
pub(crate) mod simulate;
mod statement;
pub(crate) mod template;

#[cfg(test)]
mod tests;
