//! `shortcrust verify`: networks against golden files, bit for bit.

mod compare;
mod find;
mod refusals;
mod report;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;

use self::compare::Verdict;
use self::find::find;
use self::refusals::Refusals;
use crate::chip::Portable;
use crate::cores::Cores;
use crate::failure::Result;
use crate::machine::Processor;
use crate::progress;

const EXAMPLES: &str = "\
Examples:
  shortcrust verify person_detect.tflite
  shortcrust verify models/ golden/ops/ --on host
  shortcrust verify models/ --cores 2
  shortcrust verify models/ --json | jq '.exact == .cases'
  shortcrust verify models/ --allow-refused                 models that are not supported are counted, not failures
  shortcrust verify models/ --allow-refused=refused.txt     the same, if they are exactly those of a list

NAME.golden.json beside NAME.tflite holds inputs, and the outputs of TFLite Micro's reference kernels. Folders are searched \
with their subfolders. On the simulated ESP32-S3, a kernel that reads what nobody wrote, reads or writes where it must not, \
or leaves its stack, is a failure, too. Outputs decide; where one differs and the file has layers, the first layer that differs is named.
The list of --allow-refused has a model's name, or the end of its path, on each line, without .tflite: `wild/net`. `net on esp32s3` \
(or host, or two-cores) means only there, as for a model that is too large for the chip. A refusal that is not listed is a failure, \
and so is a listed model that is accepted. # begins a comment.
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
    /// Models that are refused, or too large for the chip, are listed and are no failures; with a file, exactly those that it names
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    allow_refused: Option<Option<PathBuf>>,
}

/// What was compared, and what differs.
#[derive(Serialize)]
pub struct Verification {
    on: Processor,
    /// Golden cases.
    cases: usize,
    /// Cases whose outputs all equal the golden ones bit for bit.
    exact: usize,
    /// Models that are refused or too large, where that is allowed.
    refused: usize,
    /// What the chip has no machine code for; absent on this computer, and where nothing ran.
    #[serde(flatten)]
    portable: Option<Portable>,
    models: Vec<Verdict>,
    /// Models in the folders that have no golden file.
    without_golden: Vec<PathBuf>,
    /// The paths of the command line, with the range of `models` that each brought.
    #[serde(skip)]
    groups: Vec<(PathBuf, std::ops::Range<usize>)>,
}

impl Arguments {
    /// Verifies every model that the paths lead to.
    pub fn run(&self) -> Result<Verification> {
        let allowed = self.allow_refused.as_ref().map(Option::as_deref);
        let refusals = Refusals::of(allowed, self.on, self.cores.are_two())?;
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
                let verdict = Verdict::of(model, self.on, &self.cores, &refusals);
                bar.inc(1);
                verdict
            })
            .collect();
        bar.finish_and_clear();
        without_golden.sort();
        without_golden.dedup();
        let ran = verdicts
            .iter()
            .filter_map(|verdict| verdict.portable.clone());
        let mut ran = ran.peekable();
        Ok(Verification {
            on: self.on,
            cases: verdicts.iter().map(|verdict| verdict.cases).sum(),
            exact: verdicts.iter().map(|verdict| verdict.exact).sum(),
            refused: verdicts
                .iter()
                .filter(|verdict| verdict.refused.is_some())
                .count(),
            portable: ran.peek().is_some().then(|| ran.sum()),
            models: verdicts,
            without_golden,
            groups,
        })
    }
}
