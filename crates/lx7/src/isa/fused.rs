//! The three forms of a two-source vector operation: alone, with a vector load
//! and with a vector store through a pointer that moves on by 16.

use super::lanes::Binary;
use super::{Done, Operands};
use crate::core::Core;

/// `q, qx, qy`
pub(super) fn plain<B: Binary>(c: &mut Core, o: &Operands) -> Done {
    c.put_q(o[0], B::apply(c, c.lanes(o[1]), c.lanes(o[2])))
}

/// `qu, as, q, qx, qy`
pub(super) fn with_load<B: Binary>(c: &mut Core, o: &Operands) -> Done {
    let loaded = c.load_q(c.a(o[1]))?;
    c.set_q(o[2], B::apply(c, c.lanes(o[3]), c.lanes(o[4])));
    c.set_q(o[0], loaded);
    c.advance(o[1], 16)
}

/// `qv, as, q, qx, qy`
pub(super) fn with_store<B: Binary>(c: &mut Core, o: &Operands) -> Done {
    c.store_q(c.a(o[1]), c.q(o[0]))?;
    c.set_q(o[2], B::apply(c, c.lanes(o[3]), c.lanes(o[4])));
    c.advance(o[1], 16)
}
