//! The checks that TFLite Micro makes of each supported operator before it runs it, and what comes of them here.
//!
//! One row a check, for the operators whose `Prepare` (or `Eval`) makes it: the rule, a graph that breaks it and nothing else, and
//! what is said about that graph. A rule that is not kept here has the reason in its row. Rules on types that are not supported at all
//! (int4, int16, string) have no row, and neither have allocations.

mod bases;
mod layers;
mod model;
mod operands;
mod quantisation;
mod shapes;
mod types;

use bases::{BASES, Base};
use model::Model;
use shortcrust_compiler::graph::{Element, Node};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::operators::OPERATORS;

/// A check of the reference.
struct Check {
    /// The operators that have it.
    operators: &'static [&'static str],
    /// What the reference demands, and in which function where that is not the operator's own.
    rule: &'static str,
    /// What comes of it here.
    outcome: Outcome,
}

enum Outcome {
    /// A graph that breaks the rule is refused, in these words among others.
    Refused(fn(&mut Model), &'static str),
    /// A graph that breaks the rule is compiled, for this reason.
    Accepted(fn(&mut Model), &'static str),
    /// No graph can break the rule, for this reason.
    Elsewhere(&'static str),
}

const fn refused(
    operators: &'static [&'static str],
    rule: &'static str,
    violate: fn(&mut Model),
    words: &'static str,
) -> Check {
    Check {
        operators,
        rule,
        outcome: Outcome::Refused(violate, words),
    }
}

const fn accepted(
    operators: &'static [&'static str],
    rule: &'static str,
    violate: fn(&mut Model),
    reason: &'static str,
) -> Check {
    Check {
        operators,
        rule,
        outcome: Outcome::Accepted(violate, reason),
    }
}

const fn elsewhere(
    operators: &'static [&'static str],
    rule: &'static str,
    reason: &'static str,
) -> Check {
    Check {
        operators,
        rule,
        outcome: Outcome::Elsewhere(reason),
    }
}

/// The tables, by what their checks are about.
const TABLES: &[(&str, &[&[Check]])] = &[
    ("operands", &[operands::CHECKS]),
    ("types", &[types::CHECKS]),
    ("shapes", &[shapes::CHECKS, layers::CHECKS]),
    ("quantisation", &[quantisation::CHECKS]),
];

fn base(operator: &str) -> &'static Base {
    let base = BASES.iter().find(|base| base.operator == operator);
    base.unwrap_or_else(|| panic!("{operator} has no sound graph"))
}

#[test]
fn every_operator_has_a_sound_graph_that_compiles() {
    for operator in OPERATORS {
        let model = (base(operator.name).build)();
        assert_eq!(model.graph.nodes[0].kind, operator.name);
        if let Err(error) = Network::from_graph(model.graph) {
            panic!("{error}");
        }
    }
    assert_eq!(BASES.len(), OPERATORS.len());
}

#[test]
fn every_operator_has_checks_of_its_operands_types_shapes_and_quantisation() {
    for operator in OPERATORS {
        for (about, tables) in TABLES {
            let mut checks = tables.iter().copied().flatten();
            assert!(
                checks.any(|check| check.operators.contains(&operator.name)),
                "{} has no check of its {about}",
                operator.name
            );
        }
    }
}

#[test]
fn every_check_has_its_outcome() {
    let mut wrong = Vec::new();
    for check in TABLES
        .iter()
        .flat_map(|(_, tables)| tables.iter().copied().flatten())
    {
        for operator in check.operators {
            let base = base(operator);
            if let Some(complaint) = complaint(check, base) {
                wrong.push(format!(
                    "{operator} ({}): {}: {complaint}",
                    base.sources, check.rule
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is wrong with the outcome of a check at one of its operators.
fn complaint(check: &Check, base: &Base) -> Option<String> {
    let compile = |violate: fn(&mut Model)| {
        let mut model = (base.build)();
        violate(&mut model);
        Network::from_graph(model.graph)
    };
    match check.outcome {
        Outcome::Refused(violate, words) => match compile(violate) {
            Ok(_) => Some(format!("accepted, without the words `{words}`")),
            Err(error) => {
                let operator = error.place.operator.as_ref();
                let sound = error.to_string().contains(words)
                    && operator.is_some_and(|(_, kind)| kind == base.operator)
                    && !error.remedy.is_empty();
                (!sound).then(|| format!("`{error}` without place, remedy, or the words `{words}`"))
            }
        },
        Outcome::Accepted(violate, reason) => {
            let error = compile(violate).err()?;
            Some(format!("`{error}` although {reason}"))
        }
        Outcome::Elsewhere(reason) => reason.is_empty().then(|| "no reason".to_owned()),
    }
}

#[test]
fn contradicting_scales_are_named() {
    let mut model = (base("CONCATENATION").build)();
    model.quantise("right", 0.25, -7);
    let error = Network::from_graph(model.graph).expect_err("the scales differ");
    assert_eq!(
        error.to_string(),
        "operator 0 (CONCATENATION): tensor `right` [1, 3, 4]: it has the scale 2.5e-1 and the zero point -7, and `out` has the \
         scale 5e-1 and the zero point 3: this operator keeps values as they are, so both should be the same"
    );
}

/// PADV2 with its output's zero point as the value, then a convolution that could do the padding itself.
fn padded_convolution(value_scale: f32) -> Model {
    let mut model = (base("PADV2").build)()
        .constant("weights", &[2, 3, 3, 4], Element::Int8)
        .by_channel("weights", 0)
        .output("result", &[1, 2, 2, 2], Element::Int8);
    model.quantise("value", value_scale, 3);
    model.tensor("value").data = Some(vec![3]);
    let weights = model.node().inputs.pop().flatten();
    let result = model.node().outputs.pop();
    let padded = model.node().outputs.first().copied();
    let convolution = (base("CONV_2D").build)().node().clone();
    model.graph.outputs = result.into_iter().collect();
    model.graph.nodes.push(Node {
        number: 1,
        inputs: vec![padded, weights],
        outputs: result.into_iter().collect(),
        ..convolution
    });
    model
}

#[test]
fn a_padding_that_contradicts_is_not_folded_away() {
    let sound = Network::from_graph(padded_convolution(0.5).graph).expect("one scale");
    assert_eq!(sound.program.graph.nodes.len(), 1);
    let error = Network::from_graph(padded_convolution(0.25).graph).expect_err("two scales");
    assert!(
        error
            .to_string()
            .starts_with("operator 0 (PADV2): tensor `value` [1]: "),
        "{error}"
    );
}
