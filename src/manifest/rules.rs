//! What one text of the manifest may be, mostly because AWS would refuse anything else.

use std::path::Component;

use crate::kinds::User;

/// A text passes, or the answer says what would.
pub(crate) type Rule = fn(&str) -> Result<(), String>;

/// Passes when the text matches, else says what to write.
fn must(passes: bool, help: &str) -> Result<(), String> {
    if passes { Ok(()) } else { Err(help.into()) }
}

fn sized(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count())
}

fn all(text: &str, more: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

/// Anything that people write on one line. `{{` is refused by Parameter Store, which holds some of these texts.
fn line(text: &str, least: usize, most: usize) -> Result<(), String> {
    must(
        sized(text, least, most) && !text.chars().any(char::is_control) && !text.contains("{{") && text.trim() == text,
        &format!("write {least} to {most} characters on one line, without control characters, outer spaces or `{{{{`"),
    )
}

pub(super) fn display_name(text: &str) -> Result<(), String> {
    line(text, 1, 128)
}

pub(super) fn description(text: &str) -> Result<(), String> {
    // AgentCore's gateways take 200, knowledge bases 200 as well; the others take more.
    line(text, 1, 200)
}

pub(super) fn setting(text: &str) -> Result<(), String> {
    line(text, 1, 1024)
}

pub(super) fn setting_key(text: &str) -> Result<(), String> {
    must(sized(text, 1, 64) && all(text, "_-."), "write 1 to 64 letters a-z, digits, `_`, `-` or `.`")
}

/// A table's own part of its AWS name, and of the parameter that publishes it.
pub(super) fn table_name(text: &str) -> Result<(), String> {
    let words = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && !text.contains("--");
    let shape = words && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-');
    must(sized(text, 1, 64) && shape, "write 1 to 64 lower-case letters a-z, digits and single inner hyphens, beginning with a letter")
}

/// DynamoDB takes more than this; expressions are easier to write without it.
pub(super) fn attribute_name(text: &str) -> Result<(), String> {
    must(sized(text, 1, 64) && all(text, "_-."), "write 1 to 64 letters a-z, digits, `_`, `-` or `.`")
}

pub(super) fn index_name(text: &str) -> Result<(), String> {
    must(sized(text, 3, 255) && all(text, "_-."), "write 3 to 255 letters a-z, digits, `_`, `-` or `.`")
}

/// A stage is part of the API's address; one name is AWS's own.
pub(super) fn stage_name(text: &str) -> Result<(), String> {
    must(sized(text, 1, 128) && all(text, "_-"), "write 1 to 128 letters a-z, digits, `_` or `-`, such as `prod`")?;
    must(text != "test-invoke-stage", "API Gateway keeps this name for itself")
}

/// How many days CloudWatch keeps a log.
pub(super) const LOG_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn role(text: &str) -> Result<(), String> {
    line(text, 1, 128)
}

/// Cognito's custom attributes, without their prefix.
pub(super) fn claim(text: &str) -> Result<(), String> {
    must(sized(text, 1, 20) && all(text, "_"), "write 1 to 20 letters a-z, digits or `_`, without `custom:`")?;
    must(!text.eq_ignore_ascii_case(User::MARK), "that attribute marks the users that this tool has made; take another name")
}

pub(super) fn group_name(text: &str) -> Result<(), String> {
    must(sized(text, 1, 128) && all(text, "_-.:+=@"), "write 1 to 128 letters a-z, digits or `_ - . : + = @`, without spaces")
}

pub(super) fn domain_prefix(text: &str) -> Result<(), String> {
    let edges = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let shape = sized(text, 1, 63) && text.starts_with(edges) && text.ends_with(edges) && text.chars().all(|c| edges(c) || c == '-');
    must(shape, "write 1 to 63 lower-case letters, digits and inner hyphens")?;
    must(!["aws", "amazon", "cognito"].iter().any(|w| text.contains(w)), "Cognito refuses prefixes with aws, amazon or cognito in them")
}

pub(super) fn resource_identifier(text: &str) -> Result<(), String> {
    let visible = text.chars().all(|c| c.is_ascii_graphic() && !"\"\\".contains(c));
    must(sized(text, 1, 128) && visible, "write 1 to 128 visible ASCII characters without `\"` and `\\`, such as `healthcare-api`")
}

pub(super) fn scope_name(text: &str) -> Result<(), String> {
    let visible = text.chars().all(|c| c.is_ascii_graphic() && !"\"\\/".contains(c));
    must(sized(text, 1, 127) && visible, "write 1 to 127 visible ASCII characters without `\"`, `/` and `\\`, such as `read`")
}

/// Sign-in pages go back here with a code, so plain HTTP is for the user's own machine only.
pub(super) fn callback_url(text: &str) -> Result<(), String> {
    let visible = sized(text, 1, 1024) && text.chars().all(|c| c.is_ascii_graphic());
    must(visible, "write an ASCII URL of at most 1024 characters, without spaces")?;
    must(!text.contains('#'), "Cognito refuses a `#` fragment here")?;
    must(!text.contains('*'), "Cognito takes no wildcards; list each URL")?;
    let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let port = |after: &str| after.is_empty() || after.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok());
    let local = || ["localhost", "127.0.0.1", "[::1]"].iter().any(|h| authority.strip_prefix(h).is_some_and(port));
    match scheme {
        "https" => must(!authority.is_empty() && !authority.contains('@'), "write it as `https://HOST/PATH`"),
        "http" => must(local(), "use https; plain http is for localhost only"),
        _ => Err("write it as `https://HOST/PATH`".into()),
    }
}

