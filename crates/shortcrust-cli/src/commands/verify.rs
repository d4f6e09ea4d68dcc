//! `shortcrust verify`: networks against golden files, bit for bit.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use shortcrust_compiler::network::Network;
use walkdir::WalkDir;

use crate::chip::{Portable, Weights};
use crate::cores::Cores;
use crate::difference::Difference;
use crate::failure::{Failure, Result};
use crate::golden::{self, Case, Contents, Golden};
use crate::machine::{Machine, Processor};
use crate::page::{self, BAD, FAINT, GOOD, Page, paint};
use crate::report::Report;
use crate::{files, progress};

const EXAMPLES: &str = "\
Examples:
  shortcrust verify person_detect.tflite
  shortcrust verify models/ golden/ops/ --on host
  shortcrust verify models/ --cores 2
  shortcrust verify models/ --json | jq '.exact == .cases'

NAME.golden.json beside NAME.tflite holds inputs, and the outputs of TFLite Micro's reference kernels. Folders are searched \
with their subfolders. On the simulated ESP32-S3, a kernel that reads what nobody wrote, reads or writes where it must not, \
or leaves its stack, is a failure, too. Outputs decide; where one differs and the file has layers, the first layer that differs is named.
Exit code 0 only if every case is bit-exact, and there is at least one.";

/// What to verify.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// .tflite files with their .golden.json beside them, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where the networks run
    #[arg(long, value_enum, default_value_t)]
    on: Processor,
    #[command(flatten)]
    cores: Cores,
}

/// What was compared, and what differs.
#[derive(Serialize)]
pub struct Verification {
    on: Processor,
    /// Golden cases.
    cases: usize,
    /// Cases whose outputs all equal the golden ones bit for bit.
    exact: usize,
    /// What the chip has no machine code for; absent on this computer.
    #[serde(flatten)]
    portable: Option<Portable>,
    models: Vec<Verdict>,
    /// Models in the folders that have no golden file.
    without_golden: Vec<PathBuf>,
    /// The paths of the command line, with the range of `models` that each brought.
    #[serde(skip)]
    groups: Vec<(PathBuf, std::ops::Range<usize>)>,
}

/// The result of one model.
#[derive(Serialize)]
struct Verdict {
    model: PathBuf,
    cases: usize,
    exact: usize,
    /// Where the chip has the weights; absent on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Weights>,
    /// What the chip has no machine code for; absent on this computer.
    #[serde(flatten)]
    portable: Option<Portable>,
    /// Why the model could not be verified, or the first case could not.
    problem: Option<Problem>,
    differences: Vec<CaseDifference>,
}

/// What kept a model from being verified.
#[derive(Serialize)]
struct Problem {
    message: String,
    remedy: String,
}

/// A case that is not bit-exact.
#[derive(Serialize)]
struct CaseDifference {
    case: String,
    /// The number of the first output that differs.
    output: usize,
    #[serde(flatten)]
    difference: Difference,
    /// The first layer that differs, where the golden file has layers.
    layer: Option<LayerDifference>,
    /// Whether the golden file has this case's layers.
    has_layers: bool,
}

/// A layer that is not bit-exact.
#[derive(Serialize)]
struct LayerDifference {
    operator_number: usize,
    operator: &'static str,
    #[serde(flatten)]
    difference: Difference,
}

impl Arguments {
    /// Verifies every model that the paths lead to.
    pub fn run(&self) -> Result<Verification> {
        let mut models = BTreeSet::new();
        let mut without_golden = Vec::new();
        let mut groups = Vec::new();
        let mut queue = Vec::new();
        for path in &self.paths {
            let found = find(path)?;
            let start = queue.len();
            queue.extend(
                found
                    .verifiable
                    .into_iter()
                    .filter(|model| models.insert(model.clone())),
            );
            without_golden.extend(found.without_golden);
            groups.push((path.clone(), start..queue.len()));
        }
        let bar = progress::bar(queue.len());
        let verdicts: Vec<Verdict> = queue
            .into_par_iter()
            .map(|model| {
                bar.set_message(model.display().to_string());
                let verdict = verify(model, self.on, &self.cores);
                bar.inc(1);
                verdict
            })
            .collect();
        bar.finish_and_clear();
        without_golden.sort();
        without_golden.dedup();
        Ok(Verification {
            on: self.on,
            cases: verdicts.iter().map(|verdict| verdict.cases).sum(),
            exact: verdicts.iter().map(|verdict| verdict.exact).sum(),
            portable: (self.on == Processor::Esp32S3)
                .then(|| verdicts.iter().filter_map(|verdict| verdict.portable).sum()),
            models: verdicts,
            without_golden,
            groups,
        })
    }
}

/// The models that a path leads to.
#[derive(Default)]
struct Found {
    /// Models that have a golden file, are named by one, or are named on the command line.
    verifiable: Vec<PathBuf>,
    /// Models in a folder that have none.
    without_golden: Vec<PathBuf>,
}

fn find(path: &Path) -> Result<Found> {
    if let Err(error) = path.metadata() {
        return Err(files::unreadable(path, &error));
    }
    if !path.is_dir() {
        let model = golden::model_of(path).unwrap_or_else(|| path.to_owned());
        return Ok(Found {
            verifiable: vec![model],
            without_golden: Vec::new(),
        });
    }
    let mut found = Found::default();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let place = error.path().unwrap_or(path);
            Failure::file(
                place,
                format!("the folder cannot be read: {error}"),
                "check the path and its permissions",
            )
        })?;
        let file = entry.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "tflite")
        {
            match golden::path_of(file).exists() {
                true => found.verifiable.push(file.to_owned()),
                false => found.without_golden.push(file.to_owned()),
            }
        } else if let Some(model) = golden::model_of(file).filter(|model| !model.exists()) {
            found.verifiable.push(model);
        }
    }
    if found.verifiable.is_empty() && found.without_golden.is_empty() {
        return Err(Failure::file(
            path,
            "there is no .tflite file in this folder",
            "name a model or a folder of models",
        ));
    }
    Ok(found)
}

