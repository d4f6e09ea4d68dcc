//! A board that is none: the firmware's own `serve` loop with its own network, on a thread behind a pseudo-terminal.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use esp_flash::host::Host;
use esp_flash::networks::PersonDetect;
use esp_flash::serve::{Session, serve};
use serialport::{SerialPort, TTYPort};

/// What the line or the board does wrong.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    /// Nothing.
    None,
    /// One byte of so many that the board sends is lost.
    Drops(usize),
    /// Before every so many answers comes what is none.
    Garbage(usize),
    /// The board is unplugged after so many answers.
    Unplugged(usize),
    /// The board hears and never answers.
    Silent,
    /// One byte of so many that the board sends is another.
    Changes(usize),
}

/// Pseudo-terminals are numbered: the next one has the name of one that was closed, which somebody may still wait for.
static TURN: Mutex<()> = Mutex::new(());

/// A fake board, one at a time; it is gone when this is dropped.
pub struct Fake {
    _turn: MutexGuard<'static, ()>,
    /// The name of its port.
    pub port: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// A board that serves.
    pub fn serving(fault: Fault) -> Self {
        Self::start(move |line, stop| {
            let mut line = Line {
                line,
                stop,
                fault,
                answers: 0,
                bytes: 0,
            };
            let mut net = Box::new(PersonDetect::new());
            let mut session = Box::new(Session::new());
            // The line ends when the test does, or when the fault says so.
            let _ = serve(&mut *net, &mut session, &Host::new(), &mut line);
        })
    }

    /// A board that prints a text and goes away.
    pub fn printing(text: &'static str) -> Self {
        Self::start(move |mut line, stop| {
            while !stop.load(Relaxed) && line.write_all(text.as_bytes()).is_ok() {
                thread::sleep(Duration::from_millis(50));
                if line.bytes_to_read().is_err() {
                    return;
                }
            }
        })
    }

    fn start(board: impl FnOnce(TTYPort, Arc<AtomicBool>) + Send + 'static) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut ours, theirs) = TTYPort::pair().unwrap();
        ours.set_timeout(Duration::from_millis(10)).unwrap();
        keep_from_children(&ours);
        keep_from_children(&theirs);
        let port = theirs.name().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let flag = stop.clone();
        let thread = thread::spawn(move || {
            // As long as this end is open, the other may come and go.
            let _theirs = theirs;
            board(ours, flag);
        });
        Self {
            _turn: turn,
            port,
            stop,
            thread: Some(thread),
        }
    }

    /// Unplugs it.
    pub fn unplug(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the board does not panic");
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// Lets no command inherit a port that it is to see closed.
fn keep_from_children(port: &TTYPort) {
    // SAFETY: the port is open for as long as it is borrowed.
    let port = unsafe { BorrowedFd::borrow_raw(port.as_raw_fd()) };
    rustix::io::fcntl_setfd(port, rustix::io::FdFlags::CLOEXEC).unwrap();
}

/// The board's end of the line.
struct Line {
    line: TTYPort,
    stop: Arc<AtomicBool>,
    fault: Fault,
    answers: usize,
    bytes: usize,
}

impl embedded_io::ErrorType for Line {
    type Error = io::Error;
}

impl embedded_io::Read for Line {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.stop.load(Relaxed) {
                return Ok(0);
            }
            match self.line.read(bytes) {
                Err(error) if error.kind() == ErrorKind::TimedOut => {}
                Ok(_) if self.fault == Fault::Silent => {}
                result => return result,
            }
        }
    }
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.fault {
            Fault::Garbage(every) if self.answers.is_multiple_of(every) => {
                self.line.write_all(b"I (29) boot: ESP-IDF\r\n\xff\x80")?;
            }
            Fault::Unplugged(after) if self.answers == after => {
                return Err(ErrorKind::BrokenPipe.into());
            }
            _ => {}
        }
        self.answers += 1;
        for &byte in bytes {
            self.bytes += 1;
            match self.fault {
                Fault::Drops(every) if self.bytes.is_multiple_of(every) => {}
                Fault::Changes(every) if self.bytes.is_multiple_of(every) => {
                    self.line.write_all(&[byte ^ 0x20])?;
                }
                _ => self.line.write_all(&[byte])?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
