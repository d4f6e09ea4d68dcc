//! The `serve` loop under a host that is right, a line that is not, and bytes that are nothing.

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use esp_flash::Network;
use esp_flash::host::Host;
use esp_flash::networks::PersonDetect;
use esp_flash::photographs::PHOTOGRAPHS;
use esp_flash::serve::{Session, serve};
use proptest::collection::vec;
use proptest::prelude::*;
use shortcrust::{Cores, Model};
use shortcrust_protocol::client::{Client, ClientError};
use shortcrust_protocol::frame::{Collector, LONGEST, PIECE, VERSION, decode, encode};
use shortcrust_protocol::{Refusal, Request, Response};

/// A network that is quick: it reverses its input, and destroys it as real ones do.
struct Reverse {
    input: [u8; Self::SIZE],
    output: [u8; Self::SIZE],
}

impl Reverse {
    /// More than two pieces.
    const SIZE: usize = 2 * PIECE + 77;

    fn new() -> Self {
        Self {
            input: [0; Self::SIZE],
            output: [0; Self::SIZE],
        }
    }
}

impl Model for Reverse {
    const ARENA_BYTES: usize = 2 * Self::SIZE;
    const WEIGHT_BYTES: usize = 0;
    const WEIGHTS_IN_RAM: bool = false;
    const CORES: usize = 1;
    const MACS: u64 = 0;
    const LAYERS: &'static [&'static str] = &["0 REVERSE"];

    fn run_layers(&mut self, _: &impl Cores, mut finished: impl FnMut(usize)) {
        self.output = self.input;
        self.output.reverse();
        self.input.fill(99);
        finished(0);
    }
}

impl Network for Reverse {
    const NAME: &'static str = "reverse";

    fn input_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.input
    }

    fn output_bytes(&self) -> &[u8] {
        &self.output
    }
}

/// A port of the device: the standard library's traits as those of embedded-io.
struct Port<S>(S);

impl<S> embedded_io::ErrorType for Port<S> {
    type Error = io::Error;
}

impl<S: Read> embedded_io::Read for Port<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl<S: Write> embedded_io::Write for Port<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What the device hears in one go, and what it answered.
struct Recording<'a> {
    heard: &'a [u8],
    answered: Vec<u8>,
}

impl embedded_io::ErrorType for Recording<'_> {
    type Error = Infallible;
}

impl embedded_io::Read for Recording<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Infallible> {
        let count = self.heard.len().min(bytes.len());
        let (now, later) = self.heard.split_at(count);
        bytes[..count].copy_from_slice(now);
        self.heard = later;
        Ok(count)
    }
}

impl embedded_io::Write for Recording<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.answered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A device that lives on between calls.
struct Device {
    net: Reverse,
    session: Session,
    host: Host,
}

impl Device {
    fn new() -> Self {
        Self {
            net: Reverse::new(),
            session: Session::new(),
            host: Host::new(),
        }
    }

    /// Lets the device hear bytes, and returns the frames that it answered.
    fn hear(&mut self, heard: &[u8]) -> Vec<Vec<u8>> {
        let mut port = Recording {
            heard,
            answered: Vec::new(),
        };
        let Ok(()) = serve(&mut self.net, &mut self.session, &self.host, &mut port);
        let mut collector = Collector::new();
        let frames = port.answered.iter().filter_map(|&byte| {
            let frame = collector.push(byte)?;
            Some(frame.expect("answers fit").to_vec())
        });
        frames.collect()
    }

    /// The one refusal that a request gets.
    fn refusal(&mut self, request: &Request) -> Refusal {
        let mut frames = self.hear(&frame(5, request));
        assert_eq!(frames.len(), 1);
        match decode(&mut frames[0]) {
            Ok((5, Response::Refused(refusal))) => refusal,
            other => panic!("{other:?}"),
        }
    }
}

fn frame(number: u16, request: &Request) -> Vec<u8> {
    encode(number, request, &mut [0; LONGEST]).unwrap().to_vec()
}

