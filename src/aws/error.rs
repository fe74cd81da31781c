//! What AWS refused, in one plain phrase, and what that means for the caller.

use std::fmt;

use anyhow::Context as _;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use crate::address::Address;

/// What a refusal means; callers branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// There is no such thing.
    Missing,
    /// The name is taken, or the thing is busy.
    Conflict,
    /// Too many requests, or else known to have done nothing: it may be begun again.
    Throttled,
    /// What was just made is not seen everywhere yet.
    NotPropagated,
    /// The credentials may not do this.
    Denied,
    /// There are no credentials, or they are no longer good.
    Credentials,
    /// AWS could not be reached.
    Unreachable,
    /// AWS failed: the work may or may not have been done.
    Failed,
    /// The request was refused, and would be again.
    Refused,
}

/// A refusal or failure of one AWS call.
#[derive(Debug, Clone)]
pub(crate) struct AwsError {
    pub(crate) class: Class,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AwsError {}

impl AwsError {
    /// A refusal by its code, message and HTTP status.
    pub(crate) fn answered(code: &str, message: &str, status: u16, request_id: Option<String>) -> Self {
        // S3's HEAD replies carry a status and nothing else.
        let code = match (code, status) {
            ("", 404) => "NotFound",
            ("", 403) => "AccessDenied",
            ("", _) => "UnknownError",
            (code, _) => code,
        };
        Self { class: classify(code, message, status), code: code.into(), message: message.into(), request_id }
    }

    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self { class: Class::Unreachable, code: "unreachable".into(), message: message.into(), request_id: None }
    }

    pub(crate) fn no_credentials(error: &dyn std::error::Error) -> Self {
        Self { class: Class::Credentials, code: "no usable credentials".into(), message: innermost(error), request_id: None }
    }

    /// Whether the work may have been done although no answer says so.
    pub(crate) fn is_ambiguous(&self) -> bool {
        matches!(self.class, Class::Failed | Class::Unreachable)
    }

    /// The same error, now that a look has shown that nothing was done: the executor may begin again.
    pub(crate) fn nothing_done(mut error: anyhow::Error) -> anyhow::Error {
        if let Some(refusal) = error.downcast_mut::<Self>() {
            refusal.class = Class::Throttled;
        }
        error
    }

    /// The same error, where the bucket is known to be there: a new one is not seen everywhere for some seconds.
    pub(crate) fn bucket_is_there(mut error: anyhow::Error) -> anyhow::Error {
        if let Some(refusal) = error.downcast_mut::<Self>().filter(|refusal| refusal.code == "NoSuchBucket") {
            refusal.class = Class::NotPropagated;
        }
        error
    }

    /// Finds the AWS error in a chain.
    pub(crate) fn of(error: &anyhow::Error) -> Option<&Self> {
        error.downcast_ref::<Self>()
    }
}

/// Refusals that mean "a role or policy that you just wrote is not visible here yet", by code and wording
/// (the same codes stand for lasting errors as well). Collected 2026-09 from public provider sources.
const NOT_PROPAGATED: &[(&str, &str)] = &[
    ("ValidationException", "unable to assume the given role"),
    ("ValidationException", "Role validation failed"),
    ("ValidationException", "Access denied while validating ECR URI"),
    ("ValidationException", "Gateway execution role lacks permission"),
    ("InvalidRequestException", "XRay does not have permission"),
    ("MalformedPolicyDocument", "Invalid principal in policy"),
    ("MalformedPolicy", "Invalid principal in policy"),
];

