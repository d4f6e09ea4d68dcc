//! What stands in the parentheses of `#[model(...)]`.

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token};

/// A path, and options behind it.
pub struct Arguments {
    /// The model's file, relative to the crate.
    pub path: LitStr,
    /// The budget for the arena, as [`shortcrust_compiler::budget::parse`] reads it.
    pub ram: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let path = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "name the model's file: `#[model(\"net.tflite\")]`",
            )
        })?;
        let mut arguments = Self { path, ram: None };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option: Ident = input.parse()?;
            if option != "ram" {
                return Err(syn::Error::new(
                    option.span(),
                    format!("there is no option `{option}`; the options are `ram = \"96K\"`"),
                ));
            }
            input.parse::<Token![=]>()?;
            if arguments.ram.replace(input.parse()?).is_some() {
                return Err(syn::Error::new(option.span(), "`ram` is given twice"));
            }
        }
        Ok(arguments)
    }
}
