//! `shortcrust operators`: what is supported.

use serde::Serialize;
use shortcrust_compiler::operators::OPERATORS;

use crate::page::{self, Page};
use crate::report::Report;

/// The supported operators.
#[derive(Serialize)]
pub struct Operators {
    operators: Vec<&'static str>,
}

/// Lists the operators that the compiler knows.
pub fn run() -> Operators {
    Operators {
        operators: OPERATORS.iter().map(|operator| operator.name).collect(),
    }
}

impl Report for Operators {
    fn text(&self, _: &Page) -> String {
        let number = page::plural(self.operators.len(), "operator", "operators");
        format!(
            "{}\n\n{number} of int8 .tflite networks",
            self.operators.join("\n")
        )
    }
}
