//! Damaged files: the compiler never panics on any of them.
//!
//! `MUTATIONS=1000000 cargo test --release -p shortcrust-compiler --test mutations` makes the long run.

use shortcrust_compiler::network::Network;

/// How many damaged files a plain test run tries for each model.
const MUTATIONS: u64 = 2_000;

/// Xorshift: the same files in every run.
struct Random(u64);

impl Random {
    fn next(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

/// Changes a few bytes, most of them in the tables rather than in the weights, and now and then the length.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const INTERESTING: [u8; 8] = [0, 1, 2, 4, 127, 128, 254, 255];
    for _ in 0..=random.next(4) {
        let position = random.next(bytes.len());
        match random.next(4) {
            0 => bytes[position] ^= 1 << random.next(8),
            1 => bytes[position] = INTERESTING[random.next(INTERESTING.len())],
            2 => bytes[position] = random.next(256) as u8,
            _ => {
                let word = [0, 1, -1, i32::MAX, i32::MIN, 1 << 16][random.next(6)].to_le_bytes();
                let end = bytes.len().min(position + 4);
                bytes[position..end].copy_from_slice(&word[..end - position]);
            }
        }
    }
    if random.next(16) == 0 {
        bytes.truncate(random.next(bytes.len()));
    }
}

#[test]
fn damaged_files_do_not_panic() {
    let count = std::env::var("MUTATIONS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(MUTATIONS);
    // Small files, in which most bytes are structure.
    let models: [&[u8]; 2] = [
        include_bytes!("../../../models/sine.tflite"),
        include_bytes!("../../../models/speech.tflite"),
    ];
    let mut random = Random(0x5eed);
    let mut accepted = 0;
    for number in 0..count {
        let mut bytes = models[number as usize % models.len()].to_vec();
        damage(&mut bytes, &mut random);
        if !bytes.is_empty() {
            accepted += u64::from(Network::compile(&bytes).is_ok());
        }
    }
    println!("{count} damaged files, {accepted} of them still sound");
    assert!(
        accepted > 0 && accepted < count,
        "damage that is found, and damage to mere weights"
    );
}

#[test]
fn arbitrary_bytes_do_not_panic() {
    let mut random = Random(0xf11e);
    for _ in 0..100_000 {
        let mut bytes = b"\0\0\0\0TFL3".to_vec();
        bytes[0] = random.next(64) as u8;
        // Small words are offsets into the file, so that much of it looks like tables.
        for _ in 0..random.next(64) {
            let word = match random.next(4) {
                0 => random.next(usize::MAX) as u32,
                _ => random.next(40) as u32,
            };
            bytes.extend(word.to_le_bytes());
        }
        bytes.truncate(8 + random.next(bytes.len()));
        assert!(Network::compile(&bytes).is_err());
    }
}
