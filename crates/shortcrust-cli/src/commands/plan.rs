//! `shortcrust plan`: who is where in the arena, and when.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use shortcrust_compiler::network::Network;

use crate::cost::Cost;
use crate::failure::Result;
use crate::files;
use crate::page::{FAINT, Page, STRONG, paint};
use crate::report::Report;
use crate::timeline::{Timeline, picture, terminal};

const EXAMPLES: &str = "\
Examples:
  shortcrust plan net.tflite
  shortcrust plan net.tflite --svg arena.svg
  shortcrust plan net.tflite --json | jq '.arena_bytes, .lower_bound_bytes'

Each line of the drawing is one step of a run, each colour a tensor, from the arena's first byte at the left \
to its last at the right. The lower bound is the most that is alive during one step.";

/// The network to plan.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The .tflite file
    model: PathBuf,
    /// Write the drawing as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// A network's arena over time.
#[derive(Serialize)]
pub struct PlanReport {
    model: PathBuf,
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    timeline: Timeline,
    #[serde(skip_serializing_if = "Option::is_none")]
    svg: Option<PathBuf>,
}

impl Arguments {
    /// Plans the network's memory, and writes the picture where one is wanted.
    pub fn run(&self) -> Result<PlanReport> {
        let network = Network::open(&self.model)?;
        let (cost, timeline) = (Cost::of(&network), Timeline::of(&network));
        if let Some(path) = &self.svg {
            let title = self.model.file_stem().unwrap_or_default().to_string_lossy();
            files::write(path, picture::draw(&timeline, &cost, &title).as_bytes())?;
        }
        Ok(PlanReport {
            model: self.model.clone(),
            cost,
            timeline,
            svg: self.svg.clone(),
        })
    }
}

impl Report for PlanReport {
    fn text(&self, page: &Page) -> String {
        let mut text = format!(
            "{}\n\n{}\n{}",
            paint(STRONG, self.model.display()),
            terminal::draw(&self.timeline, &self.cost, page),
            self.cost.text(page),
        );
        if let Some(path) = &self.svg {
            text += &paint(FAINT, format!("\n\n  picture  {}", path.display()));
        }
        text
    }
}
