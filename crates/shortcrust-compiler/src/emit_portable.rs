//! Writes the steps of a planned program into the Rust of [`crate::emit`], as calls of portable kernels.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::emit::{function_name, place, scalar};
use crate::graph::Element;
use crate::network::Network;
use crate::program::{Moment, Operand, Part, Step};

/// The function of a step, or of two that run at the same time: its own stack frame, so that no frame grows with the network.
pub(crate) fn function(network: &Network, moment: &Moment) -> TokenStream {
    let program = &network.program;
    let steps = &program.steps[moment.clone()];
    let node = &program.graph.nodes[steps[0].node];
    let output = program.graph.tensor(steps[0].output.tensor);
    let doc = format!(
        "Operator {}, {}: writes `{}` {:?}.",
        node.number, node.kind, output.name, output.shape
    );
    let name = function_name(moment);
    match steps {
        [first, second] => {
            let (first, second) = (Call::new(network, first), Call::new(network, second));
            let (first_count, first_access, first) = (first.reads, first.access, first.body);
            let (second_count, second_access, second) = (second.reads, second.access, second.body);
            quote! {
                #[doc = #doc]
                #[inline(never)]
                fn #name(arena: &mut ::shortcrust::Arena<ARENA>, cores: &impl ::shortcrust::Cores) {
                    const PAIR: ::shortcrust::Pair<ARENA, #first_count, #second_count> =
                        ::shortcrust::Pair::new(#first_access, #second_access);
                    let (first, second) = arena.pair(&PAIR);
                    cores.both(
                        move || { let slices = first; #first },
                        move || { let slices = second; #second },
                    );
                }
            }
        }
        _ => {
            let Call {
                reads,
                access,
                body,
            } = Call::new(network, &steps[0]);
            quote! {
                #[doc = #doc]
                #[inline(never)]
                fn #name(arena: &mut ::shortcrust::Arena<ARENA>) {
                    const ACCESS: ::shortcrust::Access<ARENA, #reads> = #access;
                    let slices = arena.access(&ACCESS);
                    #body
                }
            }
        }
    }
}

/// The call of one kernel.
struct Call {
    /// How many operands are in the arena.
    reads: Literal,
    /// The expression that says what is read and written.
    access: TokenStream,
    /// The statements that call the kernel on `slices`.
    body: TokenStream,
}

impl Call {
    fn new(network: &Network, step: &Step) -> Self {
        let mut reads = Vec::new();
        let mut names = Vec::new();
        let mut operands = Vec::new();
        let mut regions = Vec::new();
        let in_place = usize::from(step.in_place);
        let elements = step.kernel.operand_elements();
        for (position, (operand, &element)) in step
            .operands
            .iter()
            .zip(elements)
            .enumerate()
            .skip(in_place)
        {
            let scalar_type = scalar(element);
            operands.push(match operand {
                Operand::Constant(constant) => {
                    let name = format_ident!("CONSTANT_{position}");
                    let (offset, bytes) = (constant.offset, constant.bytes);
                    regions.push(quote! {
                        const #name: ::shortcrust::Region<#scalar_type, CONSTANT_BYTES> =
                            ::shortcrust::Region::new(#offset, #bytes);
                    });
                    quote!(CONSTANTS.get(&#name))
                }
                Operand::Tensor(part) => {
                    let name = format_ident!("operand_{position}");
                    reads.push(range(network, *part, &scalar_type));
                    names.push(name.clone());
                    match element {
                        Element::Int8 => quote!(#name),
                        _ => quote!(::shortcrust::cast::<#scalar_type>(#name)),
                    }
                }
            });
        }
        let output_type = scalar(step.kernel.output_element());
        let output = match step.kernel.output_element() {
            Element::Int8 => quote!(output),
            _ => quote!(::shortcrust::cast_mut::<#output_type>(output)),
        };
        let (module, kernel) = step.kernel.path();
        let (module, kernel) = (format_ident!("{module}"), format_ident!("{kernel}"));
        let parameters: TokenStream = step
            .kernel
            .parameters()
            .parse()
            .expect("the Debug text of a kernel's parameters is an expression");
        let call = match step.in_place {
            true => quote!(KERNEL.run_in_place(#output, #(#operands),*)),
            false => quote!(KERNEL.run(#(#operands,)* #output)),
        };
        let place = range(network, step.output, &output_type);
        Self {
            reads: Literal::usize_unsuffixed(reads.len()),
            access: quote!(::shortcrust::Access::new([#(#reads),*], #place)),
            body: quote! {
                use ::shortcrust::kernels::#module::#kernel;
                const KERNEL: #kernel = #parameters;
                #(#regions)*
                let ([#(#names),*], output) = slices;
                #call;
            },
        }
    }
}

/// The range (first byte, bytes) of a part of a tensor in the arena, which holds numbers of a type.
fn range(network: &Network, part: Part, scalar: &Ident) -> TokenStream {
    let (offset, bytes) = place(network, part);
    quote!(::shortcrust::place::<#scalar>(#offset, #bytes))
}
