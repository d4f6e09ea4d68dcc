//! Networks of one name, equal and not, and one whose name is no symbol. Only a chip can run them.

mod first {
    #[shortcrust::model("../../../../models/speech.tflite")]
    pub struct Net;
}

mod equal {
    #[shortcrust::model("../../../../models/speech.tflite")]
    pub struct Net;
}

mod weights_in_ram {
    #[shortcrust::model("../../../../models/speech.tflite", weights = "ram")]
    pub struct Net;
}

mod code_in_flash {
    #[shortcrust::model("../../../../models/speech.tflite", code = "flash")]
    pub struct Net;
}

mod two_cores {
    #[shortcrust::model("../../../../models/speech.tflite", cores = 2)]
    pub struct Net;
}

#[shortcrust::model("../../../../models/sine.tflite")]
#[allow(non_camel_case_types)]
struct r#type;

fn main() {
    let on_a_chip = std::env::args().count() > 1;
    if on_a_chip {
        first::Net::new().run();
        equal::Net::new().run();
        weights_in_ram::Net::new().run();
        code_in_flash::Net::new().run();
        two_cores::Net::new().run();
        r#type::new().run();
    }
}
