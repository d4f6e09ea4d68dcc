#[shortcrust::model("net.tflite", flash = "1M")]
struct Net;

fn main() {}
