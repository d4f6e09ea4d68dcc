//! The network that the firmware runs, and what its scores mean.

use core::fmt;

use shortcrust::Model;

/// Sees whether a picture of 96x96 grey pixels shows a person.
#[shortcrust::model("../../models/person_detect.tflite", ram = "54K")]
pub struct PersonDetect;

/// A network whose input and output the firmware can fill and read without knowing their shapes.
pub trait Network: Model {
    /// The name that a host is told.
    const NAME: &'static str;

    /// The input's elements, in the order of its shape. A run uses their storage again.
    fn input_mut(&mut self) -> &mut [i8];

    /// The output's elements.
    fn output(&self) -> &[i8];
}

impl Network for PersonDetect {
    const NAME: &'static str = "person_detect";

    fn input_mut(&mut self) -> &mut [i8] {
        Self::input_mut(self)
    }

    fn output(&self) -> &[i8] {
        Self::output(self)
    }
}

/// What [`PersonDetect`] says of a picture: its two scores, int8 with the scale and zero point of its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scores {
    /// For a picture without a person.
    pub no_person: i8,
    /// For a picture with one.
    pub person: i8,
}

impl Scores {
    /// The scores of the latest run.
    pub fn of(net: &PersonDetect) -> Self {
        let [[no_person, person]] = net.output().0;
        Self { no_person, person }
    }

    /// Whether the network sees a person.
    pub fn sees_person(self) -> bool {
        self.person > self.no_person
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let verdict = match self.sees_person() {
            true => "person",
            false => "no person",
        };
        write!(
            formatter,
            "no person {:>4}  person {:>4}  {verdict}",
            self.no_person, self.person
        )
    }
}
