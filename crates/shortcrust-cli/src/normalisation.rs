//! What the pixels of a picture stand for in a network's input.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde::Serialize;
use shortcrust_compiler::graph::{Element, Graph, Tensor, TensorId};

use crate::values;

/// What real number a pixel of 0 to 255 stands for, before the input's scale and zero point make it an integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// `unit`, `signed` or `pixels`, as the network states which real numbers its input takes; else an error
    #[default]
    Auto,
    /// The pixels fill the input's type: pixel - 128 for int8, the pixel itself for uint8
    Range,
    /// pixel / 255, in 0..1
    Unit,
    /// pixel / 127.5 - 1, in -1..1
    Signed,
    /// The pixel, in 0..255
    Pixels,
}

/// The usual normalisations with the lowest and the highest real number of each.
const USUAL: [(Normalisation, f32, f32); 3] = [
    (Normalisation::Unit, 0.0, 1.0),
    (Normalisation::Signed, -1.0, 1.0),
    (Normalisation::Pixels, 0.0, 255.0),
];

/// Who states an 8-bit input's real numbers.
const ITSELF: &str = "the input's quantisation";

/// Operators whose outputs hold elements of their inputs, and nothing else but zeros.
const MOVING: [&str; 15] = [
    "BATCH_TO_SPACE_ND",
    "CONCATENATION",
    "DEPTH_TO_SPACE",
    "EXPAND_DIMS",
    "GATHER",
    "PACK",
    "PAD",
    "RESHAPE",
    "SLICE",
    "SPACE_TO_DEPTH",
    "SPLIT",
    "SPLIT_V",
    "SQUEEZE",
    "STRIDED_SLICE",
    "TRANSPOSE",
];

/// The real numbers that an input takes, and who says so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stated {
    /// The lowest one.
    pub low: f32,
    /// The highest one.
    pub high: f32,
    /// The distance from one to the next.
    #[serde(skip)]
    step: f32,
    /// `the input's quantisation`, or an operator.
    pub by: String,
}

impl Stated {
    /// What an 8-bit tensor's scale and zero point state; `None` for another type, or without them.
    fn of(tensor: &Tensor, by: String) -> Option<Self> {
        if !matches!(tensor.element, Element::Int8 | Element::UInt8) {
            return None;
        }
        let quantisation = tensor.per_tensor().ok()?;
        let (low, high) = values::span(tensor.element, quantisation);
        Some(Self {
            low,
            high,
            step: quantisation.0,
            by,
        })
    }

    /// The normalisation that these numbers come from.
    ///
    /// A converter takes the range from a representative data set (`low` and `high` of TensorFlow Lite's calibration, widened to
    /// hold zero) and moves the zero point to a whole step, so an end is up to one step off; and pictures need not hold the
    /// darkest and the brightest pixel, so an end may lie short of the normalisation's, which saturates what is beyond. An end
    /// that is not even half way there belongs to something else, such as -0.5..0.5.
    fn normalisation(&self) -> Option<Normalisation> {
        let tolerance = self.tolerance();
        let reaches = |end: f32, wanted: f32| {
            let (end, wanted) = (end * wanted.signum(), wanted.abs());
            let far_enough = match wanted > 0.0 {
                true => end > wanted / 2.0 + tolerance,
                false => end >= -tolerance,
            };
            far_enough && end <= wanted + tolerance
        };
        let mut usual = USUAL.iter();
        usual
            .find(|(_, low, high)| reaches(self.low, *low) && reaches(self.high, *high))
            .map(|(normalisation, ..)| *normalisation)
    }

    /// Whether both ends are those of a usual normalisation, so that each pixel is a step of its own.
    fn is_whole(&self) -> bool {
        let near = |end: f32, wanted: f32| (end - wanted).abs() <= self.tolerance();
        let mut usual = USUAL.iter();
        usual.any(|(_, low, high)| near(self.low, *low) && near(self.high, *high))
    }

    /// One step, and what 32-bit arithmetic adds.
    fn tolerance(&self) -> f32 {
        1.01 * self.step
    }

    fn text(&self) -> String {
        format!("{} states {:.3} to {:.3}", self.by, self.low, self.high)
    }
}

/// What pixels stand for in an input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pixels {
    /// The input's name.
    pub input: String,
    /// What it is; never [`Normalisation::Auto`].
    pub normalise: Normalisation,
    /// What that is derived from; absent where it was asked for.
    pub derived_from: Option<Stated>,
}