pub(super) fn email(text: &str) -> Result<(), String> {
    let shape = text.split_once('@').is_some_and(|(user, host)| {
        let user_fits = !user.is_empty() && !user.starts_with('.') && !user.ends_with('.') && all(user, "!#$%&'*+/=?^_`{|}~.-");
        let labels_fit = host.split('.').all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'));
        user_fits && host.contains('.') && labels_fit && all(host, ".-")
    });
    must(sized(text, 3, 128) && shape, "write an address such as `dr.smith@clinic-a.com`, in ASCII, at most 128 characters")
}

/// A foundation model or an inference profile, by the shape of Bedrock's ids.
pub(super) fn model(text: &str) -> Result<(), String> {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let shape = text.contains('.') && text.starts_with(lower) && text.ends_with(lower) && !text.contains("..");
    must(
        sized(text, 3, 140) && shape && text.chars().all(|c| lower(c) || "-.:_".contains(c)),
        "write a Bedrock model id such as `mistral.ministral-3-8b-instruct`, with the provider first",
    )
}

pub(super) fn tag_key(text: &str) -> Result<(), String> {
    tag(text, 1, 128)?;
    let lower = text.to_ascii_lowercase();
    must(!lower.starts_with("aws:"), "AWS keeps the prefix `aws:` for itself")?;
    must(!lower.starts_with("tenantry:"), "the prefix `tenantry:` marks what this tool owns; take another key")
}

pub(super) fn tag_value(text: &str) -> Result<(), String> {
    tag(text, 0, 256)
}

/// What every one of the services takes.
fn tag(text: &str, least: usize, most: usize) -> Result<(), String> {
    must(
        sized(text, least, most) && text.chars().all(|c| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c)) && text.trim() == text,
        &format!("write {least} to {most} letters a-z, digits, inner spaces or `_ . : / = + - @`, which every AWS service takes in tags"),
    )
}

/// What every runtime is told about itself.
pub(super) const RUNTIME_VARIABLES: [&str; 6] =
    ["AGENT_TIER", "AWS_REGION", "BROKER_FUNCTION", "MODEL_ID", "PARAMETER_ROOT", "TENANT_CLAIM"];

