//! The `#[model]` attribute; use it as `shortcrust::model`.

mod arguments;

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use shortcrust_compiler::budget;
use shortcrust_compiler::emit::{Item, Placement, emit};
use shortcrust_compiler::error::Error;
use shortcrust_compiler::network::Network;
use syn::spanned::Spanned;

use arguments::{Arguments, are_two, is_second};

/// Turns a struct without fields into the network of a `.tflite` file.
///
/// `#[model("net.tflite")]`, the path relative to the crate's `Cargo.toml`; `#[model("net.tflite", ram = "96K")]` with a budget
/// for the arena that fails the build when the network needs more.
///
/// On an ESP32-S3 the layers run as machine code for its vector unit, from internal RAM unless `code = "flash"`, with weights read
/// from flash unless `weights = "ram"`. Its assembly needs `#![feature(asm_experimental_arch)]` at the top of the crate.
///
/// With `cores = 2`, `Model::run_on` gives half of each large layer to a second core; `run` still does all on one.
///
/// The type gets `new`, `run`, `input`, `input_mut` and `output` (`input_0`, `input_1`... where there are several), the constants
/// `ARENA_BYTES`, `WEIGHT_BYTES` and `MACS`, and `INPUT` and `OUTPUT` with the scale and zero point. The crate is compiled again
/// when the model's file changes.
#[proc_macro_attribute]
pub fn model(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let arguments: Arguments = syn::parse2(arguments)?;
    let item: syn::ItemStruct = syn::parse2(item)?;
    if !item.fields.is_empty() || !item.generics.params.is_empty() {
        return Err(syn::Error::new(
            item.fields.span(),
            "`#[model]` makes the fields itself: write `pub struct Net;`, without fields and parameters",
        ));
    }
    let directory = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let path = directory.join(arguments.path.value());
    let at_path = |error: Error| render(arguments.path.span(), &error);
    let mut network = Network::open(&path).map_err(at_path)?;
    if are_two(arguments.cores.as_ref())? {
        let halves = network.on_two_cores();
        network = halves.map_err(|error| at_path(error.in_file(&path)))?;
    }
    if let Some(ram) = &arguments.ram {
        budget::parse(&ram.value())
            .and_then(|bytes| budget::check(&network, bytes))
            .map_err(|error| render(ram.span(), &error.in_file(&path)))?;
    }
    let placement = Placement {
        weights_in_ram: is_second(arguments.weights.as_ref(), ["flash", "ram"])?,
        code_in_flash: is_second(arguments.code.as_ref(), ["iram", "flash"])?,
    };
    let attributes = &item.attrs;
    let code = emit(
        &network,
        &Item {
            attributes: quote!(#(#attributes)*),
            visibility: item.vis.to_token_stream(),
            name: item.ident.clone(),
            placement,
        },
    )
    .map_err(|error| at_path(error.in_file(&path)))?;
    // Naming the file here makes cargo compile the crate again when it changes.
    let path = path.to_string_lossy();
    Ok(quote! {
        #code
        const _: &[u8] = ::core::include_bytes!(#path);
    })
}

fn render(span: proc_macro2::Span, error: &Error) -> syn::Error {
    syn::Error::new(span, format!("{error}\nhelp: {}", error.remedy))
}
