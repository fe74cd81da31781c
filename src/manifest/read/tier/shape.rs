//! What a tier may be, for the manifest's schema.

use super::super::super::shape::{Known, Shape, may, must};
use super::super::super::{forms, rules};
use super::super::{api, function, guardrail, memory, rate_limit};
use super::{
    CHUNK_BOUNDS, CHUNK_OVERLAP_PERCENT, CHUNK_TOKENS, DIMENSION_BOUNDS, DIMENSIONS, EMBEDDING_MODEL, GATEWAY_HEADERS,
    IDLE_TIMEOUT_SECONDS, MAX_LIFETIME_SECONDS, MOST_GATEWAY_HEADERS, MOST_REQUEST_HEADERS, MOST_VARIABLES, OVERLAP_BOUNDS, PYTHON,
    REQUEST_HEADERS, SESSION_BOUNDS,
};

pub(in super::super) fn shape(known: &Known) -> Shape {
    let tier = Shape::section(
        "One tier: what its tenants share.",
        [
            must("model", Shape::text("The Bedrock model, or inference profile, that the tier's agents use.", forms::model())),
            may("runtime", runtime()),
            may("gateway", gateway(known)),
            may("knowledge_base", knowledge_base()),
            may("memory", memory::shape()),
            may("guardrail", guardrail::shape()),
            may(
                "project",
                Shape::section("A Bedrock project, by which the tier's costs are told apart.", [may("tags", tags("Cost tags."))]),
            ),
            may("usage_plan", api::usage_plan_shape()),
            may("tags", tags("Tags on the tier's resources, beside the platform's.")),
        ],
    );
    Shape::entries("The tiers, by their names.", forms::tier(), tier).at_least(1)
}

fn tags(says: &str) -> Shape {
    Shape::entries(says, forms::tag_key(), Shape::text("", forms::tag_value()))
}

fn runtime() -> Shape {
    let code = "The directory with the agent's code, or a .zip file; packed and uploaded under its digest.";
    let entry_point = "The file that starts the agent, or a wrapper and a file.";
    let headers = "Request headers that reach the agent.";
    let variables = Shape::entries(
        "Environment variables of the agent.",
        forms::variable_name(),
        Shape::text("Everyone who may read the runtime sees it, so no secrets.", forms::variable_value()),
    );
    let seconds = |says: &str, default: u32| Shape::whole(says, SESSION_BOUNDS).or_else(default);
    Shape::section(
        "The runtime of the tier's agents: a container with `image`, or packed Python with `code` and `entry_point`.",
        [
            may("image", Shape::text("A container image in ECR, with a tag or a digest.", forms::image())),
            may("code", Shape::text(code, forms::path(&["templates/agent"]))),
            may("entry_point", Shape::texts(entry_point, forms::entry_point(), (1, Some(2))).such_as("main.py")),
            may("python", Shape::words("Of `code`: the Python that runs it.", rules::PYTHONS).or_else(PYTHON)),
            may("description", Shape::text("What the runtime is for.", forms::description())),
            may("environment", variables.at_most(MOST_VARIABLES)),
            may(
                "request_headers",
                Shape::texts(headers, forms::runtime_header(), (0, Some(MOST_REQUEST_HEADERS))).or_else(REQUEST_HEADERS.to_vec()),
            ),
            may("idle_timeout_seconds", seconds("Seconds after which a session that nobody uses ends.", IDLE_TIMEOUT_SECONDS)),
            may("max_lifetime_seconds", seconds("Seconds after which every session ends.", MAX_LIFETIME_SECONDS)),
        ],
    )
    .in_ways(&[&["code", "entry_point"], &["image"]])
}

fn gateway(known: &Known) -> Shape {
    let lambda = "The Lambda behind the tools: a function of this manifest, or an ARN.";
    let headers = "Request headers that reach the tools' Lambda.";
    let policy = Shape::known("A Cedar file, by its path from the manifest's folder.", &known.cedar, forms::cedar_file());
    let policies = Shape::list("Cedar files that say who may call which tool, and when.", policy.clone());
    Shape::section(
        "The gateway through which the tier's agents call tools.",
        [
            may("description", Shape::text("What the gateway is for.", forms::description())),
            must("tools_lambda", function::reference_shape(lambda, known)),
            must("tools", Shape::text("A JSON file with the tools' definitions.", forms::path(&["templates/tools/healthcare.json"]))),
            may(
                "headers",
                Shape::texts(headers, forms::gateway_header(), (0, Some(MOST_GATEWAY_HEADERS))).or_else(GATEWAY_HEADERS.to_vec()),
            ),
            may("policies", Shape::either("Cedar files that say who may call which tool, and when.", [policies, policy])),
            may("rate_limit", rate_limit::shape("How often each tenant of the tier may call the gateway.")),
        ],
    )
}

fn knowledge_base() -> Shape {
    let chunk = Shape::section(
        "How documents are cut up.",
        [
            may("tokens", Shape::whole("The length of a chunk, in tokens.", CHUNK_BOUNDS).or_else(CHUNK_TOKENS)),
            may(
                "overlap_percent",
                Shape::whole("How much of a chunk the next one repeats, in percent.", OVERLAP_BOUNDS).or_else(CHUNK_OVERLAP_PERCENT),
            ),
        ],
    );
    Shape::section(
        "Tenants' documents, searched by meaning; `{}` takes the defaults.",
        [
            may("description", Shape::text("What the knowledge base is for.", forms::description())),
            may("embedding_model", Shape::text("The model that makes vectors of texts.", forms::model()).or_else(EMBEDDING_MODEL)),
            may(
                "dimensions",
                Shape::whole("The length of a vector: a size that the embedding model makes.", DIMENSION_BOUNDS).or_else(DIMENSIONS),
            ),
            may("chunk", chunk),
        ],
    )
}