pub(super) fn variable_name(text: &str) -> Result<(), String> {
    let shape = sized(text, 1, 100) && all(text, "_") && !text.starts_with(|c: char| c.is_ascii_digit());
    must(shape, "write 1 to 100 letters a-z, digits or `_`, not starting with a digit")?;
    must(
        !["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(&text.to_ascii_uppercase().as_str()),
        "the runtime acts by its role; keys here would go round it, and everyone who reads the runtime would see them",
    )?;
    must(!RUNTIME_VARIABLES.contains(&text), "every runtime gets this one from tenantry; give yours another name")
}

pub(super) fn variable_value(text: &str) -> Result<(), String> {
    must(sized(text, 0, 5000) && !text.chars().any(|c| c.is_ascii_control()), "write at most 5000 characters, without line breaks")
}

/// Names that neither runtimes nor gateways pass on (AgentCore's documentation).
const RESTRICTED_HEADERS: &[&str] = &[
    "age",
    "alt-svc",
    "cache-control",
    "clear-site-data",
    "connection",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "from",
    "host",
    "keep-alive",
    "last-modified",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "referrer-policy",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];
const RESTRICTED_PREFIXES: &[&str] = &["accept", "access-control-", "content-", "if-", "sec-", "x-amz-", "x-amzn-"];
const CUSTOM_HEADERS: &str = "x-amzn-bedrock-agentcore-runtime-custom-";

fn header(text: &str, longest: usize) -> Result<(), String> {
    let shape = sized(text, 1, longest) && all(text, "_-") && text.starts_with(|c: char| c.is_ascii_alphabetic());
    must(shape, &format!("write a header name: a letter, then letters, digits, `-` or `_`, at most {longest}"))?;
    let lower = text.to_ascii_lowercase();
    let restricted = RESTRICTED_HEADERS.contains(&lower.as_str()) || RESTRICTED_PREFIXES.iter().any(|p| lower.starts_with(p));
    must(
        !restricted || lower.starts_with(CUSTOM_HEADERS),
        "AgentCore passes no such header on; take one of your own, such as `X-Request-Source`",
    )
}

/// `Authorization` reaches a runtime, since its authorizer reads JSON web tokens.
pub(super) fn runtime_header(text: &str) -> Result<(), String> {
    header(text, 256)
}

pub(super) fn gateway_header(text: &str) -> Result<(), String> {
    must(!text.eq_ignore_ascii_case("authorization"), "AgentCore never passes the caller's `Authorization` on to a Lambda")?;
    header(text, 100)
}

pub(super) fn strategy_name(text: &str) -> Result<(), String> {
    let shape = sized(text, 1, 48) && all(text, "_") && text.starts_with(|c: char| c.is_ascii_alphabetic());
    must(shape, "write a letter, then up to 47 letters a-z, digits or `_`")
}

/// AgentCore's templates: letters, digits, `-`, `_` and `/`, with variables in braces.
pub(super) fn namespace(text: &str) -> Result<(), String> {
    let mut depth = 0;
    let braces = text.chars().all(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        (0..=1).contains(&depth)
    });
    must(
        sized(text, 1, 512) && all(text, "-_/{}") && braces && depth == 0 && !text.contains("{}"),
        "write letters a-z, digits, `-`, `_` and `/`, with variables such as `{actorId}`, at most 512 characters",
    )
}

/// What a user reads in place of what was blocked.
pub(super) fn blocked_message(text: &str) -> Result<(), String> {
    line(text, 1, 500)
}

/// Bedrock compares words exactly, phrases of up to three.
pub(super) fn blocked_word(text: &str) -> Result<(), String> {
    line(text, 1, 100)?;
    must(text.split_whitespace().count() <= 3, "write at most three words; for whole subjects there is `topics`")
}

pub(super) fn topic_name(text: &str) -> Result<(), String> {
    must(sized(text, 1, 100) && all(text, "-_ !?.") && text.trim() == text, "write 1 to 100 letters a-z, digits, spaces or `- _ ! ? .`")
}

pub(super) fn topic_definition(text: &str) -> Result<(), String> {
    line(text, 1, 200)
}

pub(super) fn topic_example(text: &str) -> Result<(), String> {
    line(text, 1, 100)
}

/// The runtimes of AgentCore's `AgentManagedRuntimeType` that run Python.
pub(super) const PYTHONS: [&str; 5] = ["PYTHON_3_10", "PYTHON_3_11", "PYTHON_3_12", "PYTHON_3_13", "PYTHON_3_14"];

pub(super) fn python(text: &str) -> Result<(), String> {
    must(PYTHONS.contains(&text), &format!("AgentCore runs {}", PYTHONS.join(", ")))
}

/// The runtimes of Lambda that run Python and that a function can be made of.
pub(super) const LAMBDA_PYTHONS: [&str; 5] = ["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"];

pub(super) fn lambda_python(text: &str) -> Result<(), String> {
    must(LAMBDA_PYTHONS.contains(&text), &format!("Lambda runs {}", LAMBDA_PYTHONS.join(", ")))
}

