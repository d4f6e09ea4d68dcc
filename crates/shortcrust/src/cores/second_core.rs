//! A mailbox through which one core gives another its half of the work.

use core::cell::UnsafeCell;
use core::hint::spin_loop;
use core::mem;
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::Cores;

/// Nobody works.
const ABSENT: u32 = 0;
/// The second core waits for a job.
const IDLE: u32 = 1;
/// A core is about to post a job.
const CLAIMED: u32 = 2;
/// The job is there.
const POSTED: u32 = 3;
/// The second core does it.
const TAKEN: u32 = 4;
/// It is done.
const DONE: u32 = 5;
/// It panicked, and so the second core is lost.
const PANICKED: u32 = 6;

/// The second core of a chip, or a second thread.
///
/// Make it a static. The second core calls [`SecondCore::work`]; the first gives the static to a network's `run_on`. Until the
/// second core works, the first does everything itself.
///
/// ```
/// use shortcrust::{Cores, SecondCore};
///
/// static SECOND: SecondCore = SecondCore::new();
/// let worker = std::thread::spawn(|| SECOND.work()); // on a chip: start the second core with this
/// while !SECOND.works() {
///     std::thread::yield_now();
/// }
/// let (mut left, mut right) = (0, 0);
/// SECOND.both(|| left = 1, || right = 2);
/// assert_eq!((left, right), (1, 2));
/// SECOND.dismiss();
/// worker.join().unwrap();
/// ```
pub struct SecondCore {
    state: AtomicU32,
    job: UnsafeCell<Job>,
}

/// A function, and what it is called with.
#[derive(Clone, Copy)]
struct Job {
    run: unsafe fn(*mut ()),
    data: *mut (),
}

// SAFETY: the job is written by the core that changed the state from IDLE to CLAIMED and read by the core that changed it from
// POSTED to TAKEN; each change is made by one core, and the release and acquire of POSTED order the two.
unsafe impl Sync for SecondCore {}

impl SecondCore {
    /// A second core that does not work yet.
    pub const fn new() -> Self {
        Self {
            state: AtomicU32::new(ABSENT),
            job: UnsafeCell::new(Job {
                run: nothing,
                data: ptr::null_mut(),
            }),
        }
    }

    /// Does jobs until [`SecondCore::dismiss`] is called: the second core calls this. A second worker returns at once.
    ///
    /// It waits by asking again and again, which costs no time between a job and its start, and power.
    pub fn work(&self) {
        if !self.change(ABSENT, IDLE) {
            return;
        }
        loop {
            if self.change(POSTED, TAKEN) {
                // SAFETY: the state makes this core the only one that touches the job.
                let Job { run, data } = unsafe { *self.job.get() };
                let lost = Lost(self);
                // SAFETY: the data is what the function was made for, and lives until the state says that the job has ended.
                unsafe { run(data) };
                mem::forget(lost);
                self.state.store(DONE, Release);
            } else if self.state.load(Relaxed) == ABSENT {
                return;
            }
            spin_loop();
        }
    }

    /// Whether somebody is in [`SecondCore::work`].
    pub fn works(&self) -> bool {
        !matches!(self.state.load(Relaxed), ABSENT | PANICKED)
    }

    /// Lets [`SecondCore::work`] return, after the job that it does.
    pub fn dismiss(&self) {
        while !self.change(IDLE, ABSENT) && self.works() {
            spin_loop();
        }
    }

    fn change(&self, from: u32, to: u32) -> bool {
        self.state
            .compare_exchange(from, to, Acquire, Relaxed)
            .is_ok()
    }
}

impl Default for SecondCore {
    fn default() -> Self {
        Self::new()
    }
}

impl Cores for SecondCore {
    /// Where the second core is absent or busy, the first does both, one after the other.
    ///
    /// # Panics
    /// If one of the two panics.
    fn both(&self, first: impl FnOnce(), second: impl FnOnce() + Send) {
        if !self.change(IDLE, CLAIMED) {
            first();
            second();
            return;
        }
        let mut second = Some(second);
        // SAFETY: the state makes this core the only one that touches the job.
        unsafe { *self.job.get() = job(&mut second) };
        self.state.store(POSTED, Release);
        // The job borrows from this frame: even a panic waits for its end.
        let end = End(self);
        first();
        drop(end);
        if self.change(PANICKED, ABSENT) {
            panic!("the second core's half of the work panicked");
        }
    }
}

/// A function that calls what is in the option, once.
fn job<F: FnOnce() + Send>(second: &mut Option<F>) -> Job {
    unsafe fn run<F: FnOnce()>(data: *mut ()) {
        // SAFETY: the pointer was made below of an exclusive borrow of this type.
        let second = unsafe { &mut *data.cast::<Option<F>>() };
        if let Some(second) = second.take() {
            second();
        }
    }
    Job {
        run: run::<F>,
        data: ptr::from_mut(second).cast(),
    }
}

unsafe fn nothing(_: *mut ()) {}

/// Waits for the end of the job.
struct End<'a>(&'a SecondCore);

impl Drop for End<'_> {
    fn drop(&mut self) {
        while !self.0.change(DONE, IDLE) && self.0.state.load(Acquire) != PANICKED {
            spin_loop();
        }
    }
}

/// Says that the second core was lost in a job.
struct Lost<'a>(&'a SecondCore);

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        self.0.state.store(PANICKED, Release);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;
    use std::vec;

    use super::*;

    /// Runs a test beside a thread that works as the second core.
    fn beside_a_worker(test: impl FnOnce(&SecondCore)) {
        let second = SecondCore::new();
        thread::scope(|scope| {
            // The panic of a job ends the worker, and is not the test's.
            scope.spawn(|| catch_unwind(AssertUnwindSafe(|| second.work())));
            while !second.works() {
                thread::yield_now();
            }
            test(&second);
            second.dismiss();
        });
    }

    #[test]
    fn halves_meet_again_every_time() {
        let mut values = vec![0_u32; 64];
        beside_a_worker(|second| {
            for _ in 0..1000 {
                let (left, right) = values.split_at_mut(32);
                second.both(
                    || left.iter_mut().for_each(|value| *value += 1),
                    || right.iter_mut().for_each(|value| *value += 1),
                );
            }
        });
        assert_eq!(values, [1000; 64]);
    }

    #[test]
    fn the_second_half_runs_on_the_second_thread() {
        let here = thread::current().id();
        beside_a_worker(|second| {
            let mut ran = [here; 2];
            let [first, other] = &mut ran;
            second.both(
                || *first = thread::current().id(),
                || *other = thread::current().id(),
            );
            assert_eq!(ran[0], here);
            assert_ne!(ran[1], here);
        });
    }

    #[test]
    fn without_a_worker_the_first_core_does_both() {
        let (mut left, mut right) = (false, false);
        SecondCore::new().both(|| left = true, || right = true);
        assert!(left && right);
    }

    #[test]
    fn a_call_within_a_job_does_not_wait_for_itself() {
        let mut inner = 0;
        beside_a_worker(|second| second.both(|| second.both(|| (), || inner = 7), || ()));
        assert_eq!(inner, 7);
    }

    #[test]
    fn a_panic_of_either_half_is_seen_and_nothing_hangs() {
        beside_a_worker(|second| {
            let left = || second.both(|| panic!("left"), || ());
            assert!(catch_unwind(AssertUnwindSafe(left)).is_err());
            let right = || second.both(|| (), || panic!("right"));
            assert!(catch_unwind(AssertUnwindSafe(right)).is_err());
            let mut done = false;
            second.both(|| (), || done = true);
            assert!(done, "the first core goes on alone");
        });
    }
}
