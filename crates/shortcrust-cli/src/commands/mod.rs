//! The commands, one a file: each makes a report.

pub mod asm;
pub mod demonstrate;
pub mod device;
pub mod disasm;
pub mod fit;
pub mod inspect;
pub mod new;
pub mod operators;
pub mod plan;
pub mod profile;
pub mod run;
pub mod sim;
pub mod verify;
