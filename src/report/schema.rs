//! JSON schema validation for tests.

use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

const SCHEMA: &str = include_str!("schema.json");

/// The schema violation of an object; absent if it is valid.
pub(crate) fn violation(object: &Value) -> Option<String> {
    static COMPILED: OnceLock<(Schemas, SchemaIndex)> = OnceLock::new();
    let (schemas, index) = COMPILED.get_or_init(|| {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
        compiler
            .add_resource("schema.json", schema)
            .expect("a resource");
        let index = compiler.compile("schema.json", &mut schemas);
        let index = index.expect("the schema is valid");
        (schemas, index)
    });
    let result = schemas.validate(object, *index);
    result.err().map(|error| format!("{error:#}\n{object:#}"))
}
