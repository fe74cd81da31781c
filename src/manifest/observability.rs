//! What the manifest says of logs and traces.

/// For every memory, gateway and runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Observability {
    /// How long logs are kept.
    pub(crate) log_days: i32,
    pub(crate) traces: Traces,
}

/// Where traces go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traces {
    /// To X-Ray, which keeps them in CloudWatch Logs from then on.
    XRay,
    Off,
}
