//! The fast path against a literal interpreter: it decodes every instruction
//! anew, keeps a time for every register and piece of state, and follows the
//! rules of the clock one by one.

use super::clock::{Stall, Stalls};
use super::{Settings, Simulator};
use crate::core::{Core, Memory};
use crate::isa::{self, File, Instance, Kind, Unit};
use crate::{asm, disasm};
use proptest::prelude::*;
use std::collections::HashMap;

const CODE: u32 = 0x4037_8000;
const DATA: u32 = 0x3FCA_0000;

#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Resource {
    Address(usize),
    Register(File, i32),
    State(isa::State),
}

struct Literal {
    core: Core,
    /// Cycle behind the stage that produces each value.
    ready: HashMap<Resource, u64>,
    now: u64,
    vector_start: Option<u64>,
    divider_free: u64,
    store_tenths: u32,
    stalls: Stalls,
    instructions: u64,
}

impl Literal {
    fn accesses(&self, instance: &Instance) -> Vec<(Resource, Option<u8>, Option<u8>)> {
        let mut all = Vec::new();
        for (operand, value) in instance
            .instruction
            .operands
            .iter()
            .zip(instance.operands())
        {
            let Kind::Register { file, step, .. } = operand.kind else {
                continue;
            };
            for n in *value..*value + i32::from(step) {
                let resource = match file {
                    File::A => Resource::Address(self.core.physical(n as u8)),
                    _ => Resource::Register(file, n),
                };
                all.push((resource, operand.used, operand.defined));
            }
        }
        all.extend(
            instance
                .instruction
                .state
                .iter()
                .map(|s| (Resource::State(s.state), s.used, s.defined)),
        );
        all
    }

    fn stall(&mut self, cause: Stall, cycles: u64) {
        self.now += cycles;
        self.stalls[cause as usize] += cycles;
    }

    fn step(&mut self) {
        let pc = self.core.next;
        let bytes = self.core.memory.fetch(pc).expect("code").0;
        let instance = isa::decode(&bytes, pc).expect("an instruction");
        let row = instance.instruction;
        let accesses = self.accesses(&instance);
        let operands = accesses
            .iter()
            .filter_map(|(r, used, _)| Some(self.ready.get(r)?.saturating_sub((*used)?.into())));
        let order = accesses.iter().filter_map(|(r, _, defined)| {
            Some(
                self.ready
                    .get(r)?
                    .saturating_sub(u64::from((*defined)?) + 1),
            )
        });
        let wait = operands
            .chain(order)
            .max()
            .unwrap_or(0)
            .saturating_sub(self.now);
        let conflict = self.vector_start.is_some_and(|start| start + 1 == self.now)
            && row.unit.waits_for(Unit::VectorAlu);
        let divides = row.unit == Unit::Divider;
        if divides && self.divider_free > self.now + wait {
            self.stall(Stall::Unit, self.divider_free - self.now);
        } else if conflict && wait == 0 {
            self.stall(Stall::Unit, 1);
        } else {
            self.stall(Stall::Operand, wait);
        }
        if row.vector_store {
            self.store_tenths += 6;
            let cycles = u64::from(self.store_tenths / 10);
            self.store_tenths %= 10;
            self.stall(Stall::VectorStore, cycles);
        }
        let issue = self.now;
        self.core.pc = pc;
        self.core.next = pc + instance.length();
        self.core.taken = false;
        self.core.cycle = issue;
        (row.execute)(&mut self.core, &instance.operands).expect("no trap");
        self.instructions += 1;
        for (resource, _, defined) in accesses {
            if let Some(stage) = defined {
                self.ready.insert(resource, issue + u64::from(stage) + 1);
            }
        }
        if divides {
            let target = Resource::Address(self.core.physical(instance.operands[0] as u8));
            self.ready
                .insert(target, issue + u64::from(self.core.divide_cycles) + 1);
            self.divider_free = issue + u64::from(self.core.divide_cycles);
        }
        if row.unit == Unit::VectorAlu {
            self.vector_start = Some(issue);
        }
        let mut redirected = self.core.taken;
        if self.core.taken {
            self.stall(Stall::Branch, 2);
        } else if self.core.next == self.core.lend && self.core.lcount != 0 {
            self.core.lcount -= 1;
            self.core.next = self.core.lbeg;
            redirected = true;
        }
        self.now += 1;
        if redirected && self.core.next != super::run::RETURN {
            let length = isa::length_of(self.core.memory.fetch(self.core.next).expect("code").0[0]);
            self.stall(Stall::Fetch, u64::from(self.core.next % 4 + length > 4));
        }
    }
}

