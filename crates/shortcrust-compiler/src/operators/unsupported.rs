//! The operators that are not supported: all of a network at once, with what helps against each.

use super::numbers::Numbers;
use super::{OPERATORS, Operator};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Graph, Node};
use crate::tflite::Options;

/// What helps against operators that have no replacement of their own.
const REPLACE: &str = "replace it in the network; `shortcrust operators` lists what is supported";

/// What helps against an operator, by its name or the beginning of its name.
const REMEDIES: &[(&[&str], &str)] = &[
    (
        &[
            "CALL_ONCE",
            "VAR_HANDLE",
            "READ_VARIABLE",
            "ASSIGN_VARIABLE",
        ],
        "the network keeps state from run to run: convert it with its state as inputs and outputs, which the program feeds back \
         (kws_streaming and microWakeWord: STREAM_EXTERNAL_STATE_INFERENCE)",
    ),
    (
        &["SVDF"],
        "the layer keeps state from run to run: convert the network with its state as an input and an output, or with a \
         convolution over time in its place",
    ),
    (
        &[
            "UNIDIRECTIONAL_SEQUENCE",
            "BIDIRECTIONAL_SEQUENCE",
            "LSTM",
            "RNN",
        ],
        "build the recurrent layer with unroll=True: it becomes FULLY_CONNECTED, SPLIT, LOGISTIC, TANH, MUL and ADD",
    ),
    (
        &["IF", "WHILE", "CALL", "STABLEHLO_WHILE", "STABLEHLO_CASE"],
        "convert the network without control flow: unroll loops, and decide conditions before the conversion",
    ),
    (
        &["STABLEHLO_COMPOSITE"],
        "the converter left a layer as a call of its own decomposition: write this layer with plain operators before the conversion",
    ),
    (
        &["STABLEHLO"],
        "convert the network to TensorFlow Lite's builtin operators, not to StableHLO's",
    ),
    (
        &["SHAPE"],
        "fix the batch size in the converter (`tf.keras.Input(batch_size=1)`, or a concrete function of a fixed shape): shapes are \
         constants then",
    ),
    (
        &["Flex"],
        "convert without SELECT_TF_OPS, which leaves operators to the whole of TensorFlow",
    ),
    (
        &["Signal"],
        "leave the audio front end out of the network, and let the program compute the features",
    ),
    (
        &["TFLite_Detection_PostProcess"],
        "end the network before its post-processing, and let the program do that",
    ),
    (
        &["CUSTOM"],
        "build the network from TensorFlow Lite's builtin operators",
    ),
    (
        &["UNKNOWN"],
        "convert the model with a released TensorFlow Lite converter",
    ),
];

/// The supported operator of each node.
///
/// # Errors
/// Names every operator that is not supported.
pub(super) fn find(graph: &Graph) -> Result<Vec<&'static Operator>> {
    let supported = |node: &Node| OPERATORS.iter().find(|operator| operator.name == node.kind);
    let found: Option<Vec<_>> = graph.nodes.iter().map(supported).collect();
    found.ok_or_else(|| {
        let unsupported = graph.nodes.iter().filter(|node| supported(node).is_none());
        refuse(&unsupported.collect::<Vec<_>>(), Numbers::of(graph))
    })
}

/// Nodes of one kind.
struct Group<'g> {
    name: String,
    nodes: Vec<&'g Node>,
}

fn refuse(nodes: &[&Node], numbers: Numbers) -> Error {
    let mut groups: Vec<Group> = Vec::new();
    for node in nodes {
        let name = name(node);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.nodes.push(node),
            None => groups.push(Group {
                name,
                nodes: vec![node],
            }),
        }
    }
    let remedies = remedies(&groups);
    if let ([node], None) = (nodes, numbers.refused()) {
        return node.blame(Error::new(ErrorKind::Unsupported, alone(node), remedies));
    }
    let are = match nodes.len() {
        1 => "1 operator is".to_owned(),
        count => format!("{count} operators are"),
    };
    let list: Vec<String> = groups.iter().map(Group::shown).collect();
    let list = list.join(", ");
    let (problem, remedy) = match numbers.refused() {
        None => (format!("{are} not supported: {list}"), remedies),
        Some((kind, remedy)) => (
            format!(
                "this is {kind}, which is not supported, and {are} not supported in int8 either: {list}"
            ),
            format!("{remedy}; {remedies}"),
        ),
    };
    Error::new(ErrorKind::Unsupported, problem, remedy)
}

/// What an operator is called where several are named.
fn name(node: &Node) -> String {
    match (&node.options, node.kind) {
        (Options::Named(name), "CUSTOM") => format!("custom `{name}`"),
        (Options::Named(code), "UNKNOWN") => format!("code {code}"),
        (Options::Named(name), kind) => format!("{kind} `{name}`"),
        (_, kind) => kind.to_owned(),
    }
}

/// What is said of an operator that is the only one.
fn alone(node: &Node) -> String {
    match (&node.options, node.kind) {
        (Options::Named(name), "CUSTOM") => {
            format!("the custom operator `{name}` is not supported")
        }
        (Options::Named(code), "UNKNOWN") => {
            format!("its code {code} is not an operator of TensorFlow Lite")
        }
        (Options::Named(name), _) => format!("this operator, `{name}`, is not supported"),
        _ => "this operator is not supported".to_owned(),
    }
}

impl Group<'_> {
    /// The name, and the numbers of up to three operators; more are counted.
    fn shown(&self) -> String {
        let numbers: Vec<String> = self
            .nodes
            .iter()
            .map(|node| node.number.to_string())
            .collect();
        match &numbers[..] {
            [number] => format!("{} (operator {number})", self.name),
            [first, .., last] if numbers.len() > 3 => format!(
                "{} ({} operators from {first} to {last})",
                self.name,
                numbers.len()
            ),
            _ => format!("{} (operators {})", self.name, numbers.join(", ")),
        }
    }

    fn remedy(&self) -> &'static str {
        let node = self.nodes[0];
        let named = match &node.options {
            Options::Named(name) => name,
            _ => "",
        };
        let of = |name: &str| {
            let mut rows = REMEDIES.iter();
            rows.find(|(names, _)| names.iter().any(|begin| name.starts_with(begin)))
        };
        of(named)
            .or_else(|| of(node.kind))
            .map_or(REPLACE, |(_, remedy)| *remedy)
    }
}

/// Each remedy once; where there are several, behind the operators that it is for.
fn remedies(groups: &[Group]) -> String {
    let mut remedies: Vec<(&str, Vec<&str>)> = Vec::new();
    for group in groups {
        let remedy = group.remedy();
        match remedies.iter_mut().find(|(known, _)| *known == remedy) {
            Some((_, names)) => names.push(&group.name),
            None => remedies.push((remedy, vec![&group.name])),
        }
    }
    match &remedies[..] {
        [(remedy, _)] => (*remedy).to_owned(),
        _ => {
            let lines = remedies.iter();
            let lines: Vec<String> = lines
                .map(|(remedy, names)| format!("{}: {remedy}", some(names)))
                .collect();
            lines.join("; ")
        }
    }
}

/// Up to four names; of more, the first three and how many there are.
fn some(names: &[&str]) -> String {
    match names.len() {
        0..=4 => names.join(", "),
        count => format!("{} and {} more", names[..3].join(", "), count - 3),
    }
}
