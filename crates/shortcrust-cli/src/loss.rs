//! Numbers of a file that do not reach the network as they are.

use std::path::PathBuf;

use serde::Serialize;
use shortcrust_compiler::graph::{Element, Tensor};

use crate::page::{self, BAD, paint};
use crate::values::{Values, span};

/// Places of one kind that a sentence names.
const NAMED: usize = 8;

/// What happens to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is NaN, or infinite as a 32-bit float.
    NotFinite,
    /// It lies outside of what the input's type can hold, by more than one step.
    OutOfRange,
}

/// Numbers of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// The file that has them.
    pub file: PathBuf,
    /// What happens to them.
    pub kind: Kind,
    /// How many there are.
    pub values: usize,
    /// Of how many.
    pub of: usize,
    /// The first places of each different number, counted row by row.
    pub places: Vec<Places>,
    /// All of this as a sentence.
    pub message: String,
}

/// Where a number, or a kind of number, is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Places {
    /// `NaN`, `infinity`, `-infinity`, or the number.
    pub value: String,
    /// The first few places.
    pub first: Vec<usize>,
    /// How many there are.
    pub count: usize,
}

/// What is lost of numbers that become the elements of a tensor.
pub fn in_numbers(tensor: &Tensor, numbers: &[f32]) -> Vec<Loss> {
    let range = match tensor.element {
        Element::Float32 => None,
        element => tensor
            .per_tensor()
            .ok()
            .map(|quantisation| (span(element, quantisation), quantisation.0)),
    };
    let outside = |number: f32| {
        number.is_finite()
            && range.is_some_and(|((low, high), step)| {
                // The element nearest to an end is the end itself up to half a step beyond; scales that calibration finds
                // are up to one step short.
                number < low - 1.01 * step || number > high + 1.01 * step
            })
    };
    let consequence = match range {
        None => "what the reference makes of them is not defined",
        Some(_) => "as integers, NaN becomes 0 and infinity an end of the type's range",
    };
    let not_finite = loss(
        Kind::NotFinite,
        numbers,
        |number| !number.is_finite(),
        "not finite",
        consequence,
    );
    let ((low, high), _) = range.unwrap_or_default();
    let out_of_range = loss(
        Kind::OutOfRange,
        numbers,
        outside,
        &format!("outside of {low:.3} to {high:.3}, what the network's input can hold"),
        "the nearest end takes their place",
    );
    not_finite.into_iter().chain(out_of_range).collect()
}

/// What no network can compute with of a tensor's contents.
pub fn in_contents(tensor: &Tensor, contents: &[u8]) -> Vec<Loss> {
    match Values::decode(tensor.element, contents) {
        Values::Reals(numbers) => in_numbers(tensor, &numbers),
        Values::Integers(_) => Vec::new(),
    }
}

/// The numbers that are lost in one way: `what` they are, and the consequence.
fn loss(
    kind: Kind,
    numbers: &[f32],
    is_lost: impl Fn(f32) -> bool,
    what: &str,
    consequence: &str,
) -> Option<Loss> {
    let lost = numbers.iter().enumerate();
    let lost = lost.filter(|(_, number)| is_lost(**number));
    let mut places: Vec<Places> = Vec::new();
    let mut values = 0;
    for (index, &number) in lost {
        values += 1;
        let value = name(number);
        let known = places.iter().position(|places| places.value == value);
        match known {
            Some(known) => {
                let places = &mut places[known];
                places.count += 1;
                if places.first.len() < NAMED {
                    places.first.push(index);
                }
            }
            None if places.len() < NAMED => places.push(Places {
                value,
                first: vec![index],
                count: 1,
            }),
            None => {}
        }
    }
    if values == 0 {
        return None;
    }
    let named: usize = places.iter().map(|places| places.first.len()).sum();
    let mut texts: Vec<String> = places.iter().map(Places::text).collect();
    if named < values {
        texts.push(format!("{} more", page::count((values - named) as u64)));
    }
    let are = if values == 1 { "is" } else { "are" };
    Some(Loss {
        file: PathBuf::new(),
        kind,
        values,
        of: numbers.len(),
        message: format!(
            "{} of the {} {are} {what} ({}); {consequence}",
            page::count(values as u64),
            page::plural(numbers.len(), "number", "numbers"),
            texts.join(", ")
        ),
        places,
    })
}

/// A number as it is named: those that are not finite by their kind.
fn name(number: f32) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}infinity")
    } else {
        number.to_string()
    }
}

impl Places {
    /// `NaN at 0 and 6`.
    fn text(&self) -> String {
        let places: Vec<String> = self.first.iter().map(usize::to_string).collect();
        let places = match &places[..] {
            [others @ .., last] if !others.is_empty() => {
                format!("{} and {last}", others.join(", "))
            }
            places => places.concat(),
        };
        format!("{} at {places}", self.value)
    }
}

/// Losses as lines for people.
pub fn text(losses: &[Loss]) -> Vec<String> {
    let line = |loss: &Loss| {
        let mark = paint(BAD, "!");
        format!("{mark} {}: {}", loss.file.display(), loss.message)
    };
    losses.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use shortcrust_compiler::graph::Quantisation;

    use super::*;

    fn tensor(element: Element) -> Tensor {
        Tensor {
            name: "x".into(),
            shape: vec![1, 8],
            element,
            quantisation: Some(Quantisation {
                scales: vec![0.5],
                zero_points: vec![-128],
                axis: 0,
            }),
            data: None,
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_counted_with_their_places() {
        let nan = f32::NAN;
        let numbers = [nan, -f32::INFINITY, 0.0, 0.5, 1.0, 2.0, -nan, 4.0];
        for element in [Element::Int8, Element::Float32] {
            let [loss] = &in_numbers(&tensor(element), &numbers)[..] else {
                panic!("one kind of loss")
            };
            assert_eq!((loss.kind, loss.values, loss.of), (Kind::NotFinite, 3, 8));
            let message = &loss.message;
            assert!(
                message.contains("3 of the 8 numbers are not finite"),
                "{message}"
            );
            assert!(
                message.contains("(NaN at 0 and 6, -infinity at 1)"),
                "{message}"
            );
        }
    }

    #[test]
    fn numbers_beyond_an_integer_input_are_counted() {
        // 0 to 127.5 in steps of 0.5.
        let numbers = [-0.5, -1.0, 0.0, 127.5, 128.0, 129.0, 1e9, 129.0];
        let [loss] = &in_numbers(&tensor(Element::Int8), &numbers)[..] else {
            panic!("one kind of loss")
        };
        assert_eq!((loss.kind, loss.values), (Kind::OutOfRange, 4));
        assert!(loss.message.contains("129 at 5 and 7"), "{loss:?}");
        assert!(loss.message.contains("0.000 to 127.500"), "{loss:?}");
        assert!(in_numbers(&tensor(Element::Float32), &numbers).is_empty());
    }

    #[test]
    fn of_many_places_the_first_are_named() {
        let loss = &in_numbers(&tensor(Element::Float32), &[f32::NAN; 100])[0];
        assert_eq!(loss.values, 100);
        assert_eq!(loss.places[0].first.len(), NAMED);
        assert!(loss.message.contains("6 and 7, 92 more)"), "{loss:?}");
    }
}
