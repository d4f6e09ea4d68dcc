#[shortcrust::model]
struct Net;

fn main() {}
