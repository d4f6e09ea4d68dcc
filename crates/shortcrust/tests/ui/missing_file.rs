#[shortcrust::model("there/is/no/such.tflite")]
struct Net;

fn main() {}