/// `main.handler`: a module of the code, with its packages if need be, and a function in it.
pub(super) fn handler(text: &str) -> Result<(), String> {
    let word = |word: &str| all(word, "_") && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    must(
        sized(text, 3, 128) && text.split(['.', '/']).all(word) && text.rsplit('/').next().is_some_and(|last| last.contains('.')),
        "write the module and the function with a dot between, such as `main.handler` for `handler` in main.py",
    )
}

/// Lambda's own names, among them those by which it hands over the role's credentials, can't be set.
pub(super) fn lambda_variable_name(text: &str) -> Result<(), String> {
    let shape = sized(text, 2, 100) && all(text, "_") && text.starts_with(|c: char| c.is_ascii_alphabetic());
    must(shape, "write 2 to 100 letters a-z, digits or `_`, beginning with a letter")?;
    let upper = text.to_ascii_uppercase();
    must(
        !["AWS_", "LAMBDA_"].iter().any(|start| upper.starts_with(start)),
        "Lambda keeps names that begin with `AWS_` or `LAMBDA_` for itself; take another",
    )
}

/// The name of a file in policies/, without its ending.
pub(super) fn function_policy(text: &str) -> Result<(), String> {
    const OTHERS: &[&str] = &[
        "api-logs",
        "bucket",
        "gateway",
        "key",
        "knowledge-base",
        "knowledge-base-strict",
        "runtime",
        "runtime-strict",
        "tools-tvm",
        "tvm",
        "tvm-strict",
    ];
    must(sized(text, 1, 64) && all(text, "_-"), "name a file of policies/ without `.json`: letters a-z, digits, `-` or `_`")?;
    must(
        !OTHERS.contains(&text) && !text.ends_with("-trust"),
        "that is the policy of another part of the platform; write a file of its own for the function",
    )
}

pub(super) fn entry_point(text: &str) -> Result<(), String> {
    line(text, 1, 128)
}

/// AWS's name of the policy is made from the file's.
pub(super) fn cedar_file(text: &str) -> Result<(), String> {
    path(text)?;
    let stem = text.rsplit('/').next().and_then(|file| file.strip_suffix(".cedar")).unwrap_or_default();
    must(
        sized(stem, 1, 64) && all(stem, "_-"),
        "name a file such as `policies/clinic-config.cedar`: letters, digits, `-` or `_`, then `.cedar`",
    )
}

/// What lies elsewhere is not reviewed with the manifest, and need not be there on another machine.
pub(super) fn path(text: &str) -> Result<(), String> {
    must(!text.is_empty() && !text.contains('\0'), "write a path from this file's folder")?;
    let inside = std::path::Path::new(text).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    must(inside, "write a path below this file's folder, without `..` and not from the root: put a copy there if need be")
}

/// The parts of an ARN or image that must agree with the platform.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whereabouts<'t> {
    pub(super) region: &'t str,
    pub(super) account: &'t str,
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, with a version or alias if need be.
pub(super) fn lambda(text: &str) -> Option<Whereabouts<'_>> {
    let parts: Vec<&str> = text.split(':').collect();
    let (["arn", "aws", "lambda", region, account, "function", name], qualifier) = parts.split_at_checked(7)? else { return None };
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let qualified = matches!(qualifier, []) || matches!(qualifier, [q] if sized(q, 1, 128) && (all(q, "_-") || *q == "$LATEST"));
    let named = sized(name, 1, 64) && all(name, "_-");
    (digits && qualified && named && !region.is_empty() && all(region, "-")).then_some(Whereabouts { region, account })
}

pub(super) fn lambda_arn(text: &str) -> Result<(), String> {
    must(lambda(text).is_some(), "write `arn:aws:lambda:REGION:ACCOUNT:function:NAME`")
}

/// `arn:aws:iam::ACCOUNT:policy/NAME`, with a path if it has one.
pub(super) fn boundary(text: &str) -> Result<(), String> {
    let is = || {
        let (account, path) = text.strip_prefix("arn:aws:iam::")?.split_once(":policy/")?;
        let owner = account == "aws" || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
        let parts = || path.split('/');
        let plain = parts().all(|part| !part.is_empty() && all(part, "_+=,.@-"));
        Some(owner && plain && parts().next_back().is_some_and(|name| name.len() <= 128))
    };
    must(is().unwrap_or_default(), "write the ARN of a managed policy: `arn:aws:iam::ACCOUNT:policy/NAME`")
}

