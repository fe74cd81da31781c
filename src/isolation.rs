//! What keeps tenants apart, judged without AWS.

pub(crate) mod cedar;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by the sandbox and by the probes"))]
pub(crate) mod iam;
