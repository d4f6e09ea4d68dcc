//! A board that runs the firmware's `serve`.

use std::time::Duration;

use clap::Args;
use serialport::SerialPort;
use shortcrust_protocol::Measured;
use shortcrust_protocol::client::{Client, ClientError, Device};

use super::port::Connection;
use crate::failure::{Failure, Result};
use crate::progress;

/// How a board that serves is reached.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Milliseconds until a request that is not answered is sent again
    #[arg(long, default_value_t = 500, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    patience: u64,
}

/// A connected board.
pub struct Board {
    client: Client<Box<dyn SerialPort>>,
    /// The port that it is at.
    pub port: String,
    /// What it says of itself.
    pub device: Device,
}

impl Arguments {
    /// Finds the board and asks what it is.
    pub fn connect(&self) -> Result<Board> {
        let patience = Duration::from_millis(self.patience);
        // A read must return now and then, so that the client can ask again.
        let wait = patience.min(Duration::from_millis(20));
        let (port, serial) = self.connection.open(wait)?;
        let mut client = Client::new(serial).with_patience(patience);
        let device = client.describe().map_err(|error| failure(&port, &error))?;
        Ok(Board {
            client,
            port,
            device,
        })
    }
}

impl Board {
    /// Sends an input and returns the output, with what the run cost.
    pub fn run(&mut self, input: &[u8]) -> Result<(Vec<u8>, Measured)> {
        let bar = progress::bar(input.len());
        bar.set_message("bytes sent");
        let answer = self
            .client
            .run(&self.device, input, |sent| bar.set_position(sent as u64));
        bar.finish_and_clear();
        answer.map_err(|error| failure(&self.port, &error))
    }
}

/// What an error of the line means.
fn failure(port: &str, error: &ClientError) -> Failure {
    let remedy = match error {
        ClientError::NoAnswer => {
            "flash the firmware that serves (cargo run --release --bin serve, in firmware/), and close its serial monitor"
        }
        ClientError::Disconnected | ClientError::Port(_) => {
            "check the cable; see whether the board is still there: shortcrust device list"
        }
        ClientError::Version(_) | ClientError::Refused(_) => {
            "flash the firmware of this version: cargo run --release --bin serve, in firmware/"
        }
        ClientError::Unexpected => "reset the board and try again",
        ClientError::InputSize { .. } => "give the model that the board runs: --model FILE",
    };
    Failure::request(format!("{port}: {error}"), remedy)
}