/// Runs a client against a device at the other end of a stream.
fn with_client<N: Network + Send + 'static, P: Read + Write>(
    mut net: Box<N>,
    line: impl FnOnce(UnixStream) -> P,
    test: impl FnOnce(&mut Client<P>),
) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_millis(5)))
        .unwrap();
    let device = thread::spawn(move || {
        let mut session = Session::new();
        serve(&mut *net, &mut session, &Host::new(), &mut Port(theirs))
    });
    let mut client = Client::new(line(ours)).with_patience(Duration::from_millis(40));
    test(&mut client);
    drop(client);
    // The stream's end may find the device in the middle of an answer to a frame that was sent twice, or that answer unread.
    if let Err(error) = device.join().expect("no panic") {
        let ends = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        assert!(ends.contains(&error.kind()), "{error}");
    }
}

#[test]
fn the_photographs_come_back_judged() {
    with_client(
        Box::new(PersonDetect::new()),
        |line| line,
        |client| {
            let device = client.describe().unwrap();
            assert_eq!(
                (device.network.as_str(), device.chip.as_str()),
                ("person_detect", "host")
            );
            assert_eq!((device.input, device.output), (96 * 96, 2));
            assert_eq!(device.arena, PersonDetect::ARENA_BYTES);
            for (photograph, scores) in
                PHOTOGRAPHS
                    .iter()
                    .zip([[-114, 114], [-114, 114], [96, -96], [111, -111]])
            {
                let mut pixels = shortcrust::Buffer4D::<i8, 1, 96, 96, 1>::new();
                photograph.show(&mut pixels);
                let mut progress = Vec::new();
                let input = bytemuck::cast_slice(&pixels);
                let (output, measured) = client
                    .run(&device, input, |bytes| progress.push(bytes))
                    .unwrap();
                assert_eq!(
                    output,
                    scores.map(|score: i8| score.cast_unsigned()),
                    "{}",
                    photograph.name
                );
                assert_eq!((measured.stack_used, measured.stack_total), (2048, 4096));
                assert!(progress.is_sorted() && progress.last() == Some(&device.input));
                assert_eq!(progress.len(), device.input.div_ceil(PIECE));
            }
            assert!(matches!(
                client.run(&device, &[1, 2, 3], |_| {}),
                Err(ClientError::InputSize {
                    expected: 9216,
                    found: 3
                })
            ));
        },
    );
}

/// A line that loses, changes and adds bytes, in both directions, each about once in so many.
struct Faulty<'a> {
    line: UnixStream,
    faults: &'a AtomicUsize,
    noise: u64,
    one_in: u64,
}

impl Faulty<'_> {
    fn random(&mut self, below: u64) -> u64 {
        // Knuth's MMIX generator: the same faults in every run.
        self.noise = self
            .noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.noise >> 33) % below
    }

    fn disturb(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in bytes {
            let fault = self.random(3 * self.one_in);
            self.faults
                .fetch_add(usize::from(fault < 3), Ordering::Relaxed);
            match fault {
                0 => {}
                1 => out.push(byte ^ (1 << self.random(8))),
                2 => out.extend([byte, self.random(256) as u8]),
                _ => out.push(byte),
            }
        }
        out
    }
}

impl Read for Faulty<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut raw = [0; 16];
        let count = self.line.read(&mut raw)?;
        let disturbed = self.disturb(&raw[..count]);
        if count > 0 && disturbed.is_empty() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        bytes[..disturbed.len()].copy_from_slice(&disturbed);
        Ok(disturbed.len())
    }
}

impl Write for Faulty<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let disturbed = self.disturb(bytes);
        self.line.write_all(&disturbed)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.line.flush()
    }
}

#[test]
fn a_bad_line_costs_time_and_never_a_wrong_answer() {
    let faults = &AtomicUsize::new(0);
    for noise in 0..30 {
        let faulty = |line| Faulty {
            line,
            faults,
            noise,
            one_in: 2500,
        };
        with_client(Box::new(Reverse::new()), faulty, |client| {
            let device = client.describe().unwrap();
            let input: Vec<u8> = (0..device.input)
                .map(|index| (index * 7 + noise as usize) as u8)
                .collect();
            let mut expected = input.clone();
            expected.reverse();
            for _ in 0..3 {
                let (output, _) = client.run(&device, &input, |_| {}).unwrap();
                assert_eq!(output, expected, "line {noise}");
            }
        });
    }
    let faults = faults.load(Ordering::Relaxed);
    assert!(faults > 20, "the lines were bad {faults} times");
}

#[test]
fn a_device_that_went_away_is_reported() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(theirs);
    let mut client = Client::new(ours);
    let error = client.describe().unwrap_err();
    assert!(
        matches!(error, ClientError::Disconnected | ClientError::Port(_)),
        "{error}"
    );
}

