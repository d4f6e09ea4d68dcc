//! `shortcrust device list`: serial ports.

use serde::Serialize;

use crate::device::port::{self, Port};
use crate::failure::Result;
use crate::page::{FAINT, Page, paint};
use crate::report::Report;

/// The serial ports of this computer.
#[derive(Serialize)]
pub struct Ports {
    ports: Vec<Port>,
}

/// Lists the ports.
pub fn run() -> Result<Ports> {
    Ok(Ports {
        ports: port::all()?,
    })
}

impl Report for Ports {
    fn text(&self, page: &Page) -> String {
        if self.ports.is_empty() {
            return format!(
                "there are no serial ports\n{}",
                paint(FAINT, port::no_board().remedy())
            );
        }
        let mut table = page.table(&["port", "USB", "", ""], &[]);
        for port in &self.ports {
            let usb = port
                .usb
                .map(|(vendor, product)| format!("{vendor:04x}:{product:04x}"));
            table.add_row([
                port.name.clone(),
                usb.unwrap_or_default(),
                port.product.clone().unwrap_or_default(),
                (if port.board {
                    "a board, most likely"
                } else {
                    ""
                })
                .to_owned(),
            ]);
        }
        table.trim_fmt()
    }
}
