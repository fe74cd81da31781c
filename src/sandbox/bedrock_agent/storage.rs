//! What Bedrock probes before it creates a knowledge base: its role and its vector index.

use serde_json::Value;

use super::super::protocol::Refusal;
use super::super::shape;
use super::super::{World, iam, s3vectors};
use super::invalid;

/// The one message for a role that can't be assumed and for a store that isn't there.
const NO_ROLE: &str = "Bedrock Knowledge Base was unable to assume the given role. Provide the proper permissions and retry the request.";

/// Whether Bedrock can assume the role now.
pub(super) fn check_role(world: &World, role: &str) -> Result<(), Refusal> {
    if iam::assumable(world, role, "bedrock.amazonaws.com") { Ok(()) } else { Err(invalid(NO_ROLE)) }
}

/// The ARN of the vector index that the storage names; `None` for another kind of store.
pub(super) fn index_arn(storage: &Value) -> Option<String> {
    let vectors = storage.get("s3VectorsConfiguration").filter(|_| shape::string(storage, "type") == "S3_VECTORS")?;
    shape::maybe(vectors, "indexArn").or_else(|| {
        let (bucket, index) = (shape::maybe(vectors, "vectorBucketArn")?, shape::maybe(vectors, "indexName")?);
        Some(format!("{bucket}/index/{index}"))
    })
}

/// Checks a new knowledge base of type VECTOR against its store.
pub(super) fn check(world: &World, body: &Value) -> Result<(), Refusal> {
    let knowledge = body.get("knowledgeBaseConfiguration").unwrap_or(&Value::Null);
    if shape::string(knowledge, "type") != "VECTOR" {
        return Ok(());
    }
    let vector = knowledge
        .get("vectorKnowledgeBaseConfiguration")
        .ok_or_else(|| invalid("vectorKnowledgeBaseConfiguration is required for a knowledge base of type VECTOR."))?;
    let storage =
        body.get("storageConfiguration").ok_or_else(|| invalid("storageConfiguration is required for a knowledge base of type VECTOR."))?;
    if shape::string(storage, "type") != "S3_VECTORS" {
        return Ok(());
    }
    let arn =
        index_arn(storage).ok_or_else(|| invalid("s3VectorsConfiguration needs indexArn, or vectorBucketArn together with indexName."))?;
    let dimension = s3vectors::dimension(world, &arn).ok_or_else(|| invalid(NO_ROLE))?;
    let settings = vector.pointer("/embeddingModelConfiguration/bedrockEmbeddingModelConfiguration").unwrap_or(&Value::Null);
    if shape::string(settings, "embeddingDataType") == "BINARY" {
        return Err(invalid("S3 Vectors supports embeddings of type FLOAT32 only."));
    }
    let model = shape::string(vector, "embeddingModelArn");
    let asked = settings.get("dimensions").and_then(Value::as_u64);
    let known = dimensions(model);
    if let (Some(asked), false) = (asked, known.is_empty())
        && !known.contains(&asked)
    {
        return Err(invalid(format!("The embedding model {model} does not support {asked} dimensions.")));
    }
    match asked.or_else(|| known.first().copied()) {
        Some(wanted) if wanted != dimension => Err(invalid(format!(
            "The knowledge base storage configuration provided is invalid... The vector index has {dimension} dimensions, the embedding model {wanted}."
        ))),
        _ => Ok(()),
    }
}

/// The dimensions that a model can give, its default first; none for a model that is not known here.
fn dimensions(model: &str) -> &'static [u64] {
    let name = model.rsplit('/').next().unwrap_or(model);
    match name {
        _ if name.starts_with("amazon.titan-embed-text-v2") => &[1024, 512, 256],
        _ if name.starts_with("amazon.titan-embed-text-v1") => &[1536],
        _ if name.starts_with("cohere.embed-") => &[1024],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_index_is_named_by_arn_or_by_bucket_and_name() {
        let of = |vectors: Value| index_arn(&json!({ "type": "S3_VECTORS", "s3VectorsConfiguration": vectors }));
        assert_eq!(of(json!({ "indexArn": "i", "vectorBucketArn": "b" })).unwrap(), "i");
        assert_eq!(of(json!({ "indexName": "n", "vectorBucketArn": "b" })).unwrap(), "b/index/n");
        assert_eq!(of(json!({ "vectorBucketArn": "b" })), None);
    }
}
