//! The network of the demonstration, and what its scores mean.

use core::fmt;

use crate::Network;

/// Sees whether a picture of 96x96 grey pixels shows a person.
#[cfg_attr(
    not(feature = "dual-core"),
    shortcrust::model("../../models/person_detect.tflite", ram = "54K")
)]
#[cfg_attr(
    feature = "dual-core",
    shortcrust::model("../../models/person_detect.tflite", ram = "59K", cores = 2)
)]
pub struct PersonDetect;

impl Network for PersonDetect {
    const NAME: &'static str = "person_detect";

    fn input_bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self.input_mut())
    }

    fn output_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self.output())
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