impl Pixels {
    /// Finds out what pixels stand for in an input of a network, unless that is asked for.
    ///
    /// # Errors
    /// The problem, where it cannot be known.
    pub fn of(
        graph: &Graph,
        input: TensorId,
        asked: Normalisation,
    ) -> std::result::Result<Self, String> {
        let tensor = graph.tensor(input);
        let pixels = |normalise, derived_from| Self {
            input: tensor.name.clone(),
            normalise,
            derived_from,
        };
        match asked {
            Normalisation::Range if !matches!(tensor.element, Element::Int8 | Element::UInt8) => {
                Err("pixels fill the range of an input of 8-bit integers only".to_owned())
            }
            Normalisation::Auto => {
                let (normalise, stated) = derive(&stated(graph, input))?;
                Ok(pixels(normalise, Some(stated)))
            }
            asked => Ok(pixels(asked, None)),
        }
    }

    /// The bytes of an input's element for each of the 256 values of a pixel.
    ///
    /// # Errors
    /// The problem, where the input has no scale.
    pub fn elements(&self, tensor: &Tensor) -> std::result::Result<Vec<Vec<u8>>, String> {
        let element = tensor.element;
        let quantisation = match element {
            Element::Float32 => (1.0, 0),
            _ => tensor.per_tensor().map_err(|error| error.to_string())?,
        };
        let element_of = |pixel: u8| {
            let real = f32::from(pixel);
            match self.normalise {
                Normalisation::Unit => values::quantise(real / 255.0, element, quantisation),
                Normalisation::Signed => {
                    values::quantise(real / 127.5 - 1.0, element, quantisation)
                }
                Normalisation::Pixels => values::quantise(real, element, quantisation),
                _ if element == Element::UInt8 => vec![pixel],
                _ => vec![pixel.wrapping_sub(128)],
            }
        };
        Ok((0..=255).map(element_of).collect())
    }

    /// What was derived, as a sentence; `None` where nothing was.
    pub fn text(&self) -> Option<String> {
        let what = match self.normalise {
            Normalisation::Unit => "pixel / 255",
            Normalisation::Signed => "pixel / 127.5 - 1",
            Normalisation::Pixels => "they are, 0 to 255",
            Normalisation::Range | Normalisation::Auto => "the whole range of the input's type",
        };
        let stated = self.derived_from.as_ref()?;
        Some(format!("pixels are fed as {what}, since {}", stated.text()))
    }
}

/// The normalisation that all statements about an input agree on, with the first of them.
fn derive(stated: &[Stated]) -> std::result::Result<(Normalisation, Stated), String> {
    let unknown = |why: &str| {
        let texts: Vec<String> = stated.iter().map(Stated::text).collect();
        format!(
            "what a pixel stands for is not known: {}{why}",
            texts.join(", ")
        )
    };
    let Some(first) = stated.first() else {
        return Err(unknown(
            "no scale and no QUANTIZE states which real numbers the network's input takes",
        ));
    };
    let Some(normalisation) = first.normalisation() else {
        return Err(unknown(", which is none of 0 to 1, -1 to 1 and 0 to 255"));
    };
    let agrees = |other: &Stated| other.normalisation() == Some(normalisation);
    if !stated.iter().all(agrees) {
        return Err(unknown(", which are different normalisations"));
    }
    let fills = first.by == ITSELF && first.is_whole();
    Ok(match fills {
        true => (Normalisation::Range, first.clone()),
        false => (normalisation, first.clone()),
    })
}

