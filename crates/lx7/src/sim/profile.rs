//! Where instructions and cycles went.

use super::Simulator;
use super::clock::{Stall, Stalls};
use crate::disasm;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Counters of one instruction address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressProfile {
    /// Address.
    pub address: u32,
    /// Disassembly.
    pub text: String,
    /// Times executed.
    pub count: u64,
    /// Cycles, stalls included.
    pub cycles: u64,
    /// Stall cycles by cause.
    pub stalls: Stalls,
}

/// Counters of one symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SymbolProfile {
    /// Name, or the address where there is none.
    pub name: String,
    /// Address of the symbol.
    pub address: u32,
    /// Instructions executed.
    pub instructions: u64,
    /// Cycles, stalls included.
    pub cycles: u64,
    /// Stall cycles by cause.
    pub stalls: Stalls,
}

/// All counters since they were last reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Instructions executed.
    pub instructions: u64,
    /// Cycles, stalls included.
    pub cycles: u64,
    /// Stall cycles by cause.
    pub stalls: Stalls,
    /// Names of the causes, in the order of all `stalls`.
    pub causes: Vec<&'static str>,
    /// By symbol, most cycles first.
    pub symbols: Vec<SymbolProfile>,
    /// By address, ascending.
    pub addresses: Vec<AddressProfile>,
}

fn add(total: &mut Stalls, part: &Stalls) {
    total.iter_mut().zip(part).for_each(|(t, p)| *t += p);
}

impl Simulator {
    /// The counters by symbol and by address.
    pub fn profile(&self) -> Profile {
        let mut symbols: BTreeMap<u32, SymbolProfile> = BTreeMap::new();
        let mut addresses = Vec::new();
        let mut stalls = Stalls::default();
        for ((slot, slot_stalls), instance) in self
            .code
            .slots
            .iter()
            .zip(&self.code.stalls)
            .zip(&self.code.instances)
        {
            let cycles = slot.count + slot_stalls.iter().sum::<u64>();
            if cycles == 0 {
                continue;
            }
            let text = instance
                .as_ref()
                .map_or(String::new(), |i| disasm::text(i, slot.pc));
            addresses.push(AddressProfile {
                address: slot.pc,
                text,
                count: slot.count,
                cycles,
                stalls: *slot_stalls,
            });
            let (address, name) = match self.symbols.at(slot.pc) {
                Some((address, symbol)) => (address, symbol.name.clone()),
                None => (slot.pc, format!("{:#010x}", slot.pc)),
            };
            let symbol = symbols.entry(address).or_insert_with(|| SymbolProfile {
                name,
                address,
                instructions: 0,
                cycles: 0,
                stalls: Stalls::default(),
            });
            symbol.instructions += slot.count;
            symbol.cycles += cycles;
            add(&mut symbol.stalls, slot_stalls);
            add(&mut stalls, slot_stalls);
        }
        addresses.sort_by_key(|a| a.address);
        let mut symbols: Vec<SymbolProfile> = symbols.into_values().collect();
        symbols.sort_by_key(|s| (std::cmp::Reverse(s.cycles), s.address));
        Profile {
            instructions: symbols.iter().map(|s| s.instructions).sum(),
            cycles: symbols.iter().map(|s| s.cycles).sum(),
            stalls,
            causes: Stall::ALL.iter().map(|s| s.name()).collect(),
            symbols,
            addresses,
        }
    }

    /// Sets the counters to 0.
    pub fn reset_profile(&mut self) {
        self.code.reset_counters();
        self.clock.stalls = Stalls::default();
        self.instructions = 0;
    }
}

/// `operand 12, branch 4`: the causes that took cycles.
fn causes(stalls: &Stalls) -> String {
    let taken = Stall::ALL.iter().filter(|s| stalls[**s as usize] != 0);
    let texts: Vec<String> = taken
        .map(|s| format!("{} {}", s.name(), stalls[*s as usize]))
        .collect();
    texts.join(", ")
}

impl Profile {
    /// A table of the symbols.
    pub fn symbol_table(&self) -> String {
        let mut text = format!(
            "{:>12} {:>12}  {:<28} stalls\n",
            "instructions", "cycles", "symbol"
        );
        for s in &self.symbols {
            let _ = writeln!(
                text,
                "{:>12} {:>12}  {:<28} {}",
                s.instructions,
                s.cycles,
                s.name,
                causes(&s.stalls)
            );
        }
        let _ = writeln!(
            text,
            "{:>12} {:>12}  {:<28} {}",
            self.instructions,
            self.cycles,
            "total",
            causes(&self.stalls)
        );
        text
    }

    /// A table of the instructions at `from..to` that were executed.
    pub fn address_table(&self, from: u32, to: u32) -> String {
        let mut text = format!(
            "{:>8}  {:>9} {:>9}  {:<44} stalls\n",
            "address", "executed", "cycles", "instruction"
        );
        for a in self
            .addresses
            .iter()
            .filter(|a| (from..to).contains(&a.address))
        {
            let _ = writeln!(
                text,
                "{:08x}  {:>9} {:>9}  {:<44} {}",
                a.address,
                a.count,
                a.cycles,
                a.text,
                causes(&a.stalls)
            );
        }
        text
    }
}