fn classify(code: &str, message: &str, status: u16) -> Class {
    if NOT_PROPAGATED.iter().any(|(c, m)| *c == code && message.contains(m)) {
        return Class::NotPropagated;
    }
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "TooManyUpdates"
        | "SlowDown"
        | "RequestLimitExceeded"
        | "OperationAborted"
        | "OperationAbortedException"
        | "ConcurrentModification"
        | "ConcurrentModificationException" => Class::Throttled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken" => Class::Credentials,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedException" => Class::Denied,
        "NotFound" | "NoSuchEntity" | "NoSuchBucket" | "NoSuchKey" | "ParameterNotFound" => Class::Missing,
        "EntityAlreadyExists" | "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" | "ParameterAlreadyExists" | "GroupExistsException" => {
            Class::Conflict
        }
        _ if code.starts_with("ResourceNotFound") || code.starts_with("NotFoundException") || code.starts_with("NoSuch") => Class::Missing,
        _ if code.starts_with("Conflict") || code.starts_with("ResourceAlreadyExists") => Class::Conflict,
        _ if status == 404 => Class::Missing,
        _ if status == 429 => Class::Throttled,
        _ if status >= 500 && status != 501 => Class::Failed,
        _ => Class::Refused,
    }
}

/// An AWS result with the operation and the object named.
pub(crate) trait During<T> {
    fn during(self, doing: impl fmt::Display + Send + Sync + 'static) -> anyhow::Result<T>;
}

impl<T, E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static> During<T> for Result<T, SdkError<E, HttpResponse>> {
    fn during(self, doing: impl fmt::Display + Send + Sync + 'static) -> anyhow::Result<T> {
        self.map_err(|e| plain(&e)).with_context(|| doing.to_string())
    }
}

fn plain<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> AwsError {
    let unanswered = |class, code: &str| AwsError { class, code: code.into(), message: innermost(error), request_id: None };
    match error {
        SdkError::ServiceError(answer) => {
            let id = error.request_id().map(Into::into);
            AwsError::answered(answer.err().code().unwrap_or(""), answer.err().message().unwrap_or(""), answer.raw().status().as_u16(), id)
        }
        SdkError::TimeoutError(_) => unanswered(Class::Failed, "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => unanswered(Class::Unreachable, "unreachable"),
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
            let message = DisplayErrorContext(error).to_string();
            // The SDK has no type for this: credentials are looked up inside its own machinery.
            if message.contains("credential") || message.contains("Credentials") {
                unanswered(Class::Credentials, "no usable credentials")
            } else {
                unanswered(Class::Unreachable, "unreachable")
            }
        }
        SdkError::ResponseError(_) => unanswered(Class::Failed, "unreadable answer"),
        _ => unanswered(Class::Refused, "request not sent"),
    }
}

/// The last cause of a chain, which says most; never the raw response, which may hold secrets.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// "It is not there" as a value.
pub(crate) trait Tolerate<T> {
    /// `None` where AWS says that there is no such thing.
    fn missing_is_none(self) -> anyhow::Result<Option<T>>;
    /// The details of what a listing showed; `None` where it is gone, since listings lag, or where the name is nobody's that
    /// we want and AWS does not let us look.
    fn listed(self, wanted: Option<&Address>) -> anyhow::Result<Option<T>>;
}

impl<T> Tolerate<T> for anyhow::Result<T> {
    fn missing_is_none(self) -> anyhow::Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if AwsError::of(&error).is_some_and(|e| e.class == Class::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn listed(self, wanted: Option<&Address>) -> anyhow::Result<Option<T>> {
        match self.missing_is_none() {
            Err(error) if wanted.is_none() && AwsError::of(&error).is_some_and(|e| e.class == Class::Denied) => {
                tracing::debug!(error = format!("{error:#}"), "left out, since it is hidden and nobody asked for it");
                Ok(None)
            }
            looked => looked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(class: Class) -> anyhow::Result<()> {
        Err(AwsError { class, code: "Code".into(), message: String::new(), request_id: None }).context("reading")
    }

    #[test]
    fn what_was_listed_may_be_gone_and_what_nobody_wants_may_be_hidden() {
        let wanted: Address = "role/platform/x".parse().unwrap();
        assert!(refused(Class::Missing).listed(Some(&wanted)).unwrap().is_none());
        assert!(refused(Class::Denied).listed(None).unwrap().is_none());
        assert!(refused(Class::Denied).listed(Some(&wanted)).is_err());
        assert!(refused(Class::Failed).listed(None).is_err());
        let text = format!("{:#}", AwsError::nothing_done(refused(Class::Failed).unwrap_err()));
        assert_eq!(text, "reading: Code", "what was being done is still said");
    }
}