/// What a network says of the real numbers of its input: an 8-bit input itself, otherwise each QUANTIZE that the input reaches
/// through operators that only move data.
fn stated(graph: &Graph, input: TensorId) -> Vec<Stated> {
    if let Some(stated) = Stated::of(graph.tensor(input), ITSELF.to_owned()) {
        return vec![stated];
    }
    let mut reached = BTreeSet::from([input]);
    let mut found = Vec::new();
    for node in &graph.nodes {
        let mut operands = node.inputs.iter().flatten();
        if !operands.any(|operand| reached.contains(operand)) {
            continue;
        }
        if node.kind == "QUANTIZE" {
            let by = format!("operator {} (QUANTIZE)", node.number);
            let outputs = node.outputs.iter().map(|&output| graph.tensor(output));
            found.extend(outputs.filter_map(|output| Stated::of(output, by.clone())));
        } else if MOVING.contains(&node.kind) {
            reached.extend(&node.outputs);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use shortcrust_compiler::graph::{Node, Quantisation};

    use super::*;

    fn tensor(element: Element, scale: f32, zero_point: i32) -> Tensor {
        Tensor {
            name: "x".into(),
            shape: vec![1, 2, 2, 1],
            element,
            quantisation: Some(Quantisation {
                scales: vec![scale],
                zero_points: vec![zero_point],
                axis: 0,
            }),
            data: None,
        }
    }

    /// Tensor 0 is the input; each operator has a kind, its operands, and an output.
    fn graph(input: Tensor, operators: &[(&'static str, &[usize], Tensor)]) -> Graph {
        let mut tensors = vec![input];
        let mut nodes = Vec::new();
        for (number, (kind, operands, output)) in operators.iter().enumerate() {
            tensors.push(output.clone());
            nodes.push(Node {
                number,
                kind,
                inputs: operands.iter().map(|&id| Some(TensorId(id))).collect(),
                outputs: vec![TensorId(number + 1)],
                options: Default::default(),
                folded_padding: Default::default(),
            });
        }
        let mut graph = bundled();
        (graph.tensors, graph.nodes) = (tensors, nodes);
        graph.inputs = vec![TensorId(0)];
        graph
    }

    /// Some graph, to be filled with another network.
    fn bundled() -> Graph {
        let sine = include_bytes!("../../../models/sine.tflite");
        shortcrust_compiler::tflite::read(sine).unwrap()
    }

    fn derived(graph: &Graph) -> std::result::Result<Normalisation, String> {
        Pixels::of(graph, TensorId(0), Normalisation::Auto).map(|pixels| pixels.normalise)
    }

    fn float() -> Tensor {
        Tensor {
            quantisation: None,
            ..tensor(Element::Float32, 1.0, 0)
        }
    }

    /// What a float32 input with a QUANTIZE of some range behind it takes.
    fn of_range(low: f32, high: f32) -> std::result::Result<Normalisation, String> {
        let scale = (high - low) / 255.0;
        let zero_point = (-128.0 - low / scale).round() as i32;
        let quantised = tensor(Element::Int8, scale, zero_point);
        derived(&graph(float(), &[("QUANTIZE", &[0], quantised)]))
    }

    #[test]
    fn ranges_that_calibration_finds_are_recognised() {
        use Normalisation::{Pixels, Signed, Unit};
        for (low, high, normalisation) in [
            (0.0, 255.0, Pixels),
            (0.0, 251.0, Pixels),
            (0.0, 237.0, Pixels),
            (0.0, 150.0, Pixels),
            (0.0, 1.0, Unit),
            (0.0, 0.93, Unit),
            (-1.0, 1.0, Signed),
            (-1.0, 0.992, Signed),
            (-0.9, 0.7, Signed),
        ] {
            assert_eq!(of_range(low, high), Ok(normalisation), "{low} to {high}");
        }
    }

    #[test]
    fn other_ranges_are_not_guessed() {
        for (low, high) in [
            (0.0, 0.4),
            (0.0, 2.0),
            (0.0, 6.0),
            (0.0, 100.0),
            (0.0, 300.0),
            (-0.5, 0.5),
            (-1.0, 0.0),
            (-0.1, 1.0),
            (-2.118, 2.64),
            (-128.0, 127.0),
            (-255.0, 255.0),
        ] {
            let problem = of_range(low, high).unwrap_err();
            assert!(problem.contains("operator 0 (QUANTIZE)"), "{problem}");
        }
    }

    #[test]
    fn integers_that_pixels_fill_are_filled() {
        let of =
            |element, scale, zero_point| derived(&graph(tensor(element, scale, zero_point), &[]));
        assert_eq!(
            of(Element::Int8, 1.0 / 255.0, -128),
            Ok(Normalisation::Range)
        );
        assert_eq!(of(Element::Int8, 2.0 / 255.0, -1), Ok(Normalisation::Range));
        assert_eq!(of(Element::UInt8, 1.0, 0), Ok(Normalisation::Range));
        // The same rule as for floats: a representative data set without the brightest pixel.
        assert_eq!(
            of(Element::Int8, 237.0 / 255.0, -128),
            Ok(Normalisation::Pixels)
        );
        assert_eq!(of(Element::UInt8, 0.9 / 255.0, 0), Ok(Normalisation::Unit));
        assert!(of(Element::Int8, 0.02, -4).is_err());
    }

    #[test]
    fn quantize_is_found_behind_data_that_is_moved() {
        let quantised = |scale| tensor(Element::Int8, scale, -128);
        let unit = quantised(1.0 / 255.0);
        let moved = graph(
            float(),
            &[
                ("RESHAPE", &[0], float()),
                ("TRANSPOSE", &[1], float()),
                ("CONCATENATION", &[2, 2], float()),
                ("QUANTIZE", &[3], unit.clone()),
                ("QUANTIZE", &[0], unit.clone()),
            ],
        );
        assert_eq!(derived(&moved), Ok(Normalisation::Unit));

        let computed = graph(
            float(),
            &[("EXP", &[0], float()), ("QUANTIZE", &[1], unit.clone())],
        );
        let problem = derived(&computed).unwrap_err();
        assert!(problem.contains("no QUANTIZE states"), "{problem}");

        let two = [
            ("QUANTIZE", &[0][..], unit),
            ("QUANTIZE", &[0], quantised(1.0)),
        ];
        let problem = derived(&graph(float(), &two)).unwrap_err();
        assert!(problem.contains("different normalisations"), "{problem}");
    }
}
