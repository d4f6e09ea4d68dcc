//! Writes the machine code of a planned program into the Rust of [`crate::emit`], for the ESP32-S3 alone.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::emit::{Placement, function_name, place};
use crate::error::{Error, ErrorKind, Result};
use crate::lx7::MachineCode;
use crate::network::Network;
use crate::program::{Moment, Operand};

/// Names and tokens of the kernels of one network.
pub(crate) struct Kernels {
    /// What the symbols of its kernels start with.
    prefix: String,
}

impl Kernels {
    /// Kernels of a type of this name.
    pub(crate) fn new(network: &Network, name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        network.code.functions.hash(&mut hasher);
        network.program.constants.bytes().hash(&mut hasher);
        Self {
            prefix: format!("shortcrust_{name}_{:016x}", hasher.finish()),
        }
    }

    fn symbol(&self, index: usize) -> Ident {
        format_ident!("{}_{index}", self.prefix)
    }

    fn enable_symbol(&self) -> Ident {
        format_ident!("{}_enable", self.prefix)
    }

    /// The packed weights, and those of the steps that run portable kernels.
    pub(crate) fn weight_bytes(&self, network: &Network) -> Literal {
        let packed = network.code.constants.bytes().len();
        let portable = if network.code.calls.iter().any(|call| call.is_err()) {
            network.program.constants.bytes().len()
        } else {
            0
        };
        Literal::usize_unsuffixed(packed + portable)
    }

    /// The assembly, the declarations of its symbols, and the packed weights.
    pub(crate) fn items(&self, network: &Network, placement: Placement) -> Result<TokenStream> {
        let section = if placement.code_in_flash {
            ".text.shortcrust"
        } else {
            ".rwtext.shortcrust"
        };
        let enable = MachineCode::enable().map_err(|error| {
            let problem = format!("the code that enables the vector unit: {error}");
            Error::new(
                ErrorKind::Unsupported,
                problem,
                "use the portable kernels until it is fixed",
            )
        })?;
        let functions = network.code.functions.iter().enumerate();
        let mut symbols: Vec<Ident> = functions
            .clone()
            .map(|(index, _)| self.symbol(index))
            .collect();
        let mut listings: Vec<String> = functions
            .map(|(index, function)| function.listing(&symbols[index].to_string(), section))
            .collect();
        let enable_symbol = self.enable_symbol();
        listings.push(enable.listing(&enable_symbol.to_string(), section));
        symbols.retain(|symbol| *symbol != enable_symbol);
        let bytes = network.code.constants.bytes();
        let count = Literal::usize_unsuffixed(bytes.len());
        let bytes = Literal::byte_string(bytes);
        let placed = placement
            .weights_in_ram
            .then(|| quote!(#[unsafe(link_section = ".data.shortcrust")]));
        Ok(quote! {
            // A block may hold `global_asm!` only inside a module.
            mod assembly {
                #(::core::arch::global_asm!(#listings, options(raw));)*
            }

            unsafe extern "C" {
                fn #enable_symbol();
                #(fn #symbols(_: *mut i8, _: *const i8, _: *const u8, _: *mut i8, _: *const i8);)*
            }

            #placed
            static PACKED: ::shortcrust::Constants<#count> = ::shortcrust::Constants::new(*#bytes);
        })
    }

    /// What comes before the first kernel of a run.
    pub(crate) fn enable(&self) -> TokenStream {
        let symbol = self.enable_symbol();
        quote! {
            ::shortcrust::__on_esp32s3!({
                // SAFETY: it sets a bit of CPENABLE, and touches no memory.
                unsafe { #symbol() };
            } else {});
        }
    }

    /// The function of a step, or of two that run at the same time, if they have kernels.
    pub(crate) fn function(&self, network: &Network, moment: &Moment) -> Option<TokenStream> {
        let calls = moment.clone().map(|index| self.call(network, index));
        let calls: Vec<Call> = calls.collect::<Option<_>>()?;
        let step = &network.program.steps[*moment.start()];
        let node = &network.program.graph.nodes[step.node];
        let doc = format!(
            "Operator {}, {}: {}.",
            node.number, node.kind, calls[0].method
        );
        let name = function_name(moment);
        let places = calls.iter().map(|call| &call.places);
        let arguments = calls.iter().map(|call| &call.arguments);
        let count = calls.len();
        let enable = self.enable_symbol();
        let (cores, call) = match count {
            1 => (None, quote!(unsafe { arena.call(#(#arguments),*) })),
            _ => (
                Some(quote!(cores: &impl ::shortcrust::Cores)),
                quote!(unsafe { arena.call_both([#((#arguments)),*], #enable, cores) }),
            ),
        };
        Some(quote! {
            #[doc = #doc]
            #[inline(never)]
            fn #name(arena: &mut ::shortcrust::Arena<ARENA>, #cores) {
                const CALLS: [::shortcrust::Call<ARENA>; #count] = [#(::shortcrust::Call::new #places),*];
                // SAFETY: the kernels were generated for these steps of this plan.
                #call;
            }
        })
    }

    /// The call of a step's kernel, if it has one.
    fn call(&self, network: &Network, index: usize) -> Option<Call> {
        let call = network.code.calls[index].as_ref().ok()?;
        let step = &network.program.steps[index];
        let input = |position: usize| match step.operands.get(position) {
            Some(Operand::Tensor(part)) => place(network, *part),
            _ => quote!((0, 0)),
        };
        let (first, second) = (input(0), input(1));
        let output = place(network, step.output);
        let (scratch, scratch_bytes) = (network.plan.scratch[index].offset, call.scratch_bytes);
        let (constants, constant_bytes) = (call.constants.offset, call.constants.bytes);
        let symbol = self.symbol(call.function);
        let number = usize::from(step.beside);
        Some(Call {
            places: quote!((#output, [#first, #second], (#scratch, #scratch_bytes))),
            arguments: quote!(#symbol, &CALLS[#number], PACKED.get(#constants, #constant_bytes)),
            method: call.method,
        })
    }
}

/// The call of one kernel.
struct Call {
    /// The places that it works on.
    places: TokenStream,
    /// The kernel, its places and its constants.
    arguments: TokenStream,
    /// How it computes, in words.
    method: &'static str,
}
