//! The calls that no kind makes: the lock, the records, documents, costs, and questions about rights.

use super::{On, Right, reads, writes};

const OWN_BUCKET: On = On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}"]);
const OWN_OBJECTS: On = On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}/tenantry/*"]);
const SEALS: On = On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}/tenantry/documents/*"]);
const BUCKETS: On = On::These(&["arn:aws:s3:::{p}-*-{a}-{r}"]);
const TENANTS_OBJECTS: On = On::These(&["arn:aws:s3:::{p}-*-{a}-{r}/*-tier/*"]);
const BASES: On = On::These(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"]);
const RUNTIME_LOGS: On = On::These(&["arn:aws:logs:{r}:{a}:log-group:/aws/bedrock-agentcore/runtimes/{w}_*"]);

/// Where a command that reads or writes stands: the lock, the records of applies, and what the caller may do.
///
/// `sts:GetCallerIdentity`, the first call of all, needs no right.
pub(super) const STATE: &[Right] = &[
    reads(&["s3:GetObject"], OWN_OBJECTS),
    reads(&["s3:ListBucket"], OWN_BUCKET),
    // What IAM says of the caller's own role, for `doctor`.
    reads(&["iam:SimulatePrincipalPolicy", "iam:GetRole"], On::These(&["arn:aws:iam::{a}:role/*"])),
];

pub(super) const LOCK: &[Right] = &[writes(&["s3:PutObject", "s3:DeleteObject"], OWN_OBJECTS)];

/// Of `verify --simulate`.
pub(super) const SIMULATED: &[Right] = &[reads(&["iam:SimulateCustomPolicy"], On::Anything("a given policy belongs to nobody"))];

pub(super) const COSTS: &[Right] = &[
    reads(&["logs:DescribeLogGroups"], On::These(&["arn:aws:logs:{r}:{a}:log-group:*"])),
    reads(&["logs:StartQuery"], RUNTIME_LOGS),
    reads(&["logs:GetQueryResults"], On::Anything("a query's answer is read by its id alone")),
    reads(&["ce:ListCostAllocationTags"], On::Anything("cost allocation tags are the account's")),
];

/// Kinds whose reads tell where documents are ingested.
pub(super) const READERS: &[&str] = &["knowledge_base", "data_source"];

/// Documents are listed, put and deleted; none is ever read back.
pub(super) const DOCUMENTS: &[Right] = &[
    reads(&["s3:GetBucketTagging", "s3:ListBucket"], BUCKETS),
    writes(&["s3:PutObject", "s3:DeleteObject"], TENANTS_OBJECTS),
    reads(&["s3:GetObject"], SEALS),
    writes(&["s3:PutObject"], SEALS),
    reads(&["bedrock:GetIngestionJob", "bedrock:ListIngestionJobs"], BASES),
    writes(&["bedrock:StartIngestionJob"], BASES),
    reads(&["ssm:GetParameter"], On::These(&["arn:aws:ssm:{r}:{a}:parameter/app/{p}/knowledge_base/*"])),
];
