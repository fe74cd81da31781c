//! The calls that no kind makes: the lock, the records, documents, costs, and questions about rights.

use super::{On, Right, reads, writes};

const OBJECTS: On = On::These(&["arn:aws:s3:::{p}-*-{a}-{r}", "arn:aws:s3:::{p}-*-{a}-{r}/*"]);
const OWN_OBJECTS: On = On::These(&["arn:aws:s3:::{p}-tenantry-{a}-{r}/tenantry/*"]);
const BASES: On = On::These(&["arn:aws:bedrock:{r}:{a}:knowledge-base/*"]);
const RUNTIME_LOGS: On = On::These(&["arn:aws:logs:{r}:{a}:*"]);

/// `sts:GetCallerIdentity`, the first call of all, needs no right.
pub(super) const RIGHTS: &[Right] = &[
    // The lock and the records of applies.
    reads(&["s3:GetObject"], OWN_OBJECTS),
    writes(&["s3:PutObject", "s3:DeleteObject"], OWN_OBJECTS),
    // Documents: what is there, and how far it has been read.
    reads(&["s3:GetObject", "s3:ListBucket"], OBJECTS),
    reads(&["bedrock:GetIngestionJob", "bedrock:ListIngestionJobs"], BASES),
    reads(&["ssm:GetParameter"], On::These(&["arn:aws:ssm:{r}:{a}:parameter/app/{p}/*"])),
    writes(&["bedrock:StartIngestionJob"], BASES),
    // Costs.
    reads(&["logs:DescribeLogGroups", "logs:StartQuery", "logs:GetQueryResults"], RUNTIME_LOGS),
    reads(&["ce:ListCostAllocationTags"], On::Anything("cost allocation tags are the account's")),
    // What IAM itself says of policies, for `verify --simulate` and `doctor`.
    reads(&["iam:SimulateCustomPolicy"], On::Anything("a given policy belongs to nobody")),
    reads(&["iam:SimulatePrincipalPolicy", "iam:GetRole"], On::These(&["arn:aws:iam::{a}:role/*"])),
];
