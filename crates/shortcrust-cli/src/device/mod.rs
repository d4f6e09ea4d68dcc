//! A board at a serial port: finding it, talking to it, and what the simulated chip would have answered.

pub mod board;
pub mod labels;
pub mod port;
pub mod rival;
