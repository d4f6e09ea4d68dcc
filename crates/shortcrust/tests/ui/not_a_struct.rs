#[shortcrust::model("net.tflite")]
enum Net {}

fn main() {}
