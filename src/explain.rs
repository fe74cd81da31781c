//! What a code, a word, a sign, a probe or a quota means, at length: for who has met it and wants more than its line.

mod beside;
mod words;

pub(crate) use beside::{Explained, explained, names};
pub(crate) use words::{WORDS, Word};

/// One code, what it is about, and what to do.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) code: &'static str,
    /// The exit code, where the whole command ends with it.
    pub(crate) exit: Option<u8>,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

const fn ending(exit: u8, code: &'static str, title: &'static str, text: &'static str) -> Topic {
    Topic { code, exit: Some(exit), title, text }
}

const fn finding(code: &'static str, title: &'static str, text: &'static str) -> Topic {
    Topic { code, exit: None, title, text }
}

/// What each finding in the user's files means.
pub(crate) fn findings() -> impl Iterator<Item = &'static Topic> {
    TOPICS.iter().filter(|topic| topic.exit.is_none())
}

/// The topic of a code or of an exit code's number.
pub(crate) fn topic(asked: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.code == asked || topic.exit.is_some_and(|exit| exit.to_string() == asked))
}

/// Endings by their number, then findings by their name.
pub(crate) const TOPICS: &[Topic] = &[
    ending(
        0,
        "done",
        "it is done, or there was nothing to do",
        "A plan with changes ends with 0 as well, unless --detailed-exitcode asks for 2.",
    ),
    ending(
        1,
        "failed",
        "something failed that has no code of its own",
        "The lines below the error say what was being done and why it failed, the last one in AWS's own words. With -v the log on stderr says \
         more, with -vv the SDK's own. If AWS gave a request id, its support finds the call by it.",
    ),
    ending(
        2,
        "changes",
        "there are changes, or there is drift",
        "Only `plan --detailed-exitcode` and `drift` end so, for pipelines that branch on it. Wrong usage is 64, never 2.",
    ),
    ending(
        10,
        "stale",
        "the plan is not the one that was reviewed",
        "Between review and apply, the manifest or what is live has changed, so that carrying on would do something that nobody has read. \
         Nothing was changed. Make a plan again, have it reviewed, and apply that one. A plan is good for one apply.",
    ),
    ending(
        11,
        "locked",
        "somebody else is applying this platform",
        "One apply runs at a time; its lock is an object in the platform's own bucket, and the message says whose it is and since when. Wait \
         for it. If that run was killed, `tenantry unlock` removes the lock after asking.",
    ),
    ending(
        12,
        "guarded",
        "a guard refused",
        "The plan holds something that happens only to who asks for it by name: data would be lost, something of somebody else's is in the \
         way, a quota would be exceeded, more would change or go than --max-changes or --max-deletes allow, or the answer to a question was \
         no. Nothing was changed in AWS; where `tenant` or `offboard` had edited the manifest already, the message says how to take that back. Each guard's message names its own way out; there is no --force.",
    ),
    ending(
        13,
        "partial",
        "some steps were done and some were not",
        "Nothing is rolled back, and nothing has to be: run the command again, it does only what is left. What failed is listed with its \
         reason; what hung on it was skipped. --timeout gives a long run more time.",
    ),
    ending(
        14,
        "isolation",
        "a tenant could reach another, or the opposite could not be shown",
        "`tenantry verify` lists the probes with their counterexamples, `verify --pair A B` shows every call between two tenants with the \
         statement that decides it. `apply --accept-breach PROBE` goes on all the same and keeps that in the record of the apply; later plans and `status` \
         recall it. A plan says in its first lines what is open and still ends with 0, or with 2 if --detailed-exitcode asks for that: \
         `verify` and `apply` alone end with 14.",
    ),
    ending(
        15,
        "incomplete",
        "some of what is live could not be read",
        "What was not read can't be compared, so there is no plan: it would be wrong. The message lists every read that failed. Most often a \
         permission is missing: compare with `tenantry doctor --print-policy plan`.",
    ),
    ending(
        16,
        "wrong-account",
        "the credentials are of another account, or the environment names another region",
        "The manifest alone says which account and region it is about, so that nobody applies one environment to another. Nothing but the \
         caller's identity was read. Sign in to the right account, choose it with --profile, or unset AWS_REGION.",
    ),
    ending(
        64,
        "usage",
        "the command line is wrong, or a question has nobody to answer it",
        "`tenantry COMMAND --help` shows what a command takes. Without a terminal nothing is ever asked: the message names the flag that gives \
         the answer.",
    ),
    ending(
        65,
        "manifest",
        "the manifest, a policy, a document or a plan file is wrong",
        "Every mistake is reported at once with its place. `tenantry validate` finds the same without AWS.",
    ),
    ending(
        75,
        "try-again",
        "AWS is busy or out of reach",
        "The call was repeated with growing pauses and still failed. Run the command again: it goes on from where things are. If it stays so, \
         `tenantry doctor` says which service does not answer.",
    ),
    ending(
        77,
        "denied",
        "AWS denies it, or there are no credentials",
        "The message holds the action and the resource, and who you are for AWS. `tenantry doctor` shows everything that is missing at once, \
         and `doctor --print-policy apply` prints what the role needs. A deny may also come from a service control policy or a permissions \
         boundary, which only the account's administrators see.",
    ),
    ending(
        130,
        "interrupted",
        "somebody asked to stop",
        "What was running was finished, nothing new was begun, and the lock was given back. Run the command again: it does what is left.",
    ),
    finding(
        "yaml",
        "the file is no YAML, or more than this tool reads",
        "A tab where spaces belong, a colon without a space after it, a quote that does not end. Texts such as `no`, `1e3` or `0123` need \
         quotes, or YAML takes them for something else.",
    ),
    finding(
        "unknown-key",
        "nothing reads this key",
        "A key that nothing reads is a setting that somebody believes in, so it is an error and no remark. The message names the keys that \
         there are; `tenantry explain SECTION` shows them with their meaning.",
    ),
    finding("missing-key", "a key has to be there", "`tenantry explain SECTION` shows what it means and what may stand there."),
    finding(
        "wrong-type",
        "another sort of value belongs here",
        "A text, a number, a list `[a, b]`, or a mapping of `key: value` lines. Numbers that are meant as text, such as account ids, need \
         quotes: YAML would drop their leading zeros.",
    ),
    finding(
        "twice",
        "the same thing stands twice",
        "YAML by itself would silently keep one of them, and a tenant or a setting would be lost. Both places are shown: keep one.",
    ),
    finding(
        "wrong-value",
        "the value breaks a rule",
        "Most rules are AWS's: the length and letters of a name, the bounds of a number. The message says which one; `tenantry explain FIELD` \
         shows them all.",
    ),
    finding(
        "unknown-name",
        "nothing of this name is declared",
        "A tenant's tier, a tool's function, a file: what is named has to be there. The message names the nearest and the known ones.",
    ),
    finding(
        "policy",
        "an IAM, trust or bucket policy would not do",
        "Policies are judged by IAM's grammar and sizes before AWS sees them, and by what they are for: a tenants' role must be open to one \
         role alone and only with the tenant's tags. docs/isolation.md says what each of them keeps apart.",
    ),
    finding(
        "cedar",
        "a Cedar policy would not do",
        "It is parsed and typed against the tools of its gateway, and asked whether it lets a tenant name another tenant. AgentCore would \
         refuse an unconditional permit, and `forbid` everywhere is a gateway that nobody can use.",
    ),
    finding(
        "tools",
        "a tool's schema would not do",
        "A gateway takes a JSON Schema of its own small dialect. A field that names the tenant must be bound to the caller by a policy.",
    ),
    finding(
        "document",
        "a document or its sidecar would not do",
        "Bedrock reads certain types up to 50 MB, and retrieval tells tenants apart by the sidecar: one that names another tenant is refused.",
    ),
    finding("file", "a file is missing or can't be read", "Paths are taken from the manifest's folder and may not lead out of it."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_numbers_lead_to_one_topic_each() {
        let codes: BTreeSet<&str> = TOPICS.iter().map(|topic| topic.code).collect();
        assert_eq!(codes.len(), TOPICS.len());
        assert_eq!(topic("10").map(|topic| topic.code), Some("stale"));
        assert_eq!(topic("stale").and_then(|topic| topic.exit), Some(10));
        assert!(topic("3").is_none() && topic("").is_none());
    }
}
