//! The result of a verification, for people.

use std::ops::Range;
use std::path::PathBuf;

use super::Verification;
use super::compare::Verdict;
use crate::chip::Weights;
use crate::page::{self, BAD, FAINT, GOOD, Page, paint};
use crate::report::Report;

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
        let mut lines = self.groups();
        for verdict in self
            .models
            .iter()
            .filter(|verdict| verdict.problem.is_some() || !verdict.differences.is_empty())
        {
            lines.push(String::new());
            lines.push(verdict.text());
        }
        lines.extend(self.unjudged());
        if self.cases == 0 {
            let reason = match self.refused {
                0 => "put NAME.golden.json beside NAME.tflite",
                _ => "no model is accepted and has a golden file",
            };
            lines.push(format!("\nNothing was verified: {reason}."));
        }
        lines.extend(self.chip());
        format!("{}\n\n{}", lines.join("\n"), self.total())
    }
}

impl Verification {
    /// A line for each path of the command line.
    fn groups(&self) -> Vec<String> {
        let groups = self.groups.iter().filter(|(_, range)| !range.is_empty());
        let line = |(path, range): &(PathBuf, Range<usize>)| {
            let models = &self.models[range.clone()];
            let cases: usize = models.iter().map(|verdict| verdict.cases).sum();
            let exact: usize = models.iter().map(|verdict| verdict.exact).sum();
            let good = cases > 0
                && exact == cases
                && models.iter().all(|verdict| verdict.problem.is_none());
            let refused = models.iter().filter(|verdict| verdict.refused.is_some());
            let refused = match refused.count() {
                0 => String::new(),
                refused => format!(", {} refused or too large", page::count(refused as u64)),
            };
            let models = page::plural(models.len(), "model", "models");
            let cases = page::plural(cases, "case", "cases");
            format!(
                "{} {}  {}",
                mark(good),
                path.display(),
                paint(FAINT, format!("{models}, {cases}{refused}"))
            )
        };
        groups.map(line).collect()
    }

    /// The models that are refused with the reasons, and those without a golden file.
    fn unjudged(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.refused > 0 {
            let number = page::plural(self.refused, "model is", "models are");
            lines.push(format!(
                "\n{number} refused or too large, which is allowed:"
            ));
            let refused = self
                .models
                .iter()
                .filter_map(|verdict| verdict.refused.as_ref());
            lines.extend(refused.map(|refusal| format!("  {}", refusal.message)));
        }
        if !self.without_golden.is_empty() {
            let number = page::plural(self.without_golden.len(), "model has", "models have");
            lines.push(format!("\n{number} no golden file:"));
            let paths = self.without_golden.iter();
            lines.extend(paths.map(|path| format!("  {}", path.display())));
        }
        lines
    }

    /// What ran on the chip without machine code, and what had its weights in flash; nothing where nothing ran there.
    fn chip(&self) -> Vec<String> {
        let Some(portable) = &self.portable else {
            return Vec::new();
        };
        let place = self.on.description();
        let mut lines = vec![
            String::new(),
            paint(FAINT, format!("on {place}, {}", portable.text())),
        ];
        let in_flash = |verdict: &&Verdict| verdict.weights == Some(Weights::Flash);
        let number = self.models.iter().filter(in_flash).count();
        if number > 0 {
            let models = page::plural(number, "model", "models");
            let note = format!("{models} with weights in flash because they do not fit in RAM");
            lines.push(paint(FAINT, note));
        }
        lines
    }

    /// The last line.
    fn total(&self) -> String {
        let others = [
            (self.unverified(), "not verified"),
            (self.refused, "refused or too large"),
        ];
        let others: String = others
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!(", {} {what}", page::plural(number, "model", "models")))
            .collect();
        let style = if self.succeeded() { GOOD } else { BAD };
        let (exact, cases) = (self.exact, self.cases);
        paint(style, format!("{exact} of {cases} cases bit-exact{others}"))
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
