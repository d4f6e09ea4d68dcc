//! What stands in the parentheses of `#[model(...)]`.

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitInt, LitStr, Token};

/// A path, and options behind it.
pub struct Arguments {
    /// The model's file, relative to the crate.
    pub path: LitStr,
    /// The budget for the arena, as [`shortcrust_compiler::budget::parse`] reads it.
    pub ram: Option<LitStr>,
    /// Where the weights are on an ESP32-S3: `"flash"` or `"ram"`.
    pub weights: Option<LitStr>,
    /// Where the kernels are on an ESP32-S3: `"iram"` or `"flash"`.
    pub code: Option<LitStr>,
    /// Cores that share each large layer: 1 or 2.
    pub cores: Option<LitInt>,
}

/// The options, as they are shown.
const OPTIONS: &str = "`ram = \"96K\"`, `weights = \"flash\"` or `\"ram\"`, `code = \"iram\"` or `\"flash\"`, `cores = 2`";

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let path = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "name the model's file: `#[model(\"net.tflite\")]`",
            )
        })?;
        let mut arguments = Self {
            path,
            ram: None,
            weights: None,
            code: None,
            cores: None,
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option: Ident = input.parse()?;
            let given_before = match option.to_string().as_str() {
                "ram" => set(&mut arguments.ram, input)?,
                "weights" => set(&mut arguments.weights, input)?,
                "code" => set(&mut arguments.code, input)?,
                "cores" => set(&mut arguments.cores, input)?,
                _ => {
                    return Err(syn::Error::new(
                        option.span(),
                        format!("there is no option `{option}`; the options are {OPTIONS}"),
                    ));
                }
            };
            if given_before {
                return Err(syn::Error::new(
                    option.span(),
                    format!("`{option}` is given twice"),
                ));
            }
        }
        Ok(arguments)
    }
}

/// Reads `= value`. Returns whether the option had a value before.
fn set<T: Parse>(option: &mut Option<T>, input: ParseStream) -> syn::Result<bool> {
    input.parse::<Token![=]>()?;
    Ok(option.replace(input.parse()?).is_some())
}

/// Whether a network is for two cores.
pub fn are_two(cores: Option<&LitInt>) -> syn::Result<bool> {
    match cores.map(LitInt::base10_parse::<u32>).transpose()? {
        None | Some(1) => Ok(false),
        Some(2) => Ok(true),
        Some(_) => Err(syn::Error::new_spanned(cores, "the chip has 1 or 2 cores")),
    }
}

/// Whether an option is the second of its two values; the first is the default.
pub fn is_second(option: Option<&LitStr>, values: [&str; 2]) -> syn::Result<bool> {
    let Some(option) = option else {
        return Ok(false);
    };
    let value = option.value();
    values
        .iter()
        .position(|known| *known == value)
        .map(|position| position == 1)
        .ok_or_else(|| {
            let [first, second] = values;
            syn::Error::new(
                option.span(),
                format!("`{value}` is neither `{first}` nor `{second}`"),
            )
        })
}