#[test]
fn a_silent_device_is_given_up() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    let mut client = Client::new(ours).with_patience(Duration::from_millis(3));
    assert!(matches!(client.describe(), Err(ClientError::NoAnswer)));
}

#[test]
fn what_is_out_of_order_is_refused_with_the_reason() {
    let mut device = Device::new();
    let size = Reverse::SIZE as u32;
    assert_eq!(
        device.refusal(&Request::Run),
        Refusal::InputMissing { received: 0 }
    );
    assert_eq!(
        device.refusal(&Request::Output { offset: 0 }),
        Refusal::NotRun
    );
    let gap = Request::Input {
        offset: 1,
        bytes: &[1],
    };
    assert_eq!(device.refusal(&gap), Refusal::Gap { received: 0 });
    for offset in (0..size).step_by(PIECE) {
        let bytes = &[3; PIECE][..PIECE.min((size - offset) as usize)];
        device.hear(&frame(1, &Request::Input { offset, bytes }));
    }
    let outside = Request::Input {
        offset: size - 1,
        bytes: &[1, 2],
    };
    assert_eq!(device.refusal(&outside), Refusal::Outside { bytes: size });
    let mut ran = device.hear(&frame(2, &Request::Run));
    assert!(matches!(decode(&mut ran[0]), Ok((2, Response::Ran(_)))));
    let outside = Request::Output { offset: size + 1 };
    assert_eq!(device.refusal(&outside), Refusal::Outside { bytes: size });
    assert_eq!(
        device.refusal(&Request::Run),
        Refusal::InputMissing { received: 0 }
    );
    // The same request once more is not another run: its answer was lost.
    let mut again = device.hear(&frame(2, &Request::Run));
    assert!(matches!(decode(&mut again[0]), Ok((2, Response::Ran(_)))));
    let used = Request::Input {
        offset: 0,
        bytes: &[1],
    };
    assert_eq!(device.refusal(&used), Refusal::Gap { received: 0 });
}

#[test]
fn another_version_is_told_ours() {
    let mut sent = frame(4, &Request::Describe);
    sent.pop();
    let length = cobs::decode_in_place(&mut sent).unwrap();
    let mut contents = vec![VERSION + 1];
    contents.extend(&sent[1..length - 4]);
    let checksum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&contents);
    contents.extend(checksum.to_le_bytes());
    let mut other = cobs::encode_vec(&contents);
    other.push(0);
    let mut frames = Device::new().hear(&other);
    let theirs = VERSION + 1;
    let expected = Response::Refused(Refusal::Version { theirs });
    assert_eq!(decode(&mut frames[0]), Ok((0, expected)));
}

/// Requests as a confused host might send them.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let offset = || prop_oneof![0u32..700, Just(u32::MAX), any::<u32>()];
    let request = prop_oneof![
        Just(frame(1, &Request::Describe)),
        Just(frame(2, &Request::Begin)),
        any::<u16>().prop_map(|number| frame(number, &Request::Run)),
        offset().prop_map(|offset| frame(3, &Request::Output { offset })),
        (offset(), vec(any::<u8>(), 0..=PIECE)).prop_map(|(offset, bytes)| frame(
            4,
            &Request::Input {
                offset,
                bytes: &bytes
            }
        )),
        vec(any::<u8>(), 0..600),
    ];
    (request, any::<prop::sample::Index>(), any::<u8>(), 0u8..4).prop_map(
        |(mut bytes, place, value, fault)| {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                match fault {
                    0 => bytes[place] = value,
                    1 => drop(bytes.remove(place)),
                    _ => {}
                }
            }
            bytes
        },
    )
}

proptest! {
    #[test]
    fn nothing_that_a_host_sends_ends_the_loop(sent in vec(requests(), 0..20)) {
        let mut device = Device::new();
        for frame in device.hear(&sent.concat()).iter_mut() {
            prop_assert!(decode::<Response>(frame).is_ok());
        }
        let mut healthy = vec![0];
        healthy.extend(frame(77, &Request::Describe));
        let mut frames = device.hear(&healthy);
        let last = frames.last_mut().unwrap();
        prop_assert!(matches!(decode(last), Ok((77, Response::Description(_)))));
    }
}
