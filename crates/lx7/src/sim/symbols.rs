//! Names of addresses.

use std::collections::BTreeMap;

/// A named address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Name.
    pub name: String,
    /// Size in bytes, 0 if unknown.
    pub size: u32,
    /// Whether it is code.
    pub function: bool,
}

/// Symbols by address and by name.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    by_address: BTreeMap<u32, Symbol>,
    by_name: BTreeMap<String, u32>,
}

impl Symbols {
    /// Adds a symbol; where an address has several, functions win.
    pub fn add(&mut self, address: u32, symbol: Symbol) {
        self.by_name.insert(symbol.name.clone(), address);
        let keep = self
            .by_address
            .get(&address)
            .is_some_and(|s| s.function || !symbol.function);
        if !keep {
            self.by_address.insert(address, symbol);
        }
    }

    /// Adds all symbols of `other`.
    pub fn extend(&mut self, other: &Symbols) {
        for (address, symbol) in other.iter() {
            self.add(address, symbol.clone());
        }
        let names = other.by_name.iter();
        self.by_name.extend(names.map(|(n, a)| (n.clone(), *a)));
    }

    /// Address of a name.
    pub fn address(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// The symbol that holds `address`, with its own address. Symbols of unknown
    /// size reach up to the next one.
    pub fn at(&self, address: u32) -> Option<(u32, &Symbol)> {
        let (&start, symbol) = self.by_address.range(..=address).next_back()?;
        (symbol.size == 0 || address - start < symbol.size).then_some((start, symbol))
    }

    /// `name+0x12`, or the bare number where nothing is known.
    pub fn describe(&self, address: u32) -> String {
        match self.at(address) {
            Some((start, symbol)) if start == address => symbol.name.clone(),
            Some((start, symbol)) => format!("{}+{:#x}", symbol.name, address - start),
            None => format!("{address:#010x}"),
        }
    }

    /// All symbols in address order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Symbol)> {
        self.by_address.iter().map(|(a, s)| (*a, s))
    }
}
