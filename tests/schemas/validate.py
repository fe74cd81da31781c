"""Validates documents against a JSON Schema: YAML by its 1.2 rules, JSON, or JSON line by line.

    validate.py SCHEMA [--strict] FILE...

Prints one line for each document: `ok FILE`, or `no FILE: why`. With --strict a key that the schema does not name is a mistake.
"""

import json
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """`off` is a text and dates are texts, as in YAML 1.2 and as editors read it."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if not tag.endswith((":bool", ":timestamp"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def documents(path):
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    if path.endswith(".yaml"):
        return [yaml.load(text, Loader)]
    if path.endswith(".ndjson"):
        return [json.loads(line) for line in text.splitlines()]
    return [json.loads(text)]


def strict(schema):
    """The schema with nothing left open but what it leaves open by name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {key: strict(part) for key, part in schema.items()}
    if isinstance(whole.get("properties"), dict) and whole.get("type") == "object":
        whole.setdefault("additionalProperties", False)
    return whole


def main():
    schema_file, *files = sys.argv[1:]
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    if files[:1] == ["--strict"]:
        schema, files = strict(schema), files[1:]
    validator = jsonschema.Draft202012Validator(schema)
    for path in files:
        try:
            wrong = next((e for document in documents(path) for e in validator.iter_errors(document)), None)
        except (yaml.YAMLError, json.JSONDecodeError) as error:
            print(f"no {path}: {error}".replace("\n", " "))
            continue
        if wrong is None:
            print(f"ok {path}")
        else:
            best = jsonschema.exceptions.best_match([wrong])
            print(f"no {path}: {best.json_path}: {best.message[:300]}".replace("\n", " "))


main()
