//! Conditional moves between address and between floating-point registers.

use super::{File::*, Instruction, row};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("moveqz", "10000011 ar[3:0] as[3:0] at[3:0] 0000", [A.inout("ar"), A.input("as"), A.input("at")], |c, o| if c.a(o[2]) == 0 { c.put(o[0], c.a(o[1])) } else { Ok(()) }),
        row("moveqz.s", "10001011 fr[3:0] fs[3:0] at[3:0] 0000", [F.inout("fr"), F.input("fs"), A.input("at")], |c, o| if c.a(o[2]) == 0 { c.put_f(o[0], c.f(o[1])) } else { Ok(()) }).fpu(),
        row("movf", "11000011 ar[3:0] as[3:0] bt[3:0] 0000", [A.inout("ar"), A.input("as"), B.input("bt")], |c, o| if !c.b(o[2]) { c.put(o[0], c.a(o[1])) } else { Ok(()) }),
        row("movf.s", "11001011 fr[3:0] fs[3:0] bt[3:0] 0000", [F.inout("fr"), F.input("fs"), B.input("bt")], |c, o| if !c.b(o[2]) { c.put_f(o[0], c.f(o[1])) } else { Ok(()) }).fpu(),
        row("movgez", "10110011 ar[3:0] as[3:0] at[3:0] 0000", [A.inout("ar"), A.input("as"), A.input("at")], |c, o| if c.a(o[2]) as i32 >= 0 { c.put(o[0], c.a(o[1])) } else { Ok(()) }),
        row("movgez.s", "10111011 fr[3:0] fs[3:0] at[3:0] 0000", [F.inout("fr"), F.input("fs"), A.input("at")], |c, o| if c.a(o[2]) as i32 >= 0 { c.put_f(o[0], c.f(o[1])) } else { Ok(()) }).fpu(),
        row("movltz", "10100011 ar[3:0] as[3:0] at[3:0] 0000", [A.inout("ar"), A.input("as"), A.input("at")], |c, o| if (c.a(o[2]) as i32) < 0 { c.put(o[0], c.a(o[1])) } else { Ok(()) }),
        row("movltz.s", "10101011 fr[3:0] fs[3:0] at[3:0] 0000", [F.inout("fr"), F.input("fs"), A.input("at")], |c, o| if (c.a(o[2]) as i32) < 0 { c.put_f(o[0], c.f(o[1])) } else { Ok(()) }).fpu(),
        row("movnez", "10010011 ar[3:0] as[3:0] at[3:0] 0000", [A.inout("ar"), A.input("as"), A.input("at")], |c, o| if c.a(o[2]) != 0 { c.put(o[0], c.a(o[1])) } else { Ok(()) }),
        row("movnez.s", "10011011 fr[3:0] fs[3:0] at[3:0] 0000", [F.inout("fr"), F.input("fs"), A.input("at")], |c, o| if c.a(o[2]) != 0 { c.put_f(o[0], c.f(o[1])) } else { Ok(()) }).fpu(),
        row("movt", "11010011 ar[3:0] as[3:0] bt[3:0] 0000", [A.inout("ar"), A.input("as"), B.input("bt")], |c, o| if c.b(o[2]) { c.put(o[0], c.a(o[1])) } else { Ok(()) }),
        row("movt.s", "11011011 fr[3:0] fs[3:0] bt[3:0] 0000", [F.inout("fr"), F.input("fs"), B.input("bt")], |c, o| if c.b(o[2]) { c.put_f(o[0], c.f(o[1])) } else { Ok(()) }).fpu(),
    ]
}
