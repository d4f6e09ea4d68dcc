//! Damaged files: none of them panics, and what is still sound computes the same everywhere.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite;

use crate::compare::{compare, is_small};
use crate::describe::describe;
use crate::random::Random;
use crate::survey::{on_all_cores, without_panic};
use crate::{file, graphs};

/// Random files above so many bytes are mostly weights.
const LARGEST_FILE: usize = 16 << 10;

/// Bundled files, in which most bytes are structure.
const BUNDLED: [&[u8]; 2] = [
    include_bytes!("../../../../models/sine.tflite"),
    include_bytes!("../../../../models/speech.tflite"),
];

/// Tries `count` damaged files: half of them were bundled ones, half of them random graphs.
///
/// # Panics
/// With each file that panicked or gave a wrong result.
pub fn survey(count: u64) {
    let failures = Mutex::new(Vec::new());
    let (tried, sound, ran) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    on_all_cores("MUTATIONS", count, |seed| {
        let bytes = damaged(seed);
        tried.fetch_add(1, Ordering::Relaxed);
        let result = without_panic(|| {
            let Ok(network) = Network::compile(&bytes) else {
                return Ok(());
            };
            sound.fetch_add(1, Ordering::Relaxed);
            let graph = tflite::read(&bytes).map_err(|error| error.to_string())?;
            if is_small(&graph, &network) {
                ran.fetch_add(1, Ordering::Relaxed);
                let steps = compare(&graph, &network, Random::seeded(seed));
                steps.map_err(|problem| format!("{problem}\n{}", describe(&graph)))?;
            }
            Ok(())
        });
        let mut failures = failures.lock().expect("no panic");
        failures.extend(result.err().map(|problem| {
            format!(
                "damaged file {seed}: {problem}\n  again: RANDOM_SEED={seed} MUTATIONS=1 cargo test --release -p \
                 shortcrust-compiler --test random_networks damaged_files"
            )
        }));
        failures.len() < 20
    });
    println!("{tried:?} damaged files, {sound:?} of them still sound, {ran:?} ran");
    let failures = failures.into_inner().expect("no panic");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let [tried, sound, ran] = [tried, sound, ran].map(AtomicU64::into_inner);
    let mixed = 0 < ran && ran <= sound && sound < tried;
    assert!(
        mixed || tried < 100,
        "damage that is found, and damage to mere weights"
    );
}

/// The damaged file of a seed.
fn damaged(seed: u64) -> Vec<u8> {
    let mut random = Random::seeded(seed ^ 0x5eed);
    let mut bytes = match seed % 4 {
        0 | 1 => BUNDLED[seed as usize % 2].to_vec(),
        _ => small_file(seed),
    };
    damage(&mut bytes, &mut random);
    bytes
}

/// The file of the first small random graph from a seed on.
fn small_file(seed: u64) -> Vec<u8> {
    let files = (seed..).map(|seed| file::bytes(&graphs::graph(seed).0));
    let mut small = files.filter(|bytes| bytes.len() <= LARGEST_FILE);
    small.next().expect("a small file")
}

/// Changes a few bytes, and now and then the length.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const INTERESTING: [u8; 8] = [0, 1, 2, 4, 127, 128, 254, 255];
    for _ in 0..=random.below(4) {
        let position = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[position] ^= 1 << random.below(8),
            1 => bytes[position] = random.of(&INTERESTING),
            2 => bytes[position] = random.below(256) as u8,
            _ => {
                let word = random
                    .of(&[0, 1, -1, i32::MAX, i32::MIN, 1 << 16])
                    .to_le_bytes();
                let end = bytes.len().min(position + 4);
                bytes[position..end].copy_from_slice(&word[..end - position]);
            }
        }
    }
    if random.once_in(16) {
        bytes.truncate(random.between(1, bytes.len()));
    }
}

/// Bytes that look like tables in places are refused.
pub fn arbitrary(count: u64) {
    let mut random = Random::seeded(0xf11e);
    for _ in 0..count {
        let mut bytes = b"\0\0\0\0TFL3".to_vec();
        bytes[0] = random.below(64) as u8;
        // Small words are offsets into the file.
        for _ in 0..random.below(64) {
            let word = match random.once_in(4) {
                true => random.next(),
                false => random.below(40) as u32,
            };
            bytes.extend(word.to_le_bytes());
        }
        bytes.truncate(random.between(8, bytes.len()));
        assert!(Network::compile(&bytes).is_err());
    }
}