/// Instructions that cannot trap, on few registers so that they depend on each
/// other. `a2` and `a3` point to data and stay in it.
fn instruction() -> impl Strategy<Value = String> {
    let a = || 4..9u8;
    let q = || 0..4u8;
    let f = || 0..4u8;
    prop_oneof![
        (a(), a(), a()).prop_map(|(r, s, t)| format!("add a{r}, a{s}, a{t}")),
        (a(), a(), a()).prop_map(|(r, s, t)| format!("mull a{r}, a{s}, a{t}")),
        (a(), a()).prop_map(|(r, s)| format!("addi.n a{r}, a{s}, 1")),
        (a(), 0..16u8).prop_map(|(r, i)| format!("l32i a{r}, a2, {}", i * 4)),
        (a(), 0..16u8).prop_map(|(r, i)| format!("s32i a{r}, a3, {}", i * 4)),
        (a(), a()).prop_map(|(r, s)| format!("movi.n a9, 7\nquou a{r}, a{s}, a9")),
        (a(), a()).prop_map(|(r, s)| format!("movi a9, 1234\nremu a{r}, a{s}, a9")),
        (a(), a()).prop_map(|(r, s)| format!("beq a{r}, a{s}, 1f\nnop.n\n1:")),
        (a(), a()).prop_map(|(r, s)| format!("bltu a{r}, a{s}, 1f\nadd.n a{r}, a{s}, a{s}\n1:")),
        q().prop_map(|u| format!("ee.vld.128.ip q{u}, a2, 0")),
        q().prop_map(|v| format!("ee.vst.128.ip q{v}, a3, 0")),
        (q(), q(), q()).prop_map(|(z, x, y)| format!("ee.vmul.s8 q{z}, q{x}, q{y}")),
        (q(), q(), q()).prop_map(|(z, x, y)| format!("ee.vadds.s16 q{z}, q{x}, q{y}")),
        (q(), q()).prop_map(|(x, y)| format!("ee.vmulas.s8.accx q{x}, q{y}")),
        (q(), q()).prop_map(|(x, y)| format!("ee.vmulas.s16.qacc q{x}, q{y}")),
        (q(), a()).prop_map(|(u, s)| format!("ee.srcmb.s16.qacc q{u}, a{s}, 0")),
        (a(), a()).prop_map(|(u, s)| format!("ee.srs.accx a{u}, a{s}, 0")),
        (q(), q(), a()).prop_map(|(u, s, r)| format!(
            "ee.movi.32.a q{u}, a{r}, 1\nee.movi.32.q q{s}, a{r}, 2"
        )),
        (f(), f(), f()).prop_map(|(r, s, t)| format!("madd.s f{r}, f{s}, f{t}")),
        (f(), f()).prop_map(|(r, s)| format!("add.s f{r}, f{s}, f{s}")),
        (f(), a()).prop_map(|(r, s)| format!("wfr f{r}, a{s}")),
        (f(), a()).prop_map(|(r, s)| format!("rfr a{s}, f{r}")),
        (f(), f()).prop_map(|(r, s)| format!("olt.s b1, f{r}, f{s}\nbf b1, 1f\nnop\n1:")),
    ]
}

fn block() -> impl Strategy<Value = String> {
    let body = || proptest::collection::vec(instruction(), 1..8).prop_map(|v| v.join("\n"));
    prop_oneof![
        body(),
        (body(), 1..5u8).prop_map(|(b, n)| format!("movi a9, {n}\nloop a9, 5f\n{b}\nnop.n\n5:")),
        (body(), 1..4u8)
            .prop_map(|(b, n)| format!("movi a10, {n}\n6:\n{b}\naddi a10, a10, -1\nbnez a10, 6b")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn fast_and_literal_agree(blocks in proptest::collection::vec(block(), 1..6), align: bool) {
        let align = if align { ".align 4" } else { "nop.n" };
        let source = format!("main: entry a1, 32\n{}\nretw", blocks.join(&format!("\n{align}\n")));
        let program = asm::assemble(&source, CODE).unwrap();
        let mut settings = Settings::default();
        settings.memory.flash_size = 0;
        let mut sim = Simulator::new(settings);
        sim.load_program(&program).unwrap();
        let data: Vec<u8> = (0..128u32).map(|i| (i * 77 + 5) as u8).collect();
        sim.memory_mut().write(DATA, &data).unwrap();
        let start = sim.snapshot();
        let fast = sim.call("main", &[DATA, DATA + 64]).unwrap();
        let fast_core = sim.core().clone();

        sim.restore(&start);
        // Prepared like the call, but not run: an empty budget stops at once.
        sim.set_budget(0, u64::MAX);
        prop_assert!(sim.call("main", &[DATA, DATA + 64]).is_err());
        let mut literal = Literal {
            core: std::mem::replace(&mut sim.core, Core::new(Memory::empty())),
            ready: HashMap::new(),
            now: 0,
            vector_start: None,
            divider_free: 0,
            store_tenths: 0,
            stalls: Stalls::default(),
            instructions: 0,
        };
        while literal.core.next != super::run::RETURN {
            literal.step();
        }
        let listing = || disasm::listing(&disasm::disassemble(&program.bytes, CODE), &Default::default());
        prop_assert_eq!(literal.instructions, fast.instructions);
        prop_assert_eq!(literal.stalls, fast.stalls, "{}", listing());
        prop_assert_eq!(literal.now, fast.cycles);
        let state = |c: &Core| (c.ar, c.q, c.f, c.qacc, c.accx, c.br, c.memory.read(DATA, 128).unwrap().to_vec());
        prop_assert!(state(&literal.core) == state(&fast_core), "{}", listing());
    }
}
