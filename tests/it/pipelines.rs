//! The pipelines that ship: their shell commands are run as they stand, against the sandbox, with stand-ins for the services around it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

use crate::python::{here, programs};
use crate::scenarios::{demands, shipped};
use crate::served::{SECRET, Served, sandbox};

const PLAN: &str = "github/tenantry-plan.yml";
const APPLY: &str = "github/tenantry-apply.yml";
const NIGHTLY: &str = "github/tenantry-nightly.yml";
const GITLAB: &str = "gitlab/.gitlab-ci.yml";

fn pipeline(file: &str) -> Value {
    let text = std::fs::read_to_string(here("templates/ci").join(file)).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {value:?}"))
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_mapping().into_iter().flatten();
    entries.map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())).collect()
}

/// A checked-out repository, AWS on a port, and the services that pipelines talk to.
struct Stage {
    folder: tempfile::TempDir,
    stand: tempfile::TempDir,
    aws: Served,
}

struct Ended {
    code: i32,
    printed: String,
}

impl Stage {
    fn new() -> Self {
        let (folder, stand) = (shipped(), tempfile::tempdir().unwrap());
        // What is installed: small, so that copying it costs nothing.
        let binary = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_tenantry"));
        std::fs::write(stand.path().join("tenantry"), binary).unwrap();
        let (aws, _) = sandbox(stand.path());
        let stage = Self { folder, stand, aws };
        stage.ok(stage.bash("tenantry apply --yes -q", &BTreeMap::new(), true));
        stage
    }

    fn at(&self) -> &Path {
        self.folder.path()
    }

    fn stand(&self, name: &str) -> PathBuf {
        self.stand.path().join(name)
    }

