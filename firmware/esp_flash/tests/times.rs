//! No time that is told includes the look at the stack.

use std::cell::Cell;
use std::convert::Infallible;

use esp_flash::analysis::{Measurements, RUNS, analyse};
use esp_flash::host::Host;
use esp_flash::inference::judge;
use esp_flash::networks::PersonDetect;
use esp_flash::photographs::PHOTOGRAPHS;
use esp_flash::serve::{Session, serve};
use esp_flash::stack::Stack;
use esp_flash::{Machine, Network};
use shortcrust::{Cores, Model, OneCore};
use shortcrust_protocol::frame::{Collector, LONGEST, decode, encode};
use shortcrust_protocol::{Measured, Request, Response};

/// What a look at the stack takes, in microseconds and in cycles.
const LOOK: u32 = 1_000_000;

/// A machine on which every reading of a clock takes 1, a look at the stack takes [`LOOK`], and nothing else any time.
struct Clocked {
    now: Cell<u32>,
    host: Host,
}

impl Clocked {
    fn new() -> Self {
        Self {
            now: Cell::new(0),
            host: Host::new(),
        }
    }

    fn pass(&self, time: u32) -> u32 {
        self.now.update(|now| now + time);
        self.now.get()
    }
}

impl Machine for Clocked {
    const NAME: &'static str = "clocked";

    type Cores = OneCore;

    fn cores(&self) -> &OneCore {
        &OneCore
    }

    fn cycles(&self) -> u32 {
        self.pass(1)
    }

    fn microseconds(&self) -> u64 {
        u64::from(self.pass(1))
    }

    fn stack(&self) -> &Stack {
        self.pass(LOOK);
        self.host.stack()
    }
}

/// A network of one byte and one layer.
#[derive(Default)]
struct Echo([u8; 1]);

impl Model for Echo {
    const ARENA_BYTES: usize = 1;
    const WEIGHT_BYTES: usize = 0;
    const WEIGHTS_IN_RAM: bool = false;
    const CORES: usize = 1;
    const MACS: u64 = 0;
    const LAYERS: &'static [&'static str] = &["0 ECHO"];

    fn run_layers(&mut self, _: &impl Cores, mut finished: impl FnMut(usize)) {
        finished(0);
    }
}

impl Network for Echo {
    const NAME: &'static str = "echo";

    fn input_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn output_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What the device hears, and what it answered.
struct Port<'a> {
    heard: &'a [u8],
    answered: Vec<u8>,
}

impl embedded_io::ErrorType for Port<'_> {
    type Error = Infallible;
}

impl embedded_io::Read for Port<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Infallible> {
        Ok(embedded_io::Read::read(&mut self.heard, bytes).unwrap_or(0))
    }
}

impl embedded_io::Write for Port<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.answered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// What a device says of the last of some runs.
fn measured(runs: u16) -> Measured {
    let mut heard = Vec::new();
    for run in 0..runs {
        let input = Request::Input {
            offset: 0,
            bytes: &[7],
        };
        for (step, request) in [Request::Begin, input, Request::Run].iter().enumerate() {
            let number = 3 * run + step as u16 + 1;
            heard.extend_from_slice(encode(number, request, &mut [0; LONGEST]).unwrap());
        }
    }
    let mut port = Port {
        heard: &heard,
        answered: Vec::new(),
    };
    let Ok(()) = serve(
        &mut Echo::default(),
        &mut Session::new(),
        &Clocked::new(),
        &mut port,
    );
    let mut collector = Collector::new();
    let mut measured = None;
    for byte in port.answered {
        let Some(frame) = collector.push(byte) else {
            continue;
        };
        if let (_, Response::Ran(run)) = decode(frame.unwrap()).unwrap() {
            measured = Some(run);
        }
    }
    measured.expect("it ran")
}

#[test]
fn the_analysis_times_runs_alone() {
    let mut text = String::new();
    let mut shown = 0;
    let machine = Clocked::new();
    analyse(
        &mut Echo::default(),
        &mut Measurements::<1>::new(),
        &machine,
        &mut text,
        |_, _| {
            machine.pass(LOOK);
            shown += 1;
        },
        |_, _| {
            machine.pass(LOOK);
        },
    )
    .unwrap();
    assert_eq!(shown, RUNS);
    // From the first reading of the microseconds: the cycles before, after the layer, and the microseconds again.
    assert!(text.contains("mean_cycles=1 mean_microseconds=3"), "{text}");
    assert!(text.contains("stack used=2048 total=4096"), "{text}");
}

#[test]
fn a_judgement_times_the_run_alone() {
    let mut net = Box::new(PersonDetect::new());
    let judgement = judge(&mut net, &PHOTOGRAPHS[0], &Clocked::new());
    assert_eq!(judgement.microseconds, 1);
}

#[test]
fn a_served_run_is_timed_alone() {
    for runs in [1, 3] {
        let measured = measured(runs);
        assert!(
            measured.cycles < 5 && measured.microseconds < 5,
            "{measured:?}"
        );
        assert_eq!((measured.stack_used, measured.stack_total), (2048, 4096));
    }
}
