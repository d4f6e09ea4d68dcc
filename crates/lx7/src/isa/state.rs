//! Implicit state, function units and coprocessors.

/// State that instructions use without naming it in an operand, as far as it
/// can delay a later instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Shift amount, 6 bits.
    Sar,
    /// Byte shift amount of the funnel instructions, 4 bits.
    SarByte,
    /// 40-bit accumulator.
    Accx,
    /// Low 160 bits of the lane accumulators.
    QaccL,
    /// High 160 bits of the lane accumulators.
    QaccH,
    /// 128-bit state of unaligned FFT accesses.
    UaState,
    /// Width of `ee.bitrev`.
    FftBitWidth,
    /// Output bits of the CPU's own GPIO.
    GpioOut,
    /// 40-bit accumulator of MAC16.
    Acc,
    /// Floating-point control: rounding mode, exception enables.
    Fcr,
    /// Floating-point status: sticky exception flags.
    Fsr,
    /// Thread pointer.
    ThreadPtr,
    /// LBEG, LEND, LCOUNT.
    Loop,
    /// WINDOWBASE, WINDOWSTART.
    Window,
    /// Processor status.
    Ps,
    /// Comparison value of `s32c1i`.
    Scompare1,
    /// Exception state and any other special register.
    Exception,
}

/// Number of [`State`]s.
pub const STATES: usize = State::Exception as usize + 1;

/// How an instruction uses a piece of implicit state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateUse {
    /// What is used.
    pub state: State,
    /// Stage that reads it, if it is read.
    pub used: Option<u8>,
    /// Stage that produces it, if it is written.
    pub defined: Option<u8>,
}

impl State {
    fn access(self, used: Option<u8>, defined: Option<u8>) -> StateUse {
        StateUse {
            state: self,
            used,
            defined,
        }
    }

    /// Read at stage 1.
    pub(super) fn read(self) -> StateUse {
        self.access(Some(1), None)
    }

    /// Ready after stage 1.
    pub(super) fn written(self) -> StateUse {
        self.access(None, Some(1))
    }

    /// Ready after `stage`.
    pub(super) fn written_at(self, stage: u8) -> StateUse {
        self.access(None, Some(stage))
    }

    /// Read and written at stage 1.
    pub(super) fn updated(self) -> StateUse {
        self.access(Some(1), Some(1))
    }

    /// Read at stage `used`, ready after stage `defined`.
    pub(super) fn updated_at(self, used: u8, defined: u8) -> StateUse {
        self.access(Some(used), Some(defined))
    }
}

/// Function-unit groups that can collide. Two instructions collide when the
/// first still holds in stage 2 a unit that the second wants in stage 1; of all
/// groups only [`Unit::VectorAlu`] holds units in stage 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Nothing that another instruction waits for.
    None,
    /// Adders, multipliers and comparators of the vector unit, stages 1 and 2.
    VectorAlu,
    /// Accumulator extraction, stage 1.
    Srcmb,
    /// ACCX extraction, stage 1.
    Srs,
    /// FFT add-multiply-subtract, stage 1.
    FftAms,
    /// FFT complex multiply, stage 1.
    FftCmul,
    /// Integer divider, busy until the quotient is ready.
    Divider,
}

impl Unit {
    /// Whether an instruction of this group waits one cycle directly behind one
    /// of group `previous`.
    pub fn waits_for(self, previous: Unit) -> bool {
        previous == Unit::VectorAlu
            && matches!(self, Unit::Srcmb | Unit::Srs | Unit::FftAms | Unit::FftCmul)
    }
}

/// Units that a bit of CPENABLE switches on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coprocessor {
    /// Single-precision floating point, bit 0.
    Float,
    /// The vector extension, bit 3.
    Vector,
}

impl Coprocessor {
    /// Bit number in CPENABLE.
    pub fn bit(self) -> u8 {
        match self {
            Coprocessor::Float => 0,
            Coprocessor::Vector => 3,
        }
    }
}
