//! The models that paths lead to.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::failure::{Failure, Result};
use crate::{files, golden};

/// The models that a path leads to.
#[derive(Default)]
pub struct Found {
    /// Models that have a golden file, are named by one, or are named on the command line.
    pub verifiable: Vec<PathBuf>,
    /// Models in a folder that have none.
    pub without_golden: Vec<PathBuf>,
}

/// Searches a path, folders with their subfolders.
pub fn find(path: &Path) -> Result<Found> {
    if let Err(error) = path.metadata() {
        return Err(files::unreadable(path, &error));
    }
    if !path.is_dir() {
        let model = golden::model_of(path).unwrap_or_else(|| path.to_owned());
        return Ok(Found {
            verifiable: vec![model],
            without_golden: Vec::new(),
        });
    }
    let mut found = Found::default();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let place = error.path().unwrap_or(path);
            Failure::file(
                place,
                format!("the folder cannot be read: {error}"),
                "check the path and its permissions",
            )
        })?;
        let file = entry.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "tflite")
        {
            match golden::path_of(file).exists() {
                true => found.verifiable.push(file.to_owned()),
                false => found.without_golden.push(file.to_owned()),
            }
        } else if let Some(model) = golden::model_of(file).filter(|model| !model.exists()) {
            found.verifiable.push(model);
        }
    }
    if found.verifiable.is_empty() && found.without_golden.is_empty() {
        return Err(Failure::file(
            path,
            "there is no .tflite file in this folder",
            "name a model or a folder of models",
        ));
    }
    Ok(found)
}
