//! A model against its golden file.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;

use serde::Serialize;
use shortcrust_compiler::network::Network;

use super::refusals::Refusals;
use crate::chip::{Portable, Weights};
use crate::cores::Cores;
use crate::difference::Difference;
use crate::failure::{Explanation, Failure, Result};
use crate::golden::{self, Case, Contents, Golden};
use crate::machine::{Machine, Processor};
use crate::page;

/// The result of one model.
#[derive(Serialize)]
pub struct Verdict {
    pub model: PathBuf,
    pub cases: usize,
    pub exact: usize,
    /// Where the chip has the weights; absent on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// What the chip has no machine code for; absent on this computer, and where nothing ran.
    #[serde(flatten)]
    pub portable: Option<Portable>,
    /// Why the model need not be verified.
    pub refused: Option<Explanation>,
    /// Why the model could not be verified, or the first case could not.
    pub problem: Option<Explanation>,
    pub differences: Vec<CaseDifference>,
}

/// A case that is not bit-exact.
#[derive(Serialize)]
pub struct CaseDifference {
    pub case: String,
    /// The number of the first output that differs.
    pub output: usize,
    #[serde(flatten)]
    pub difference: Difference,
    /// The first layer that differs, where the golden file has layers.
    pub layer: Option<LayerDifference>,
    /// Whether the golden file has this case's layers.
    pub has_layers: bool,
}

/// A layer that is not bit-exact.
#[derive(Serialize)]
pub struct LayerDifference {
    pub operator_number: usize,
    pub operator: &'static str,
    #[serde(flatten)]
    pub difference: Difference,
}

impl Verdict {
    /// Verifies a model; what keeps it from being verified becomes part of the verdict, so that the others go on.
    pub fn of(model: PathBuf, on: Processor, cores: &Cores, refusals: &Refusals) -> Self {
        let mut verdict = Self {
            model,
            cases: 0,
            exact: 0,
            weights: None,
            portable: None,
            refused: None,
            problem: None,
            differences: Vec::new(),
        };
        let compared = compare(&mut verdict, on, cores);
        match compared {
            Err(failure) if refusals.excuse(&verdict.model, &failure) => {
                verdict.refused = Some(failure.explain());
                verdict.cases = 0;
            }
            Err(failure) => verdict.problem = Some(failure.explain()),
            Ok(()) => {
                let contradiction = refusals.contradiction(&verdict.model);
                verdict.problem = contradiction.map(|failure| failure.explain());
            }
        }
        verdict
    }
}

fn compare(verdict: &mut Verdict, on: Processor, cores: &Cores) -> Result<()> {
    let path = golden::path_of(&verdict.model);
    if verdict.model.exists() && !path.exists() {
        let remedy = format!(
            "put {} beside it",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        return Err(Failure::file(
            &verdict.model,
            "it has no golden file",
            remedy,
        ));
    }
    let golden = match path.exists() {
        true => Golden::open(&path),
        false => Ok(Golden::default()),
    };
    verdict.cases = golden.as_ref().map_or(0, |golden| golden.cases.len());
    // What the model is refused for matters more than what is wrong with its golden file.
    let network = cores.open(&verdict.model)?;
    let in_model = |failure: Failure| failure.in_file(&verdict.model);
    let mut machine = Machine::load(on, &network).map_err(in_model)?;
    let golden = golden?;
    verdict.weights = machine.weights();
    let graph = &network.program.graph;
    let mut problem = None;
    for (index, case) in golden.cases.into_iter().enumerate() {
        let name = if case.name.is_empty() {
            index.to_string()
        } else {
            case.name.clone()
        };
        let inputs = graph.inputs.iter().map(|&id| graph.tensor(id));
        let outputs = graph.outputs.iter().map(|&id| graph.tensor(id));
        if let Some(mismatch) = case.mismatch(inputs, outputs) {
            let message = format!("case `{}`: {mismatch}", page::name(&name, 60));
            problem.get_or_insert(Failure::file(
                &path,
                message,
                "make the golden file again from this model",
            ));
            continue;
        }
        let compared = difference(&network, &mut machine, name, case, golden.stateful);
        match compared.map_err(|failure| failure.in_file(&verdict.model))? {
            Some(difference) => verdict.differences.push(difference),
            None => verdict.exact += 1,
        }
        verdict.portable = machine.weights().map(|_| Portable::of(&network));
    }
    problem.map_or(Ok(()), Err)
}

/// Runs a case; where an output differs, runs it again to find the first layer that does, unless the network keeps a state that
/// a second run would change.
fn difference(
    network: &Network,
    machine: &mut Machine,
    name: String,
    case: Case,
    stateful: bool,
) -> Result<Option<CaseDifference>> {
    let graph = &network.program.graph;
    let inputs: Vec<Vec<u8>> = case
        .inputs
        .into_iter()
        .map(|contents| contents.data)
        .collect();
    let actual = machine.run(&inputs)?;
    let found = graph.outputs.iter().enumerate().find_map(|(index, &id)| {
        let difference =
            Difference::between(graph.tensor(id), &case.outputs[index].data, &actual[index])?;
        Some((index, difference))
    });
    let Some((output, difference)) = found else {
        return Ok(None);
    };
    let has_layers = !case.layers.is_empty() && !stateful;
    let layer = match has_layers {
        true => first_layer(network, machine, &inputs, &case.layers)?,
        false => None,
    };
    Ok(Some(CaseDifference {
        case: name,
        output,
        difference,
        layer,
        has_layers,
    }))
}

/// The first layer whose contents differ from the golden ones of the same name and size.
fn first_layer(
    network: &Network,
    machine: &mut Machine,
    inputs: &[Vec<u8>],
    layers: &[Contents],
) -> Result<Option<LayerDifference>> {
    let graph = &network.program.graph;
    let mut expected: HashMap<&str, VecDeque<&Contents>> = HashMap::new();
    for layer in layers {
        expected.entry(&layer.tensor).or_default().push_back(layer);
    }
    let mut first = None;
    machine.run_observed(inputs, |node, id, actual| {
        let tensor = graph.tensor(id);
        let layer = expected
            .get_mut(tensor.name.as_str())
            .and_then(VecDeque::pop_front);
        let comparable = layer.filter(|layer| first.is_none() && layer.mismatch(tensor).is_none());
        if let Some(difference) =
            comparable.and_then(|layer| Difference::between(tensor, &layer.data, actual))
        {
            let node = &graph.nodes[node];
            first = Some(LayerDifference {
                operator_number: node.number,
                operator: node.kind,
                difference,
            });
        }
    })?;
    Ok(first)
}