    fn kept(&self, name: &str) -> String {
        std::fs::read_to_string(self.stand(name)).unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<serde_json::Value> {
        let text = self.kept(name);
        if text.is_empty() { Vec::new() } else { serde_json::from_str(&text).unwrap() }
    }

    fn keep(&self, name: &str, content: &str) {
        std::fs::write(self.stand(name), content).unwrap();
    }

    /// Runs a script as runners do: with nobody at the terminal, and ended by the first failure.
    fn bash(&self, script: &str, env: &BTreeMap<String, String>, installed: bool) -> Ended {
        let mut path: Vec<PathBuf> = vec![here("tests/ci"), programs().to_owned()];
        if installed {
            path.insert(0, Path::new(env!("CARGO_BIN_EXE_tenantry")).parent().unwrap().to_owned());
        } else {
            // Only what the pipeline has installed itself.
            let added = self.kept("github-path");
            path.splice(0..0, added.lines().map(PathBuf::from));
        }
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let file = self.stand("step.sh");
        std::fs::write(&file, format!("exec 2>&1\n{script}")).unwrap();
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-euo", "pipefail"]).arg(&file).current_dir(self.at()).env_clear();
        bash.env("PATH", std::env::join_paths(path).unwrap()).env("HOME", self.stand.path()).env("STAND", self.stand.path());
        bash.env("RUNNER_TEMP", self.stand.path().join("temp")).env("GITHUB_WORKSPACE", self.at()).env("CI", "true");
        for (variable, name) in
            [("GITHUB_OUTPUT", "github-output"), ("GITHUB_STEP_SUMMARY", "github-summary"), ("GITHUB_PATH", "github-path")]
        {
            bash.env(variable, self.stand(name));
        }
        bash.env("AWS_ENDPOINT_URL", &self.aws.url).env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", SECRET);
        bash.env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null");
        let ran = bash.envs(env).stdin(std::process::Stdio::null()).output().unwrap();
        Ended { code: ran.status.code().unwrap_or(-1), printed: String::from_utf8(ran.stdout).unwrap() }
    }

    fn ok(&self, ended: Ended) -> String {
        assert_eq!(ended.code, 0, "{}", ended.printed);
        ended.printed
    }

    /// What a plan's job has kept, as later jobs fetch it.
    fn keep_artifacts(&self) {
        for file in ["plan.json", "planned.sha256"] {
            std::fs::copy(self.at().join(file), self.stand(file)).unwrap();
        }
    }

    /// The job that finds the reviewed plan, and then the one that applies it.
    fn merged(&self) -> Ended {
        let found = self.github(APPLY, "reviewed");
        if found.code != 0 {
            return found;
        }
        let outputs = self.kept("github-output");
        self.keep("reviewed", outputs.lines().find_map(|line| line.strip_prefix("checksum=")).unwrap());
        let ended = self.github(APPLY, "apply");
        Ended { code: ended.code, printed: found.printed + &ended.printed }
    }

    /// Runs the steps of a job of GitHub's up to the first that fails.
    fn github(&self, file: &str, job: &str) -> Ended {
        for name in ["github-output", "github-summary", "github-path"] {
            self.keep(name, "");
        }
        let pipeline = pipeline(file);
        let mut all = String::new();
        for step in pipeline["jobs"][job]["steps"].as_sequence().unwrap() {
            let Some(run) = step["run"].as_str() else { continue };
            let env = pairs(&step["env"]).into_iter().map(|(name, value)| (name, self.expression(&value))).collect();
            let Ended { code, printed } = self.bash(run, &env, false);
            all.push_str(&printed);
            if code != 0 {
                return Ended { code, printed: all };
            }
        }
        Ended { code: 0, printed: all }
    }

    /// What GitHub puts in place of its expressions; each that a file uses has to be known here.
    fn expression(&self, value: &str) -> String {
        let digest = self.ok(self.bash("sha256sum \"$STAND/tenantry\" | cut -d' ' -f1", &BTreeMap::new(), true));
        let known = [
            ("vars.TENANTRY_URL", "https://binaries.example/tenantry"),
            ("vars.TENANTRY_SHA256", digest.trim()),
            ("github.token", "ghs_token"),
            ("github.repository", "clinics/platform"),
            ("github.event.pull_request.number", "7"),
            ("github.sha", "c0ffee"),
            ("github.server_url", "https://github.com"),
            ("github.run_id", "42"),
            ("github.event.pull_request.head.repo.fork", "false"),
            ("needs.reviewed.outputs.checksum", &self.kept("reviewed")),
        ];
        let put = |text: String, (name, value): &(&str, &str)| text.replace(&format!("${{{{ {name} }}}}"), value);
        let value = known.iter().fold(value.to_owned(), put);
        assert!(!value.contains("${{"), "what is {value}?");
        value
    }

    /// Runs a job of GitLab's, with what it extends, in one shell.
    fn gitlab(&self, job: &str) -> Ended {
        let pipeline = pipeline(GITLAB);
        let mut script = String::new();
        let mut add = |lines: &Value| {
            for line in lines.as_sequence().unwrap().iter().filter_map(Value::as_str) {
                script.push_str(&format!("{line}\n"));
            }
        };
        add(&pipeline[".tenantry"]["before_script"]);
        if text(&pipeline[job], "extends") == ".aws" {
            add(&pipeline[".aws"]["before_script"]);
        }
        add(&pipeline[job]["script"]);
        let digest = self.ok(self.bash("sha256sum \"$STAND/tenantry\" | cut -d' ' -f1", &BTreeMap::new(), true));
        let mut env: BTreeMap<String, String> = [
            ("TENANTRY_URL", "https://binaries.example/tenantry"),
            ("TENANTRY_SHA256", digest.trim()),
            ("TENANTRY_TOKEN", "glpat-token"),
            ("TENANTRY_PLAN_ROLE", "arn:aws:iam::111122223333:role/plan"),
            ("TENANTRY_APPLY_ROLE", "arn:aws:iam::111122223333:role/apply"),
            ("AWS_TOKEN", "jwt"),
            ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
            ("CI_PROJECT_ID", "5"),
            ("CI_PROJECT_DIR", &self.at().display().to_string()),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_COMMIT_SHA", "c0ffee"),
            ("CI_JOB_ID", "42"),
            ("FOLDER", text(&pipeline["variables"], "FOLDER")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        if let Some(role) = pipeline[job]["variables"]["ROLE"].as_str() {
            env.insert("ROLE".into(), env[role.trim_start_matches('$')].clone());
        }
        self.bash(&script, &env, false)
    }

    fn edit(&self, line: &str) {
        self.ok(self.bash(line, &BTreeMap::new(), true));
    }
}

const NEW_TENANT: &str = "printf '  clinic-z: { tier: basic, name: \"Z & <b>Sons</b> | @all\" }\\n' >> tenants.yaml";

#[test]
fn github_from_a_pull_request_to_the_night_after() {
    let stage = Stage::new();
    // A pull request with a mistake: its place is on the line, and nothing is planned.
    std::fs::copy(stage.at().join("tenants.yaml"), stage.stand("whole.yaml")).unwrap();
    stage.edit("sed -i 's/tier: premium/tier: premum/' tenants.yaml");
    let ended = stage.github(PLAN, "validate");
    assert_eq!(ended.code, 65, "{}", ended.printed);
    assert!(ended.printed.contains("::error file=tenants.yaml,line="), "{}", ended.printed);
    assert!(stage.kept("github-output").contains("valid=false\n"), "{}", stage.kept("github-output"));
    assert!(stage.kept("github-summary").contains("unknown tier"), "{}", stage.kept("github-summary"));
    std::fs::copy(stage.stand("whole.yaml"), stage.at().join("tenants.yaml")).unwrap();

    // One that adds a tenant: a comment, a summary, outputs, and the plan as an artifact.
    stage.edit(NEW_TENANT);
    stage.ok(stage.github(PLAN, "validate"));
    stage.ok(stage.github(PLAN, "plan"));
    let outputs = stage.kept("github-output");
    assert!(outputs.contains("changes=true\n") && outputs.contains("tenants_created=1\n") && outputs.contains("checksum="), "{outputs}");
    assert!(stage.kept("github-summary").contains("clinic-z"), "{}", stage.kept("github-summary"));
    let comments = stage.list("comments");
    let body = comments[0]["body"].as_str().unwrap();
    assert!(comments.len() == 1 && body.starts_with("<!-- tenantry plan -->\n") && body.contains("clinic-z"), "{comments:#?}");
    assert!(!body.contains("<b>Sons"), "{body}");
    assert!(!stage.kept("calls").contains("clinic-z"), "the plan stood on a command line");

    // A second push: the same comment, with the newest plan.
    stage.edit("sed -i 's/clinic-z/clinic-y/' tenants.yaml");
    stage.ok(stage.github(PLAN, "plan"));
    let comments = stage.list("comments");
    let body = comments[0]["body"].as_str().unwrap();
    assert!(comments.len() == 1 && body.contains("clinic-y") && !body.contains("clinic-z"), "{comments:#?}");
    assert!(body.starts_with("<!-- tenantry plan -->\n<!-- checksum "), "{body}");
    stage.keep_artifacts();

    // Pushes that no pull request brought, or another one's merge, and one whose pull request was never planned.
    for pull in [
        r#"[{ "number": 7, "merged_at": null, "merge_commit_sha": "c0ffee", "head": { "sha": "beef" } }]"#,
        r#"[{ "number": 7, "merged_at": "2026-11-25", "merge_commit_sha": "0ther", "head": { "sha": "beef" } }]"#,
    ] {
        stage.keep("pulls", pull);
        let ended = stage.merged();
        assert!(ended.code == 1 && ended.printed.contains("nobody has reviewed"), "{}", ended.printed);
        assert!(stage.kept("github-summary").contains("### Nothing was applied"), "{}", stage.kept("github-summary"));
    }
    stage.keep("pulls", r#"[{ "number": 7, "merged_at": "2026-11-25", "merge_commit_sha": "c0ffee", "head": { "sha": "beef" } }]"#);
    let ended = stage.merged();
    assert!(ended.code == 1 && ended.printed.contains("no successful plan"), "{}", ended.printed);
    stage.keep("runs", r#"[{ "databaseId": 42 }]"#);

    // Another file than was planned, and another plan than people have read.
    stage.edit("echo '# by another merge' >> policies/tvm.json");
    let ended = stage.merged();
    assert!(ended.code == 1 && ended.printed.contains("not the one that was planned"), "{}", ended.printed);
    stage.edit("sed -i '/by another merge/d' policies/tvm.json");
    let shown = stage.kept("comments");
    stage.keep("comments", &shown.replacen("<!-- checksum ", "<!-- checksum 00", 1));
    let ended = stage.merged();
    assert!(ended.code == 1 && ended.printed.contains("not the one that the comment"), "{}", ended.printed);
    stage.keep("comments", &shown);

    // Merged: that plan is applied, and then there is nothing left to do.
    stage.ok(stage.merged());
    assert!(stage.kept("github-output").contains("applied=true\n"), "{}", stage.kept("github-output"));
    stage.ok(stage.bash("tenantry plan --detailed-exitcode -q", &BTreeMap::new(), true));

    // A job that is run again does nothing, and is no failure.
    let again = stage.ok(stage.merged());
    assert!(again.contains("already applied"), "{again}");
    assert!(stage.kept("github-output").contains("exit_code=0\nexit_name=done\n"), "{}", stage.kept("github-output"));

    // After another change it is stale, and the summary says so.
    stage.edit("sed -i 's/HC-Basic/HC-Other/' tenants.yaml");
    assert_eq!(stage.merged().code, 1);
    let ended = stage.github(APPLY, "apply");
    assert_eq!(ended.code, 10, "{}", ended.printed);
    assert!(stage.kept("github-output").contains("exit_code=10\nexit_name=stale\n"), "{}", stage.kept("github-output"));
    assert!(stage.kept("github-summary").contains("### tenantry ended with 10 (stale)"), "{}", stage.kept("github-summary"));
    stage.edit("sed -i 's/HC-Other/HC-Basic/' tenants.yaml");

    // A quiet night, and one after a change by hand.
    stage.ok(stage.github(NIGHTLY, "drift"));
    assert!(stage.list("issues").is_empty() && stage.kept("github-output").contains("drift=false\n"));
    stage.edit("aws ssm put-parameter --overwrite --name /app/healthcare/agentcore/userpool_id --value by-hand");
    let ended = stage.github(NIGHTLY, "drift");
    assert_eq!(ended.code, 2, "{}", ended.printed);
    let issues = stage.list("issues");
    assert!(issues.len() == 1 && issues[0]["body"].as_str().unwrap().contains("by-hand"), "{issues:#?}");
    assert_eq!(stage.github(NIGHTLY, "drift").code, 2);
    assert!(stage.list("issues").len() == 1 && stage.kept("issue-comment").contains("by-hand"), "an issue for each night");
    stage.edit("tenantry apply --yes -q");

    stage.ok(stage.github(NIGHTLY, "verify"));
    let sarif: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(stage.at().join("verify.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(stage.kept("github-summary").contains("## Isolation") && stage.kept("github-output").contains("sound=true\n"));
}

#[test]
fn gitlab_from_a_merge_request_to_the_night_after() {
    let stage = Stage::new();
    stage.edit("cp tenants.yaml \"$STAND/whole.yaml\"; sed -i 's/tier: premium/tier: premum/' tenants.yaml");
    let ended = stage.gitlab("validate");
    assert!(ended.code == 65 && ended.printed.contains("premum"), "{}", ended.printed);
    let findings: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(stage.at().join("findings.json")).unwrap()).unwrap();
    assert_eq!(findings[0]["location"]["path"], "tenants.yaml", "{findings:#}");
    assert!(findings[0]["location"]["lines"]["begin"].as_u64().unwrap() > 1 && findings[0]["severity"] == "critical", "{findings:#}");
    stage.edit("cp \"$STAND/whole.yaml\" tenants.yaml");

    stage.edit(NEW_TENANT);
    stage.ok(stage.gitlab("validate"));
    stage.ok(stage.gitlab("plan"));
    stage.ok(stage.gitlab("plan"));
    let notes = stage.list("notes");
    assert!(notes.len() == 1 && notes[0]["body"].as_str().unwrap().contains("clinic-z"), "{notes:#?}");
    assert!(!stage.kept("calls").contains("glpat-token") && !stage.kept("calls").contains("clinic-z"), "{}", stage.kept("calls"));
    stage.keep_artifacts();

    let ended = stage.gitlab("apply");
    assert!(ended.code == 1 && ended.printed.contains("nobody has reviewed"), "{}", ended.printed);
    stage.keep(
        "requests",
        r#"[{ "state": "opened", "iid": 3, "merge_commit_sha": "c0ffee" }, { "state": "merged", "iid": 4, "merge_commit_sha": "0ther" },
            { "state": "merged", "iid": 7, "merge_commit_sha": "c0ffee" }]"#,
    );
    stage.keep("pipelines", r#"[{ "status": "failed", "id": 2 }, { "status": "success", "id": 1 }]"#);
    stage.keep("jobs", r#"[{ "name": "validate", "id": 8 }, { "name": "plan", "id": 9 }]"#);
    stage.edit("echo '# by another merge' >> policies/tvm.json");
    let ended = stage.gitlab("apply");
    assert!(ended.code == 1 && ended.printed.contains("not the one that was planned"), "{}", ended.printed);
    stage.edit("sed -i '/by another merge/d' policies/tvm.json");
    stage.ok(stage.gitlab("apply"));
    stage.ok(stage.bash("tenantry plan --detailed-exitcode -q", &BTreeMap::new(), true));
    assert!(stage.ok(stage.gitlab("apply")).contains("already applied"));
    stage.edit("sed -i 's/HC-Basic/HC-Other/' tenants.yaml");
    assert_eq!(stage.gitlab("apply").code, 1);
    stage.edit("sed -i 's/HC-Other/HC-Basic/' tenants.yaml");

    stage.ok(stage.gitlab("drift"));
    stage.edit("aws ssm put-parameter --overwrite --name /app/healthcare/agentcore/userpool_id --value by-hand");
    assert_eq!(stage.gitlab("drift").code, 2);
    stage.ok(stage.gitlab("verify"));
}

#[test]
fn pipelines_give_no_more_rights_than_they_need() {
    for file in [PLAN, APPLY, NIGHTLY] {
        let pipeline = pipeline(file);
        assert!(pipeline["permissions"].as_mapping().is_some_and(serde_yaml::Mapping::is_empty), "{file}: rights for all jobs");
        assert!(pipeline["concurrency"]["group"].is_string(), "{file}: no concurrency group");
        for (name, job) in pipeline["jobs"].as_mapping().unwrap() {
            let name = name.as_str().unwrap();
            let rights = pairs(&job["permissions"]);
            assert!(job["timeout-minutes"].is_number() && rights.get("contents").is_some_and(|right| right == "read"), "{file} {name}");
            let steps = job["steps"].as_sequence().unwrap();
            let signs_in = steps.iter().any(|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with("aws-actions/")));
            assert_eq!(signs_in, rights.contains_key("id-token"), "{file} {name}: the right to sign in");
            let writes: Vec<&String> = rights.iter().filter(|(_, right)| *right == "write").map(|(what, _)| what).collect();
            let allowed: &[&str] = match name {
                "validate" | "fork" | "reviewed" => &[],
                "plan" => &["id-token", "pull-requests"],
                "apply" => &["id-token"],
                "drift" => &["id-token", "issues"],
                "verify" => &["id-token", "security-events"],
                other => panic!("what is job {other}?"),
            };
            assert_eq!(writes, allowed, "{file} {name}");
            for step in steps {
                if let Some(uses) = step["uses"].as_str() {
                    let hash = uses.split_once('@').unwrap_or_else(|| panic!("{uses} has no version")).1;
                    assert!(hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{uses}: pinned by the hash of a commit");
                    if uses.starts_with("actions/checkout@") {
                        assert_eq!(step["with"]["persist-credentials"].as_bool(), Some(false), "{file} {name}: the checkout keeps a token");
                    }
                }
                // What others write comes in by the environment, where no shell reads it as commands.
                assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{file} {name}: an expression in a script");
            }
        }
    }
    let plan = &pipeline(PLAN)["jobs"]["plan"];
    assert!(text(plan, "if").contains("head.repo.full_name == github.repository"), "forks are planned with our credentials");
    assert_eq!(pipeline(APPLY)["jobs"]["apply"]["environment"], "tenantry");
    assert_eq!(pipeline(APPLY)["concurrency"]["cancel-in-progress"], false);
    assert_eq!(pipeline(APPLY)["concurrency"]["queue"], "max", "an apply that waits is dropped for a newer one");
    // Whoever guards the environment is asked once it is known what is deleted.
    assert_eq!(pipeline(APPLY)["jobs"]["apply"]["needs"], "reviewed");
    assert!(pipeline(APPLY)["jobs"]["reviewed"]["environment"].is_null());
    assert!(text(&pipeline(PLAN)["jobs"]["fork"], "if").contains("head.repo.full_name != github.repository"));

    let gitlab = pipeline(GITLAB);
    assert_eq!(gitlab["apply"]["resource_group"], "tenantry");
    assert_eq!(gitlab["apply"]["interruptible"], false);
    for job in ["plan", "apply", "drift", "verify"] {
        assert_eq!(gitlab[job]["extends"], ".aws", "{job}");
        let role = if job == "apply" { "$TENANTRY_APPLY_ROLE" } else { "$TENANTRY_PLAN_ROLE" };
        assert_eq!(gitlab[job]["variables"]["ROLE"], role, "{job}");
    }
}

/// Readers see which version a hash is, and Dependabot raises both.
#[test]
fn every_hash_has_its_version_beside_it() {
    for file in [PLAN, APPLY, NIGHTLY] {
        let text = std::fs::read_to_string(here("templates/ci").join(file)).unwrap();
        let uses: Vec<&str> = text.lines().filter(|line| line.contains("uses: ")).collect();
        assert!(!uses.is_empty(), "{file}");
        for line in uses {
            let (_, version) = line.split_once(" # v").unwrap_or_else(|| panic!("{file}: {line}"));
            assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{file}: {line}: a whole version");
        }
    }
    assert!(std::fs::read_to_string(here("templates/ci").join(PLAN)).unwrap().contains("Dependabot"));
}

#[test]
fn a_fork_is_told_why_it_has_no_plan_and_what_is_deleted_is_named_before_approval() {
    let stage = Stage::new();
    stage.ok(stage.github(PLAN, "fork"));
    assert!(stage.kept("github-summary").contains("### No plan for a fork"), "{}", stage.kept("github-summary"));

    stage.edit(
        "printf '  clinic-z: { tier: basic, name: Z }\\n' >> tenants.yaml; tenantry apply --yes -q; sed -i '/clinic-z/d' tenants.yaml",
    );
    stage.edit("tenantry plan -q --delete tenant:clinic-z --out plan.json --output markdown > plan.md");
    stage.edit("find tenants.yaml policies templates -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > planned.sha256");
    stage.keep_artifacts();
    let checksum = stage.ok(stage.bash("jq -r .checksum plan.json", &BTreeMap::new(), true));
    let body = format!("<!-- tenantry plan -->\\n<!-- checksum {} -->\\nplan", checksum.trim());
    stage.keep("comments", &format!(r#"[{{ "id": 1, "user": {{ "login": "github-actions[bot]" }}, "body": "{body}" }}]"#));
    stage.keep("pulls", r#"[{ "number": 7, "merged_at": "2026-11-25", "merge_commit_sha": "c0ffee", "head": { "sha": "beef" } }]"#);
    stage.keep("runs", r#"[{ "databaseId": 42 }]"#);
    stage.ok(stage.github(APPLY, "reviewed"));
    let summary = stage.kept("github-summary");
    assert!(summary.contains("It deletes or replaces what holds data") && summary.contains("- `tenant:clinic-z`"), "{summary}");
    stage.ok(stage.merged());
    // What anybody else writes below a pull request counts for nothing.
    stage.keep("comments", &format!(r#"[{{ "id": 1, "user": {{ "login": "mallory" }}, "body": "{body}" }}]"#));
    assert_eq!(stage.merged().code, 1);
}

#[test]
fn in_a_folder_of_a_repository_they_lie_at_its_top_and_work_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "mkdir .git && mkdir -p infra/platform && tenantry init infra/platform -q", 0, &["tenants.yaml"]);
    demands(
        at,
        "cd infra/platform && tenantry init --ci github && tenantry init --ci gitlab",
        0,
        &["work in `infra/platform/`", "tenantry-plan.yml"],
    );
    assert!(!at.join("infra/platform/.github").exists());
    let read = |file: &str| std::fs::read_to_string(at.join(file)).unwrap();
    for file in ["plan", "apply", "nightly"] {
        let text = read(&format!(".github/workflows/tenantry-{file}.yml"));
        let pipeline: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(pipeline["defaults"]["run"]["working-directory"], "infra/platform", "{file}");
        for event in ["push", "pull_request"] {
            for path in pipeline["on"][event]["paths"].as_sequence().into_iter().flatten().filter_map(Value::as_str) {
                assert!(path.starts_with("infra/platform/") || path.starts_with(".github/"), "{file}: {path}");
            }
        }
        for (_, job) in pipeline["jobs"].as_mapping().unwrap() {
            for with in job["steps"].as_sequence().unwrap().iter().map(|step| &step["with"]) {
                for key in ["path", "sarif_file"] {
                    let own = |line: &str| line.starts_with("infra/platform/") || line.starts_with("${{ runner.temp }}");
                    assert!(with[key].as_str().is_none_or(|paths| paths.lines().all(own)), "{file}: {with:?}");
                }
            }
        }
        assert!(!text.contains("hashFiles('verify"), "{file}");
    }
    let gitlab: Value = serde_yaml::from_str(&read(".gitlab-ci.yml")).unwrap();
    assert_eq!(gitlab["variables"]["FOLDER"], "infra/platform");
    assert_eq!(gitlab["apply"]["rules"][0]["changes"][0], "infra/platform/tenants.yaml");
    assert_eq!(gitlab["validate"]["artifacts"]["reports"]["codequality"], "infra/platform/findings.json");
    for job in ["plan", "verify"] {
        let paths = gitlab[job]["artifacts"]["paths"].as_sequence().unwrap();
        assert!(paths.iter().all(|path| path.as_str().unwrap().starts_with("infra/platform/")), "{job}: {paths:?}");
    }
    demands(at, "mkdir 'a b' && tenantry init 'a b' -q && cd 'a b' && tenantry init --ci github", 64, &["a b", "rename"]);
}

#[test]
fn what_is_this_machines_own_is_left_out_of_repositories() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "mkdir new old has; printf 'target' > old/.gitignore; echo '/.tenantry' > has/.gitignore", 0, &[]);
    demands(at, "tenantry init new && tenantry init has", 0, &["Wrote "]);
    demands(at, "tenantry init old", 0, &["`.gitignore` leaves out `.tenantry/`"]);
    let read = |file: &str| std::fs::read_to_string(at.join(file)).unwrap();
    assert_eq!(read("new/.gitignore"), ".tenantry/\n");
    assert_eq!(read("old/.gitignore"), "target\n.tenantry/\n");
    assert_eq!(read("has/.gitignore"), "/.tenantry\n");
}

/// A step that failed says why where people look, and what it was where later steps look; a program gets its document.
#[test]
fn refusals_and_failures_are_told_to_pipelines_and_programs() {
    let folder = shipped();
    let at = folder.path();
    let told = |line: &str, code: i32, name: &str, words: &[&str]| {
        let both = "rm -f out summary; export GITHUB_OUTPUT=out GITHUB_STEP_SUMMARY=summary";
        demands(at, &format!("{both}; {line} --ci github -q"), code, &[]);
        let (out, summary) = (std::fs::read_to_string(at.join("out")).unwrap(), std::fs::read_to_string(at.join("summary")).unwrap());
        assert!(out.ends_with(&format!("exit_code={code}\nexit_name={name}\n")), "{line}: {out}");
        for word in words {
            assert!(summary.contains(word), "{line}: no `{word}` in\n{summary}");
        }
    };
    told("tenantry plan --sandbox", 0, "done", &["clinic-a"]);
    told(
        "tenantry plan --sandbox --sandbox-faults denied=iam:ListRoles",
        15,
        "incomplete",
        &["ended with 15 (incomplete)", "iam:ListRoles"],
    );
    told("tenantry apply --sandbox --yes --plan-hash 0000", 10, "stale", &["ended with 10 (stale)", "reviewed"]);
    told("tenantry apply --sandbox", 64, "usage", &["ended with 64 (usage)", "--yes"]);
    told("tenantry plan --sandbox --nonsense", 64, "usage", &["ended with 64 (usage)", "--nonsense"]);
    told("tenantry apply --sandbox --yes --sandbox-faults denied=cognito-idp:AdminCreateUser", 13, "partial", &["AdminCreateUser"]);
    demands(at, "sed -i.old 's/tier: premium/tier: premum/' tenants.yaml", 0, &[]);
    told("tenantry plan --sandbox", 65, "manifest", &["Findings in the manifest", "premum"]);
    let document = |line: &str, code: i32| -> serde_json::Value {
        let printed = demands(at, &format!("{line} --output json -q 2>/dev/null"), code, &[]);
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{line}: {error}: {printed}"))
    };
    let wrong = document("tenantry apply --sandbox --yes", 65);
    assert_eq!((&wrong["format"], &wrong["exit"]["name"]), (&"tenantry-outcome/1.0".into(), &"manifest".into()), "{wrong:#}");
    assert_eq!(wrong["error"]["findings"][0]["code"], "unknown-name", "{wrong:#}");
    demands(at, "mv tenants.yaml.old tenants.yaml; tenantry apply --sandbox --yes -q", 0, &[]);
    let stale = document("sed -i.old 's/HC-Basic/HC-Other/' tenants.yaml; tenantry apply --sandbox --yes --plan-hash 0000", 10);
    assert!(stale["error"]["why"].as_str().unwrap().contains("reviewed") && stale["done"] == serde_json::json!([]), "{stale:#}");
    let unread = document("tenantry plan --sandbox --sandbox-faults denied=iam:ListRoles", 15);
    assert_eq!(unread["exit"], serde_json::json!({ "code": 15, "name": "incomplete" }), "{unread:#}");
}

#[test]
fn code_scanning_hears_of_failures_and_finds_findings_at_their_place() {
    let folder = shipped();
    let at = folder.path();
    let sarif = |line: &str, code: i32| -> serde_json::Value {
        demands(at, &format!("rm -f v.sarif; {line} --sarif v.sarif -q >/dev/null 2>&1"), code, &[]);
        serde_json::from_str(&std::fs::read_to_string(at.join("v.sarif")).unwrap()).unwrap()
    };
    let run = &sarif("tenantry verify --sandbox --sandbox-faults denied=iam:ListRoles", 15)["runs"][0];
    assert_eq!(run["invocations"][0]["exitCode"], 15);
    assert_eq!(run["results"][0]["ruleId"], "not-proven", "{run:#}");
    demands(at, "cp tenants.yaml kept.yaml; sed -i 's/tier: premium/tier: premum/' tenants.yaml", 0, &[]);
    let run = &sarif("tenantry verify --offline", 65)["runs"][0];
    assert_eq!((&run["results"][0]["ruleId"], &run["invocations"][0]["exitCode"]), (&"unknown-name".into(), &65.into()), "{run:#}");
    let line = run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    assert!(
        std::fs::read_to_string(at.join("tenants.yaml"))
            .unwrap()
            .lines()
            .nth(usize::try_from(line).unwrap() - 1)
            .unwrap()
            .contains("premum")
    );
    demands(at, "mv kept.yaml tenants.yaml; sed -i 's|ClinicId}/\\*|ClinicId}*|g' policies/tvm.json", 0, &[]);
    let run = &sarif("tenantry verify --offline", 14)["runs"][0];
    let text = std::fs::read_to_string(at.join("tenants.yaml")).unwrap();
    let open = run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "P17").unwrap();
    let line = open["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    let at_line = text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
    let known = ["clinic-", "hospital-", "basic:", "premium:", "tiers:"];
    assert!(line > 1 && known.iter().any(|word| at_line.trim_start().starts_with(word)), "{line}: {at_line}: {open:#}");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["help"]["text"].as_str().unwrap().contains("docs/isolation.md")), "{rules:#?}");
}

#[test]
fn a_quiet_apply_that_failed_in_part_says_so() {
    let folder = shipped();
    let line = "tenantry apply --sandbox --yes -q --sandbox-faults denied=cognito-idp:AdminCreateUser 2>&1 >/dev/null";
    let said = demands(folder.path(), line, 13, &["error[partial]:", "failed", "AdminCreateUser"]);
    assert!(said.lines().count() < 20, "{said}");
}

#[test]
fn init_writes_them_beside_the_manifest_and_over_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    demands(at, "tenantry init -q", 0, &["tenants.yaml"]);
    demands(at, "tenantry init --ci github", 0, &["Wrote 3 files", ".github/workflows/tenantry-plan.yml", "top of the repository"]);
    demands(at, "tenantry init --ci gitlab", 0, &["Wrote 1 file ", ".gitlab-ci.yml"]);
    for (file, there) in [(PLAN, ".github/workflows/tenantry-plan.yml"), (GITLAB, ".gitlab-ci.yml")] {
        let shipped = std::fs::read_to_string(here("templates/ci").join(file)).unwrap();
        assert_eq!(std::fs::read_to_string(at.join(there)).unwrap(), shipped);
    }
    demands(at, "rm .github/workflows/tenantry-plan.yml; tenantry init --ci github", 12, &["tenantry-apply.yml", "overwrites nothing"]);
    assert!(!at.join(".github/workflows/tenantry-plan.yml").exists(), "a part was written");
    let folder = tempfile::tempdir().unwrap();
    demands(folder.path(), "tenantry init --ci github && tenantry validate", 0, &["tenants.yaml", "tenantry-nightly.yml", "Valid"]);
}

#[test]
fn a_pipeline_that_is_none_is_told_so() {
    let folder = shipped();
    let at = folder.path();
    demands(at, "tenantry plan --sandbox --ci github", 64, &["GITHUB_OUTPUT", "is not set"]);
    demands(at, "GITHUB_OUTPUT=out tenantry plan --sandbox --ci github", 64, &["GITHUB_STEP_SUMMARY", "is not set"]);
    demands(
        at,
        "GITHUB_OUTPUT=/nowhere/out GITHUB_STEP_SUMMARY=s tenantry plan --sandbox --ci github",
        1,
        &["/nowhere/out", "GITHUB_OUTPUT"],
    );
    demands(at, "tenantry status --sandbox --ci github", 64, &["plan, apply, verify and drift"]);
    demands(at, "tenantry plan --sandbox --ci jenkins", 64, &["github"]);
    demands(at, "tenantry plan --sandbox --ci gitlab", 64, &["--output gitlab"]);
    assert!(!at.join(".tenantry").exists(), "something was done first");
    for form in ["sarif", "github", "gitlab"] {
        demands(at, &format!("tenantry plan --sandbox --output {form}"), 64, &["this command has", form]);
    }
    // Added to what is there, never in its place.
    let both = "export GITHUB_OUTPUT=out GITHUB_STEP_SUMMARY=summary; echo first=1 > out; echo '# First' > summary";
    demands(
        at,
        &format!("{both}; tenantry validate --ci github; tenantry validate --ci github; cat out summary"),
        0,
        &["first=1\nvalid=true\nerrors=0\nwarnings=0\nexit_code=0\nexit_name=done\nvalid=true\n", "# First\n### The manifest is valid\n"],
    );
}

#[test]
fn findings_in_the_forms_that_services_read() {
    let folder = shipped();
    let at = folder.path();
    demands(
        at,
        "mkdir 'a, b:c' && mv tenants.yaml policies templates 'a, b:c' && sed -i 's/tier: premium/tier: premum/' 'a, b:c/tenants.yaml'",
        0,
        &[],
    );
    let annotated = demands(
        at,
        "GITHUB_WORKSPACE=$PWD; export GITHUB_WORKSPACE; cd 'a, b:c' && tenantry validate --output github",
        65,
        &["::error file=a%2C b%3Ac/tenants.yaml,line=", ",title=tenantry::", "premum"],
    );
    assert!(annotated.lines().all(|line| line.starts_with("::")), "{annotated}");
    let sarif = demands(at, "tenantry validate --output sarif -f 'a, b:c/tenants.yaml'", 65, &[]);
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((&sarif["version"], &result["level"]), (&"2.1.0".into(), &"error".into()), "{sarif:#}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%2C%20b%3Ac/tenants.yaml");
    assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
    let json = demands(at, "tenantry validate --output json -f 'a, b:c/tenants.yaml'", 65, &[]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["exit"], serde_json::json!({ "code": 65, "name": "manifest" }));
}
