//! The words and signs that plans and verdicts are written in.

/// A word, the sign that stands beside it in a plan, and what it means.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) word: &'static str,
    /// Of plans; empty where there is none.
    pub(crate) sign: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

const fn word(word: &'static str, title: &'static str, text: &'static str) -> Word {
    Word { word, sign: "", title, text }
}

const fn sign(word: &'static str, sign: &'static str, title: &'static str, text: &'static str) -> Word {
    Word { word, sign, title, text }
}

/// Signs as a plan has them, then words by their name.
pub(crate) const WORDS: &[Word] = &[
    sign("create", "+", "it is not there yet and will be made", "Of a tenant: everything that it needs is new."),
    sign(
        "change",
        "~",
        "it stays, and some of its fields change",
        "Each field stands below with its old and its new value. Of a tenant: what it owns changes, its tier and its standing do not.",
    ),
    sign(
        "replace",
        "-/+",
        "it is deleted and made again",
        "AWS can't change the field that says so in place, so the old one goes first and whoever uses it waits. What holds data is replaced only \
         with --allow-replace ADDRESS.",
    ),
    sign(
        "delete",
        "-",
        "it is removed from AWS",
        "What holds tenants' data is never deleted by default: it is kept until --delete names it, or `offboard ID --delete-data` the tenant.",
    ),
    sign(
        "close off",
        "×",
        "nobody gets in any more, and the data stays",
        "A user is disabled and signed out, an API key is switched off, a tenant's row says that it is suspended. It happens to tenants that are \
         suspended or have left the manifest.",
    ),
    sign(
        "move",
        ">",
        "a tenant goes to another tier",
        "One action, and never a delete and a create: users, documents and keys stay the tenant's own. Tokens that were issued before keep the old \
         tier until they end, and what agents remember stays in the old tier's memory. `tenantry tenant move ID --to TIER` writes it into the \
         manifest.",
    ),
    sign(
        "consequence",
        "#",
        "what follows from a change, in words",
        "A plan says it where one would not expect it: tokens that stay good for a while, mail that is sent, data that is not moved, a pause for \
         tenants.",
    ),
    sign(
        "widen",
        "!",
        "more is allowed afterwards than before",
        "A policy, a trust or an authorizer lets more through. Such changes are always shown in full and repeated last. In front of a blocked \
         change the sign says that apply refuses to begin.",
    ),
    word(
        "adopt",
        "an existing resource becomes this platform's",
        "It needs the tag `tenantry:platform` with the platform's name; the next plan then compares it with the manifest. \
         docs/how-to/adopt-existing.md goes through it.",
    ),
    word(
        "apply",
        "the one door to AWS",
        "It shows the plan, asks, takes the lock, does at once what can be done at once, and keeps a record.",
    ),
    word(
        "article",
        "the default isolation profile",
        "Agents take on the tenants' role themselves, with session tags from the user's token, and some layers are kept by application code \
         alone; a plan names them. `isolation: { profile: strict }` puts a broker and an interceptor in their place: `tenantry explain strict`.",
    ),
    word(
        "breach",
        "a way from one tenant to another",
        "`tenantry verify` shows it as FAIL with the very call, and apply refuses such a platform with exit code 14. `apply --accept-breach PROBE` \
         goes on all the same and keeps that in the record.",
    ),
    word(
        "checksum",
        "what a plan is known by",
        "The same manifest and the same AWS make the same checksum. `apply --plan-hash CHECKSUM` goes on only if the plan still has it.",
    ),
    word(
        "drift",
        "AWS was changed behind the manifest's back",
        "A resource is live otherwise than it was applied although the manifest still asks for the same. `tenantry drift` shows it and nothing \
         else, `tenantry apply` puts it back; to keep it, write it into the manifest.",
    ),
    word(
        "foreign",
        "it has one of our names and does not carry this platform's mark",
        "It is left alone, and the plan says whose it looks like. Tag it `tenantry:platform` with the platform's name to have it adopted, or \
         rename either of the two.",
    ),
    word(
        "kept",
        "nothing declares it any more, and it holds data",
        "It costs what it costs until it is deleted by name: `apply --delete ADDRESS`, or `offboard ID --delete-data --apply` for a tenant.",
    ),
    word(
        "lock",
        "one apply runs at a time",
        "It is an object in the platform's own bucket. `tenantry unlock` removes one that a killed run left behind.",
    ),
    word(
        "offboard",
        "a tenant leaves, in two stages",
        "The first suspends it: nobody gets in, nothing is removed. The second takes it off the manifest. Its data goes only with --delete-data.",
    ),
    word(
        "pooled",
        "the tenants of a tier share what the tier has",
        "One runtime, gateway, memory and bucket serve them all, and whose data a request is about is decided by the claims of its token.",
    ),
    word(
        "record",
        "what an apply leaves behind",
        "Who, when, which plan, and what came of each step, beside the lock in the platform's own bucket.",
    ),
    word(
        "sandbox",
        "AWS on this machine",
        "With --sandbox every command runs against it: no account, no network. It is kept in a file, and `tenantry sandbox reset` empties it.",
    ),
    word(
        "strict",
        "the isolation profile in which no agent is trusted",
        "A broker takes on the tenants' role for the user of a verified token, an interceptor writes the headers that tools believe, and each \
         tenant has a knowledge base of their own. `isolation: { profile: strict, broker_lambda: F, interceptor_lambda: F }` chooses it; \
         docs/isolation.md compares the two.",
    ),
    word(
        "suspend",
        "shut a tenant out and keep everything",
        "Its users are disabled and signed out and its API key is switched off; `tenantry tenant resume ID` lets it in again.",
    ),
    word(
        "tenant",
        "a customer of the platform",
        "It has an id that never changes, a tier, users and settings. `tenantry explain 'tenants.*'` lists its fields.",
    ),
    word(
        "tier",
        "what its tenants share, and how much of it they get",
        "A model, a runtime, a gateway, a memory, limits. `tenantry explain 'tiers.*'` lists its fields.",
    ),
    word(
        "verify",
        "proves that no tenant reaches another",
        "Each probe asks one attack of the rendered documents and of what is live. `tenantry explain P06` says what a probe is about.",
    ),
];
