//! A progress bar on standard error; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for a number of things to do; it disappears when it is dropped.
pub fn bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("  {bar:32.green} {pos}/{len} {wide_msg:.dim}")
    {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar
}