/// Verifies a model; what keeps it from being verified becomes part of the verdict, so that the others go on.
fn verify(model: PathBuf, on: Processor, cores: &Cores) -> Verdict {
    let mut verdict = Verdict {
        model,
        cases: 0,
        exact: 0,
        weights: None,
        portable: None,
        problem: None,
        differences: Vec::new(),
    };
    if let Err(failure) = compare(&mut verdict, on, cores) {
        verdict.problem = Some(Problem {
            message: failure.to_string(),
            remedy: failure.remedy().to_owned(),
        });
    }
    verdict
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
        true => Golden::open(&path)?,
        false => Golden { cases: Vec::new() },
    };
    verdict.cases = golden.cases.len();
    let network = cores.open(&verdict.model)?;
    let graph = &network.program.graph;
    let mut machine = Machine::load(on, &network)?;
    verdict.weights = machine.weights();
    verdict.portable = machine.weights().map(|_| Portable::of(&network));
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
        match difference(&network, &mut machine, name, case)? {
            Some(difference) => verdict.differences.push(difference),
            None => verdict.exact += 1,
        }
    }
    problem.map_or(Ok(()), Err)
}

/// Runs a case; where an output differs, runs it again to find the first layer that does.
fn difference(
    network: &Network,
    machine: &mut Machine,
    name: String,
    case: Case,
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
    let has_layers = !case.layers.is_empty();
    let layer = first_layer(network, machine, &inputs, &case.layers)?;
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

impl Verification {
    /// Models that have no verdict on all of their cases.
    fn unverified(&self) -> usize {
        self.models
            .iter()
            .filter(|verdict| verdict.problem.is_some())
            .count()
    }

    fn succeeded(&self) -> bool {
        self.cases > 0 && self.exact == self.cases && self.unverified() == 0
    }
}

impl Report for Verification {
    fn status(&self) -> u8 {
        u8::from(!self.succeeded())
    }

    fn text(&self, _: &Page) -> String {
        let mut lines = Vec::new();
        for (path, range) in self.groups.iter().filter(|(_, range)| !range.is_empty()) {
            let models = &self.models[range.clone()];
            let cases: usize = models.iter().map(|verdict| verdict.cases).sum();
            let exact: usize = models.iter().map(|verdict| verdict.exact).sum();
            let good = exact == cases && models.iter().all(|verdict| verdict.problem.is_none());
            let models = page::plural(models.len(), "model", "models");
            let cases = page::plural(cases, "case", "cases");
            lines.push(format!(
                "{} {}  {}",
                mark(good),
                path.display(),
                paint(FAINT, format!("{models}, {cases}"))
            ));
        }
        for verdict in self
            .models
            .iter()
            .filter(|verdict| verdict.problem.is_some() || !verdict.differences.is_empty())
        {
            lines.push(String::new());
            lines.push(verdict.text());
        }
        if !self.without_golden.is_empty() {
            let number = page::plural(self.without_golden.len(), "model has", "models have");
            lines.push(format!("\n{number} no golden file:"));
            lines.extend(
                self.without_golden
                    .iter()
                    .map(|path| format!("  {}", path.display())),
            );
        }
        if self.cases == 0 {
            lines.push(
                "\nNothing was verified: put NAME.golden.json beside NAME.tflite.".to_owned(),
            );
        }
        let unverified = match self.unverified() {
            0 => String::new(),
            number => format!(", {} not verified", page::plural(number, "model", "models")),
        };
        let style = if self.succeeded() { GOOD } else { BAD };
        let total = paint(
            style,
            format!(
                "{} of {} cases bit-exact{unverified}",
                self.exact, self.cases
            ),
        );
        if let Some(portable) = self.portable {
            lines.push(String::new());
            let place = self.on.description();
            lines.push(paint(FAINT, format!("on {place}, {}", portable.text())));
            let in_flash = |verdict: &&Verdict| verdict.weights == Some(Weights::Flash);
            let number = self.models.iter().filter(in_flash).count();
            if number > 0 {
                let models = page::plural(number, "model", "models");
                let note = format!("{models} with weights in flash because they do not fit in RAM");
                lines.push(paint(FAINT, note));
            }
        }
        format!("{}\n\n{total}", lines.join("\n"))
    }
}

impl Verdict {
    fn text(&self) -> String {
        let exact = format!(
            "{} of {}",
            self.exact,
            page::plural(self.cases, "case", "cases")
        );
        let mut lines = vec![format!(
            "{} {}  {}",
            mark(false),
            self.model.display(),
            paint(FAINT, exact)
        )];
        if let Some(problem) = &self.problem {
            lines.push(format!("    {}", problem.message));
            lines.push(format!("    help: {}", problem.remedy));
        }
        for difference in &self.differences {
            let (case, output) = (page::name(&difference.case, 40), difference.output);
            lines.push(format!(
                "    case {case}: output {output} {}",
                difference.difference.text()
            ));
            if let Some(layer) = &difference.layer {
                let operator = format!("operator {} {}", layer.operator_number, layer.operator);
                lines.push(format!(
                    "      first layer that differs: {operator} {}",
                    layer.difference.text()
                ));
            } else if difference.has_layers {
                lines.push(
                    "      every layer of the golden file that the compiled network has agrees"
                        .to_owned(),
                );
            }
        }
        lines.join("\n")
    }
}

fn mark(good: bool) -> String {
    if good {
        paint(GOOD, "✓")
    } else {
        paint(BAD, "✗")
    }
}
