//! Serial ports, and which of them a board is at.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serialport::{SerialPortInfo, SerialPortType};

use crate::failure::{Failure, Result};

/// What to try when there is no board.
const NO_BOARD: &str = "connect a board with a USB cable that carries data; on Linux, be a member of the group that owns the port \
(dialout or uucp); on Windows, install the driver of the board's USB bridge; if the board does not appear, hold BOOT while you press RESET";

/// Makers of chips that boards are connected through, by their USB vendor number.
const MAKERS: [(u16, &str); 5] = [
    (ESPRESSIF, "Espressif"),
    (0x10c4, "Silicon Labs CP210x bridge"),
    (0x1a86, "WCH CH34x bridge"),
    (0x0403, "FTDI bridge"),
    (0x067b, "Prolific bridge"),
];

/// Espressif's own USB vendor number: the chip's USB-Serial-JTAG, without a bridge.
const ESPRESSIF: u16 = 0x303a;

/// How a board is reached.
#[derive(Args)]
pub struct Connection {
    /// The serial port, where several boards are connected: /dev/ttyACM0, COM3
    #[arg(long)]
    port: Option<String>,
    /// Bits a second; the chip's own USB port takes any
    #[arg(long, default_value_t = 115_200)]
    pub baud: u32,
}

/// A serial port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// What it is opened by.
    pub name: String,
    /// The USB vendor and product numbers, where it is connected by USB.
    pub usb: Option<(u16, u16)>,
    /// What it says of itself, or who made it.
    pub product: Option<String>,
    /// Whether a board may be behind it.
    pub board: bool,
}

impl From<SerialPortInfo> for Port {
    fn from(info: SerialPortInfo) -> Self {
        let SerialPortType::UsbPort(usb) = info.port_type else {
            return Self {
                name: info.port_name,
                usb: None,
                product: None,
                board: false,
            };
        };
        let maker = MAKERS.iter().find(|(number, _)| *number == usb.vid);
        Self {
            name: info.port_name,
            usb: Some((usb.vid, usb.pid)),
            product: usb.product.or(maker.map(|(_, name)| (*name).to_owned())),
            board: maker.is_some(),
        }
    }
}

/// Every serial port of this computer, those with boards first.
pub fn all() -> Result<Vec<Port>> {
    let ports = serialport::available_ports().map_err(|error| {
        Failure::request(
            format!("serial ports cannot be listed: {error}"),
            "name the port: --port /dev/ttyACM0",
        )
    })?;
    let mut ports: Vec<Port> = ports.into_iter().map(Port::from).collect();
    ports.sort_by_key(|port| (!port.board, port.name.clone()));
    Ok(ports)
}

/// Says that there is no board, and what to try.
pub fn no_board() -> Failure {
    Failure::request("no board is connected", NO_BOARD)
}

impl Connection {
    /// The name of the port: the one that was asked for, or that of the only board.
    pub fn name(&self) -> Result<String> {
        match &self.port {
            Some(name) => Ok(name.clone()),
            None => choose(&all()?),
        }
    }

    /// Opens the port. Reading waits for at most `patience`.
    pub fn open(&self, patience: Duration) -> Result<(String, Box<dyn serialport::SerialPort>)> {
        let name = self.name()?;
        let port = serialport::new(&name, self.baud).timeout(patience).open();
        match port {
            Ok(port) => Ok((name, port)),
            Err(error) => Err(unopened(&name, &error)),
        }
    }
}

/// What a port that cannot be opened means.
pub fn unopened(name: &str, error: &serialport::Error) -> Failure {
    let remedy = match error.kind() {
        serialport::ErrorKind::NoDevice => {
            "see what is connected: shortcrust device list; close other programs that use the port: a serial monitor, an IDE"
        }
        serialport::ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => {
            "be a member of the group that owns the port, and log in again: sudo usermod -aG dialout $USER"
        }
        _ => "reset the board, or connect it again",
    };
    Failure::request(format!("{name} cannot be opened: {error}"), remedy)
}

/// The only port with a board.
fn choose(ports: &[Port]) -> Result<String> {
    let boards: Vec<&str> = ports
        .iter()
        .filter(|port| port.board)
        .map(|port| port.name.as_str())
        .collect();
    match boards[..] {
        [] => Err(no_board()),
        [board] => Ok(board.to_owned()),
        _ => Err(Failure::request(
            format!("several boards are connected: {}", boards.join(", ")),
            format!("name one of them: --port {}", boards[0]),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serialport::UsbPortInfo;

    use super::*;

    fn port(name: &str, vid: Option<u16>) -> Port {
        Port::from(SerialPortInfo {
            port_name: name.to_owned(),
            port_type: vid.map_or(SerialPortType::Unknown, |vid| {
                SerialPortType::UsbPort(UsbPortInfo {
                    vid,
                    pid: 0x1001,
                    serial_number: None,
                    manufacturer: None,
                    product: None,
                })
            }),
        })
    }

    #[test]
    fn makers_are_known_by_their_numbers() {
        let board = port("/dev/ttyACM0", Some(ESPRESSIF));
        assert!(board.board);
        assert_eq!(board.product.as_deref(), Some("Espressif"));
        assert!(!port("/dev/ttyACM1", Some(0x046d)).board);
        assert!(!port("/dev/ttyS0", None).board);
    }

    #[test]
    fn the_only_board_is_chosen() {
        let ports = [
            port("/dev/ttyS0", None),
            port("/dev/ttyACM0", Some(ESPRESSIF)),
        ];
        assert_eq!(choose(&ports).unwrap(), "/dev/ttyACM0");
        let failure = choose(&ports[..1]).unwrap_err();
        assert!(failure.remedy().contains("dialout"), "{}", failure.remedy());
        let two = [port("COM3", Some(ESPRESSIF)), port("COM4", Some(0x10c4))];
        let failure = choose(&two).unwrap_err();
        assert!(failure.to_string().contains("COM3, COM4"), "{failure}");
        assert!(failure.remedy().contains("--port COM3"));
    }
}
