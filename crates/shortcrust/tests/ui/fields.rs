#[shortcrust::model("net.tflite")]
struct Net {
    arena: [u8; 16],
}

fn main() {}