/// A private ECR image: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`.
pub(super) fn ecr(text: &str) -> Option<Whereabouts<'_>> {
    let (registry, repository) = text.split_once('/')?;
    let (account, rest) = registry.split_once(".dkr.ecr.")?;
    let region = rest.strip_suffix(".amazonaws.com")?;
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (digits && !repository.is_empty() && !region.is_empty() && all(region, "-")).then_some(Whereabouts { region, account })
}

pub(super) fn image(text: &str) -> Result<(), String> {
    let repository = text.strip_prefix("public.ecr.aws/").or_else(|| ecr(text).and_then(|_| text.split_once('/')).map(|(_, r)| r));
    let help = "write `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`, or a digest in place of the tag";
    let Some(repository) = repository.filter(|_| sized(text, 1, 1024)) else { return Err(help.into()) };
    let (name, digest) = repository.split_once('@').map_or((repository, None), |(name, digest)| (name, Some(digest)));
    let (name, tag) = name.split_once(':').map_or((name, None), |(name, tag)| (name, Some(tag)));
    let step = |s: &str| {
        let edges = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        s.starts_with(edges) && s.ends_with(edges) && s.chars().all(|c| edges(c) || "._-".contains(c))
    };
    let digest_fits =
        digest.is_none_or(|d| d.strip_prefix("sha256:").is_some_and(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit())));
    let tag_fits = tag.is_none_or(|t| sized(t, 1, 128) && all(t, "_.-"));
    must(name.split('/').all(step) && tag_fits && digest_fits && (tag.is_some() || digest.is_some()), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: Rule, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(rule(text), Ok(()), "{text}");
        }
        for text in bad {
            assert!(rule(text).is_err(), "{text}");
        }
    }

    #[test]
    fn urls() {
        check(
            callback_url,
            &["https://a.example.com/x?y=z", "http://localhost", "http://localhost:8501/", "http://127.0.0.1:1/", "http://[::1]:80/x"],
            &[
                "",
                "https://",
                "http://localhost.evil.com",
                "http://localhost@evil.com/",
                "https://good@evil.com",
                "javascript:x",
                "http://localhost:x/",
            ],
        );
    }

    #[test]
    fn images() {
        let digest = format!("public.ecr.aws/x/y@sha256:{}", "a".repeat(64));
        check(
            image,
            &["111122223333.dkr.ecr.us-east-1.amazonaws.com/a/b:1", &digest],
            &[
                "ubuntu:latest",
                "111122223333.dkr.ecr.us-east-1.amazonaws.com/a",
                "111122223333.dkr.ecr.us-east-1.amazonaws.com/A:1",
                "public.ecr.aws/x@sha256:a",
            ],
        );
    }

    #[test]
    fn lambdas() {
        let arn = "arn:aws:lambda:us-east-1:111122223333:function:tools";
        assert_eq!(lambda(arn), Some(Whereabouts { region: "us-east-1", account: "111122223333" }));
        check(
            lambda_arn,
            &[arn, &format!("{arn}:live"), &format!("{arn}:$LATEST")],
            &[
                "tools",
                &format!("{arn}:"),
                &format!("{arn}:a:b"),
                "arn:aws:lambda:us-east-1:1:function:x",
                "arn:aws:lambda:us-east-1:111122223333:function:*",
            ],
        );
    }

    #[test]
    fn addresses() {
        check(
            email,
            &["a@b.co", "dr.o'neil+x@clinic-a.com"],
            &["a", "@b.co", "a@b", "a b@c.de", "a@b..c", "a@-b.co", "a@b.co\u{7}", "ä@b.co", ".a@b.co"],
        );
    }

    #[test]
    fn paths_stay_in_the_folder() {
        check(path, &["a", "a/b.json", "./a"], &["", "../a", "a/../../b", "/etc/passwd"]);
    }

    #[test]
    fn tags_and_headers() {
        check(tag_key, &["CostCenter", "a:b"], &["Größe", "", "aws:x", "AWS:x", "tenantry:spec", " a", "a*", &"a".repeat(129)]);
        check(
            runtime_header,
            &["Authorization", "X-Tier", "X-Amzn-Bedrock-AgentCore-Runtime-Custom-A"],
            &["X-Amzn-Trace-Id", "Host", "1a", "a b", ""],
        );
        check(gateway_header, &["X-Tier"], &["Authorization", "authorization", "Cookie", "If-Match"]);
    }
}
