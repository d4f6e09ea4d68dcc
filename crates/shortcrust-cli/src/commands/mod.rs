//! The commands, one a file: each makes a report.

pub mod demonstrate;
pub mod inspect;
pub mod operators;
pub mod plan;
pub mod profile;
pub mod run;
pub mod verify;
