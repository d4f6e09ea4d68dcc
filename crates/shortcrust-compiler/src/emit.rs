//! Writes a planned program as Rust: the type, its constants, and one function per step or pair of steps.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

use crate::emit_kernels::Kernels;
use crate::emit_portable;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Tensor, TensorId};
use crate::network::Network;
use crate::program::{Moment, Part, Step};

/// The type under construction: what the user wrote before the attribute took over.
pub struct Item {
    /// Its attributes and doc comments.
    pub attributes: TokenStream,
    /// Its visibility.
    pub visibility: TokenStream,
    /// Its name.
    pub name: Ident,
    /// Where its parts are on an ESP32-S3.
    pub placement: Placement,
}

/// Where the parts of a network are on an ESP32-S3.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placement {
    /// Weights are copied to internal RAM at start, rather than read from flash.
    pub weights_in_ram: bool,
    /// Kernels run from flash, rather than from internal RAM.
    pub code_in_flash: bool,
}

/// Emits the type, its methods and the statics behind them.
///
/// # Errors
/// A tensor that is an input or output and has no buffer type.
pub fn emit(network: &Network, item: &Item) -> Result<TokenStream> {
    let Item {
        attributes,
        visibility,
        name,
        placement,
    } = item;
    let program = &network.program;
    let arena = Literal::usize_unsuffixed(network.plan.arena_bytes);
    let weights = Literal::usize_unsuffixed(program.constants.bytes().len());
    let weight_bytes = Literal::byte_string(program.constants.bytes());
    let macs = Literal::u64_unsuffixed(program.total_macs());
    let inputs = ports(network, &program.graph.inputs, "input", true)?;
    let outputs = ports(network, &program.graph.outputs, "output", false)?;
    let kernels = Kernels::new(network, &name.to_string(), *placement)?;
    let moments: Vec<Moment> = program.moments().collect();
    let steps = moments.iter().map(|moment| {
        let portable = emit_portable::function(network, moment);
        match kernels.function(network, moment) {
            Some(chip) => quote!(::shortcrust::__on_esp32s3!({ #chip } else { #portable });),
            None => portable,
        }
    });
    let chip_weights = kernels.weight_bytes(network);
    let weight_count = quote!(::shortcrust::__on_esp32s3!({ #chip_weights } else { #weights }));
    let chip_items = kernels.items(network, *placement);
    let model = model(network, item, &kernels, &moments);
    Ok(quote! {
        #attributes
        #visibility struct #name {
            arena: ::shortcrust::Arena<#arena>,
        }

        #[allow(clippy::all, clippy::pedantic, clippy::nursery, unused)]
        const _: () = {
            use ::shortcrust::kernels::integer::Integer;
            use ::shortcrust::kernels::shape::{Activation, Broadcast, Image, Window};
            use ::shortcrust::kernels::sum_scales::SumScales;

            const ARENA: usize = #arena;
            const CONSTANT_BYTES: usize = #weights;
            static CONSTANTS: ::shortcrust::Constants<CONSTANT_BYTES> = ::shortcrust::Constants::new(*#weight_bytes);

            impl #name {
                /// The size of the arena in bytes, inputs and outputs included.
                pub const ARENA_BYTES: usize = ARENA;
                /// The size of the constants in bytes.
                pub const WEIGHT_BYTES: usize = #weight_count;
                /// The multiply-accumulates of one run.
                pub const MACS: u64 = #macs;

                /// A network whose inputs are all zero bytes.
                pub const fn new() -> Self {
                    Self { arena: ::shortcrust::Arena::new() }
                }

                #inputs
                #outputs

                /// Computes the outputs from the inputs, whose storage is used again: fill every input before every run.
                pub fn run(&mut self) {
                    ::shortcrust::Model::run(self);
                }
            }

            impl ::core::default::Default for #name {
                fn default() -> Self {
                    Self::new()
                }
            }

            #model

            ::shortcrust::__on_esp32s3!({ #chip_items } else {});

            #(#steps)*
        };
    })
}

/// What the type is as a model: a call for each moment, and the names of the layers.
fn model(network: &Network, item: &Item, kernels: &Kernels, moments: &[Moment]) -> TokenStream {
    let (program, name) = (&network.program, &item.name);
    let enable = kernels.enable();
    let calls = moments.iter().enumerate().map(|(number, moment)| {
        let (name, number) = (function_name(moment), Literal::usize_unsuffixed(number));
        let cores = (moment.start() != moment.end()).then(|| quote!(, cores));
        quote!(#name(&mut self.arena #cores); finished(#number);)
    });
    let weights_in_ram = item.placement.weights_in_ram;
    let cores = Literal::usize_unsuffixed(program.cores());
    let layers = moments
        .iter()
        .map(|moment| layer(network, &program.steps[*moment.start()]));
    quote! {
        impl ::shortcrust::Model for #name {
            const ARENA_BYTES: usize = ARENA;
            const WEIGHT_BYTES: usize = Self::WEIGHT_BYTES;
            const WEIGHTS_IN_RAM: bool = #weights_in_ram;
            const CORES: usize = #cores;
            const MACS: u64 = Self::MACS;

            const LAYERS: &'static [&'static str] = &[#(#layers),*];

            fn run_layers(&mut self, cores: &impl ::shortcrust::Cores, mut finished: impl FnMut(usize)) {
                #enable
                #(#calls)*
            }
        }
    }
}

/// Constants and accessors of the inputs, or of the outputs. With one of them the name has no number.
fn ports(
    network: &Network,
    tensors: &[TensorId],
    name: &str,
    mutable: bool,
) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    for (index, &id) in tensors.iter().enumerate() {
        let tensor = network.program.graph.tensor(id);
        let get = match tensors.len() {
            1 => format_ident!("{name}"),
            _ => format_ident!("{name}_{index}"),
        };
        let buffer = buffer(tensor)?;
        let offset = network.plan.offset(&network.program, id).ok_or_else(|| {
            tensor.blame(Error::new(
                ErrorKind::Unsupported,
                format!("this {name} of the network is a constant"),
                "remove it from the network",
            ))
        })?;
        let slot = quote!(::shortcrust::Slot<#buffer, ARENA>);
        let slot = quote! { const SLOT: #slot = ::shortcrust::Slot::new(#offset); };
        let doc = format!("The {name} `{}`, {:?}.", tensor.name, tensor.shape);
        tokens.extend(quote! {
            #[doc = #doc]
            #[inline]
            pub fn #get(&self) -> &#buffer {
                #slot
                self.arena.get(&SLOT)
            }
        });
        if mutable {
            let get_mut = format_ident!("{get}_mut");
            tokens.extend(quote! {
                #[doc = #doc]
                #[inline]
                pub fn #get_mut(&mut self) -> &mut #buffer {
                    #slot
                    self.arena.get_mut(&SLOT)
                }
            });
        }
        if let Ok((scale, zero_point)) = tensor.per_tensor() {
            let constant = Ident::new(&get.to_string().to_uppercase(), Span::call_site());
            let doc = format!("The scale and zero point of the {name} `{}`.", tensor.name);
            tokens.extend(quote! {
                #[doc = #doc]
                pub const #constant: ::shortcrust::Quantisation =
                    ::shortcrust::Quantisation { scale: #scale, zero_point: #zero_point };
            });
        }
    }
    Ok(tokens)
}

/// The buffer type of an input or output.
fn buffer(tensor: &Tensor) -> Result<TokenStream> {
    let scalar = scalar(tensor.element);
    let sizes = tensor
        .shape
        .iter()
        .map(|&size| Literal::usize_unsuffixed(size));
    match tensor.shape.len() {
        0 => Ok(quote!(::shortcrust::Buffer1D<#scalar, 1>)),
        rank @ 1..=6 => {
            let name = format_ident!("Buffer{rank}D");
            Ok(quote!(::shortcrust::#name<#scalar, #(#sizes),*>))
        }
        rank => Err(tensor.blame(Error::new(
            ErrorKind::Unsupported,
            format!("inputs and outputs have at most 6 axes, this one has {rank}"),
            "reshape it in the network",
        ))),
    }
}

/// What a step is called in measurements: the operator's number and kind.
fn layer(network: &Network, step: &Step) -> String {
    let node = &network.program.graph.nodes[step.node];
    format!("{} {}", node.number, node.kind)
}

/// The function of a step, or of two that run at the same time.
pub(crate) fn function_name(moment: &Moment) -> Ident {
    format_ident!("step_{}", moment.start())
}

/// The first byte and the bytes of a part of a tensor in the arena.
pub(crate) fn place(network: &Network, part: Part) -> (usize, usize) {
    let offset = network.plan.offset(&network.program, part.tensor);
    let offset = offset.expect("steps use planned tensors") + part.offset;
    (offset, part.bytes)
}

/// The Rust type that buffers and kernels have for an element: a byte for a boolean, since not every byte is one.
pub(crate) fn scalar(element: Element) -> Ident {
    let name = match element {
        Element::Bool => Element::UInt8.rust_name(),
        element => element.rust_name(),
    };
    Ident::new(name, Span::call_site())
}
