//! The library against folders with good, missing and malformed files.

use std::path::Path;

use super::Library;
use crate::diagnostic::{Color, Diagnostics};
use crate::manifest::{Manifest, from_text};

const MANIFEST: &str = r#"
version: 1
platform: { name: healthcare, region: us-east-1, account: "111122223333" }
tiers:
  basic:
    model: openai.gpt-oss-120b
    gateway: { tools_lambda: "arn:aws:lambda:us-east-1:111122223333:function:tools", tools: tools.json }
tenants: { clinic-a: { tier: basic, name: A } }
"#;
const TOOLS: &str = r#"[{ "name": "list", "description": "Lists", "inputSchema": { "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] } }]"#;
const NEEDED: &[&str] = &["gateway-trust", "gateway", "bucket"];

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
/// A folder with all files that the manifest needs, and those of `files` instead or beside.
fn read(files: &[(&str, &str)]) -> (Result<Library, String>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    for name in NEEDED {
        write(&format!("policies/{name}.json"), "{}");
    }
    write("tools.json", TOOLS);
    let manifest = manifest(folder.path());
    for (name, text) in files {
        write(name, text);
    }
    let library = Library::read(folder.path(), &manifest).map_err(|error| {
        let shown = error.downcast::<Diagnostics>().unwrap().render(Color::Never);
        shown.replace(&format!("{}/", folder.path().display()), "")
    });
    (library, folder)
}

fn manifest(folder: &Path) -> Manifest {
    from_text(&folder.join("tenants.yaml"), MANIFEST.into()).unwrap_or_else(|error| panic!("{error}")).0
}

#[test]
fn reads_what_the_manifest_needs_and_nothing_else() {
    let policy = r#"{ "Resource": "arn:aws:s3:::{{ bucket.name }}/{{platform.name}}*" }"#;
    let (library, _folder) = read(&[("policies/bucket.json", policy), ("policies/runtime.json", "not json")]);
    let library = library.unwrap();
    assert_eq!(library.policy("bucket").unwrap()["Resource"], "arn:aws:s3:::{{ bucket.name }}/{{platform.name}}*");
    assert!(library.policy("runtime").is_err());
    assert!(library.tools(Path::new("tools.json")).unwrap().is_array());
}

#[test]
fn missing_files_are_all_named() {
    let (_, folder) = read(&[]);
    std::fs::remove_dir_all(folder.path().join("policies")).unwrap();
    let error = Library::read(folder.path(), &manifest(folder.path())).unwrap_err().downcast::<Diagnostics>().unwrap();
    assert_eq!(error.to_json().as_array().unwrap().len(), NEEDED.len());
}

#[test]
fn bad_policies() {
    let (library, _folder) = read(&[
        (
            "policies/bucket.json",
            "{\n  \"Resource\": \"x/{{bucket.name}}/{{ bucket.nam }}\",\n  \"A\": [\"{{account}\", \"\\u007b{nope}}\"],\n  \"{{region}}\": 1,\n  \"A\": 2\n}\n",
        ),
        ("policies/runtime.json", "unread, since no tier has a runtime"),
        ("tools.json", "[\n  1,\n]\n"),
        ("policies/gateway-trust.json", "[\"{{bucket.name}}\"]"),
        (
            "policies/gateway.json",
            "{ \"a\": [\"{{ tools_lambdas.arn }}\", \"x/{{tools_lambdas.arn}}\"], \"b\": \"{{tools_lambdas.arn}}\" }",
        ),
    ]);
    insta::assert_snapshot!(library.unwrap_err());
}

#[test]
fn bad_tools() {
    let tools = r#"[
  { "name": "list files", "description": "", "inputSchema": { "type": "object", "properties": { "kind": { "type": "enum", "enum": ["a"] } }, "required": ["knd"] } },
  { "name": "get", "inputSchema": { "type": "array" } },
  { "name": "get", "description": "Gets", "inputSchema": { "properties": {} }, "outputschema": {} },
  "text"
]"#;
    let (library, _folder) = read(&[("tools.json", tools)]);
    insta::assert_snapshot!(library.unwrap_err());
}
