//! The settings of a bucket that are a handful of values: public access, encryption, versioning, ownership.

use serde::{Deserialize, Serialize};

use super::super::World;
use super::super::protocol::{Refusal, Reply, element};
use super::xml::Element;
use super::{Answer, Call, malformed};

/// The four switches of the public access block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct PublicAccess {
    acls: bool,
    ignore_acls: bool,
    pub(super) policy: bool,
    restrict: bool,
}

impl PublicAccess {
    /// What new buckets have.
    pub(super) const ALL: Self = Self { acls: true, ignore_acls: true, policy: true, restrict: true };
}

pub(super) fn put_public_access(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "PublicAccessBlockConfiguration")?;
    let switch = |name: &str| match given.text(name).map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(malformed()),
    };
    let all = PublicAccess {
        acls: switch("BlockPublicAcls")?,
        ignore_acls: switch("IgnorePublicAcls")?,
        policy: switch("BlockPublicPolicy")?,
        restrict: switch("RestrictPublicBuckets")?,
    };
    if given.children.is_empty() {
        return Err(Refusal::new(400, "InvalidRequest", "Must specify at least one configuration."));
    }
    world.state.s3.bucket_mut(&call.bucket)?.public_access = Some(all);
    world.dirty = true;
    Ok(Reply::empty(200))
}

pub(super) fn get_public_access(world: &mut World, call: &Call) -> Answer {
    let missing = || Refusal::new(404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found");
    let all = world.state.s3.bucket(&call.bucket)?.public_access.ok_or_else(missing)?;
    let switches = [
        element("BlockPublicAcls", &all.acls.to_string()),
        element("IgnorePublicAcls", &all.ignore_acls.to_string()),
        element("BlockPublicPolicy", &all.policy.to_string()),
        element("RestrictPublicBuckets", &all.restrict.to_string()),
    ];
    Ok(Reply::xml(200, &format!("<PublicAccessBlockConfiguration>{}</PublicAccessBlockConfiguration>", switches.concat())))
}

pub(super) fn delete_public_access(world: &mut World, call: &Call) -> Answer {
    world.state.s3.bucket_mut(&call.bucket)?.public_access = None;
    world.dirty = true;
    Ok(Reply::empty(204))
}

/// The one rule that a bucket's encryption consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Encryption {
    pub(super) algorithm: String,
    key: Option<String>,
    bucket_key: bool,
    /// Kinds of encryption that uploads may not ask for; AWS blocks SSE-C unless told otherwise.
    blocked: Vec<String>,
}

impl Default for Encryption {
    fn default() -> Self {
        Self { algorithm: "AES256".into(), key: None, bucket_key: false, blocked: vec!["SSE-C".into()] }
    }
}

pub(super) fn put_encryption(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "ServerSideEncryptionConfiguration")?;
    let [rule] = *given.all("Rule").collect::<Vec<_>>().as_slice() else { return Err(malformed()) };
    let mut new = Encryption::default();
    if let Some(default) = rule.child("ApplyServerSideEncryptionByDefault") {
        default.text("SSEAlgorithm").ok_or_else(malformed)?.clone_into(&mut new.algorithm);
        new.key = default.text("KMSMasterKeyID").map(Into::into);
    }
    new.bucket_key = rule.text("BucketKeyEnabled") == Some("true");
    if let Some(blocked) = rule.child("BlockedEncryptionTypes") {
        new.blocked = blocked.all("EncryptionType").map(|kind| kind.text.clone()).collect();
    }
    match new.algorithm.as_str() {
        "AES256" if new.key.is_some() => {
            let message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";
            return Err(Refusal::new(400, "InvalidArgument", message));
        }
        "AES256" | "aws:kms" | "aws:kms:dsse" => {}
        _ => return Err(malformed()),
    }
    world.state.s3.bucket_mut(&call.bucket)?.encryption = new;
    world.dirty = true;
    Ok(Reply::empty(200))
}

pub(super) fn get_encryption(world: &mut World, call: &Call) -> Answer {
    let now = &world.state.s3.bucket(&call.bucket)?.encryption;
    let key = now.key.as_ref().map(|key| element("KMSMasterKeyID", key)).unwrap_or_default();
    let default = format!(
        "<ApplyServerSideEncryptionByDefault>{}{key}</ApplyServerSideEncryptionByDefault>",
        element("SSEAlgorithm", &now.algorithm)
    );
    let blocked: String = now.blocked.iter().map(|kind| element("EncryptionType", kind)).collect();
    let blocked = if blocked.is_empty() { blocked } else { format!("<BlockedEncryptionTypes>{blocked}</BlockedEncryptionTypes>") };
    let rule = format!("<Rule>{default}{}{blocked}</Rule>", element("BucketKeyEnabled", &now.bucket_key.to_string()));
    Ok(Reply::xml(200, &format!("<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>")))
}

/// Encryption can't be switched off, only set back.
pub(super) fn delete_encryption(world: &mut World, call: &Call) -> Answer {
    world.state.s3.bucket_mut(&call.bucket)?.encryption = Encryption::default();
    world.dirty = true;
    Ok(Reply::empty(204))
}

pub(super) fn put_versioning(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "VersioningConfiguration")?;
    let status = given.text("Status").filter(|s| matches!(*s, "Enabled" | "Suspended"));
    let wrong = || Refusal::new(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified");
    world.state.s3.bucket_mut(&call.bucket)?.versioning = Some(status.ok_or_else(wrong)?.into());
    world.dirty = true;
    Ok(Reply::empty(200))
}

pub(super) fn get_versioning(world: &mut World, call: &Call) -> Answer {
    let status = world.state.s3.bucket(&call.bucket)?.versioning.as_ref().map(|s| element("Status", s)).unwrap_or_default();
    Ok(Reply::xml(200, &format!("<VersioningConfiguration>{status}</VersioningConfiguration>")))
}

pub(super) fn put_ownership(world: &mut World, call: &Call) -> Answer {
    let given = Element::parse(&call.request.body, "OwnershipControls")?;
    let wanted = given.child("Rule").and_then(|rule| rule.text("ObjectOwnership")).ok_or_else(malformed)?;
    known_ownership(wanted)?;
    world.state.s3.bucket_mut(&call.bucket)?.ownership = Some(wanted.into());
    world.dirty = true;
    Ok(Reply::empty(200))
}

pub(super) fn known_ownership(value: &str) -> Result<(), Refusal> {
    let known = matches!(value, "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter");
    if known { Ok(()) } else { Err(malformed()) }
}

pub(super) fn get_ownership(world: &mut World, call: &Call) -> Answer {
    let missing = || Refusal::new(404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found");
    let now = world.state.s3.bucket(&call.bucket)?.ownership.as_ref().ok_or_else(missing)?;
    Ok(Reply::xml(200, &format!("<OwnershipControls><Rule>{}</Rule></OwnershipControls>", element("ObjectOwnership", now))))
}

pub(super) fn delete_ownership(world: &mut World, call: &Call) -> Answer {
    world.state.s3.bucket_mut(&call.bucket)?.ownership = None;
    world.dirty = true;
    Ok(Reply::empty(204))
}
