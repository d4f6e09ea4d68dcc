//! The symbols of machine code are global: no two networks of a program may disturb each other through them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use shortcrust_compiler::emit::{Item, Placement, emit};
use shortcrust_compiler::network::Network;

/// What comes before a program's or a library's code without the standard library.
const BARE: &str = "#![no_std]\n";

/// A bundled network.
fn network(name: &str) -> Network {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    Network::open(&models.join(format!("{name}.tflite"))).expect("it is bundled")
}

/// The assembly of a network's type.
fn listings(network: &Network, name: &str, placement: Placement) -> Vec<String> {
    let item = Item {
        attributes: TokenStream::new(),
        visibility: TokenStream::new(),
        name: match name.strip_prefix("r#") {
            Some(name) => Ident::new_raw(name, Span::call_site()),
            None => Ident::new(name, Span::call_site()),
        },
        placement,
    };
    let mut listings = Vec::new();
    collect(emit(network, &item).expect("it compiles"), &mut listings);
    listings
}

/// The string literals that `global_asm!` is called with.
fn collect(tokens: TokenStream, listings: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        let called = index.checked_sub(2).map(|before| &tokens[before]);
        match called {
            Some(TokenTree::Ident(ident)) if *ident == "global_asm" => {
                let listing = group.stream().into_iter().next().expect("a listing");
                listings.push(listing.to_string());
            }
            _ => collect(group.stream(), listings),
        }
    }
}

/// The symbol that a listing defines: both come as a literal, with its line breaks escaped.
fn symbol(listing: &str) -> &str {
    let (_, rest) = listing.split_once(".weak ").expect("a symbol");
    rest.split('\\').next().expect("a name")
}

/// Every place that a network's code and weights can have.
fn placements() -> impl Iterator<Item = Placement> {
    [(false, false), (false, true), (true, false), (true, true)]
        .map(|(weights_in_ram, code_in_flash)| Placement {
            weights_in_ram,
            code_in_flash,
        })
        .into_iter()
}

/// Networks for one core and for two.
fn networks() -> Vec<Network> {
    ["person_detect", "speech", "sine"]
        .into_iter()
        .flat_map(|name| {
            let halves = network(name).on_two_cores().expect("it compiles");
            [network(name), halves]
        })
        .collect()
}

#[test]
fn equal_symbols_stand_for_equal_code_in_the_same_place() {
    let mut known = BTreeMap::new();
    for network in networks() {
        for placement in placements() {
            for listing in listings(&network, "Net", placement) {
                let symbol = symbol(&listing).to_owned();
                let before = known.insert(symbol.clone(), listing.clone());
                assert!(before.is_none_or(|before| before == listing), "{symbol}");
            }
        }
    }
}

#[test]
fn code_in_flash_is_other_code() {
    let speech = network("speech");
    let symbols = |code_in_flash| {
        let placement = Placement {
            code_in_flash,
            ..Placement::default()
        };
        let listings = listings(&speech, "Net", placement);
        let symbols: BTreeSet<String> = listings.iter().map(|l| symbol(l).to_owned()).collect();
        assert_eq!(symbols.len(), speech.code.functions.len() + 1);
        symbols
    };
    assert!(symbols(false).is_disjoint(&symbols(true)));
}

#[test]
fn a_symbol_is_a_name_for_every_assembler() {
    for name in ["Net", "r#type", "Größe", "ネット"] {
        for listing in listings(&network("sine"), name, Placement::default()) {
            let symbol = symbol(&listing);
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(symbol.chars().all(plain), "{symbol}");
        }
    }
}

/// Compiles a source in a folder.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn compile(folder: &Path, name: &str, source: &str, arguments: &[&str]) {
    let file = folder.join(format!("{name}.rs"));
    std::fs::write(&file, source).expect("the folder is there");
    let output = Command::new("rustc")
        .args(["--edition", "2024", "-C", "panic=abort", "-L", "."])
        .args(arguments)
        .arg(&file)
        .current_dir(folder)
        .output()
        .expect("rustc runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
}

/// Listings are bytes and directives, which an assembler for another processor takes as well.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn networks_of_one_name_link_in_modules_and_in_crates() {
    let speech = network("speech");
    let mut modules = String::new();
    let mut symbols = BTreeSet::new();
    for (index, placement) in placements().chain(placements()).enumerate() {
        let listings = listings(&speech, "Net", placement);
        symbols.extend(listings.iter().map(|listing| symbol(listing).to_owned()));
        let assembly: String = listings
            .iter()
            .map(|listing| format!("::core::arch::global_asm!({listing}, options(raw));\n"))
            .collect();
        modules += &format!("mod module_{index} {{\n{assembly}}}\n");
    }
    let declarations: String = symbols.iter().map(|s| format!("fn {s}();\n")).collect();
    let sum: String = symbols
        .iter()
        .map(|s| format!("sum = sum.wrapping_add({s} as *const () as usize);\n"))
        .collect();
    let library = format!(
        "{BARE}{modules}unsafe extern \"C\" {{\n{declarations}}}\n\
         pub fn sum() -> usize {{ let mut sum = 0usize; {sum} sum }}\n"
    );
    let program = format!(
        "{BARE}#![no_main]\n{modules}unsafe extern \"C\" {{\n{declarations}}}\n\
         fn sum() -> usize {{ let mut sum = 0usize; {sum} sum }}\n\
         #[link(name = \"c\")] unsafe extern \"C\" {{}}\n\
         #[panic_handler] fn panic(_: &core::panic::PanicInfo) -> ! {{ loop {{}} }}\n\
         #[unsafe(no_mangle)] extern \"C\" fn main() -> i32 {{\n\
         i32::from(first::sum() != sum() || second::sum() != sum()) }}\n"
    );
    for optimised in [&["-C", "lto=fat", "-O"][..], &["-C", "codegen-units=4"][..]] {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("symbols{}", optimised.len()));
        std::fs::create_dir_all(&folder).expect("a folder for tests");
        for name in ["first", "second"] {
            compile(&folder, name, &library, &["--crate-type", "rlib"]);
        }
        let crates = ["--extern", "first", "--extern", "second", "-o", "program"];
        compile(&folder, "program", &program, &[optimised, &crates].concat());
        // All three speak of the same functions.
        let status = Command::new(folder.join("program"))
            .status()
            .expect("it runs");
        assert_eq!(status.code(), Some(0));
    }
}
