//! Against the peer in the same run: the `microflow` crate on the same models and the same input.
//!
//! `microflow` and `shortcrust` take real numbers and give real numbers back; `run` is the generated `run()` alone. The ratios
//! are printed last.

use std::hint::black_box;
use std::path::Path;

use criterion::Criterion;
use nalgebra::SMatrix;

mod ours {
    #[shortcrust::model("../../models/person_detect.tflite")]
    pub struct PersonDetect;

    #[shortcrust::model("../../models/speech.tflite")]
    pub struct Speech;

    #[shortcrust::model("../../models/sine.tflite")]
    pub struct Sine;
}

mod peer {
    use microflow_macros::model;

    #[model("models/person_detect.tflite")]
    pub struct PersonDetect;

    #[model("models/speech.tflite")]
    pub struct Speech;

    #[model("models/sine.tflite")]
    pub struct Sine;
}

macro_rules! compare {
    ($criterion:ident, $group:literal, $net:ident, $peer_input:expr) => {
        let mut group = $criterion.benchmark_group($group);
        let input = $peer_input;
        group.bench_function("microflow", |b| {
            b.iter(|| peer::$net::predict(black_box(input)))
        });
        let mut net = Box::new(ours::$net::new());
        group.bench_function("shortcrust", |b| {
            b.iter(|| {
                for value in net.input_mut().iter_mut() {
                    *value = ours::$net::INPUT.quantise(black_box(0.5));
                }
                net.run();
                ours::$net::OUTPUT.dequantise(black_box(net.output())[0])
            });
        });
        group.bench_function("run", |b| {
            b.iter(|| {
                black_box(net.input_mut());
                net.run();
                black_box(net.output());
            });
        });
        group.finish();
    };
}

fn person_detect(criterion: &mut Criterion) {
    compare!(
        criterion,
        "person_detect",
        PersonDetect,
        [SMatrix::<[f32; 1], 96, 96>::from_element([0.5])]
    );
}

fn speech(criterion: &mut Criterion) {
    compare!(
        criterion,
        "speech",
        Speech,
        SMatrix::<f32, 1, 1960>::from_element(0.5)
    );
}

fn sine(criterion: &mut Criterion) {
    compare!(
        criterion,
        "sine",
        Sine,
        SMatrix::<f32, 1, 1>::from_element(0.5)
    );
}

/// The median time of a benchmark in nanoseconds, from what criterion stored.
fn median(directory: &Path, group: &str, benchmark: &str) -> f64 {
    let path = directory
        .join(group)
        .join(benchmark)
        .join("new/estimates.json");
    let text = std::fs::read_to_string(path).expect("criterion's estimates");
    let estimates: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    estimates["median"]["point_estimate"]
        .as_f64()
        .expect("a number")
}

fn main() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    let mut criterion = Criterion::default()
        .output_directory(&directory)
        .configure_from_args();
    person_detect(&mut criterion);
    speech(&mut criterion);
    sine(&mut criterion);
    criterion.final_summary();
    for group in ["person_detect", "speech", "sine"] {
        let [peer, whole, run] =
            ["microflow", "shortcrust", "run"].map(|name| median(&directory, group, name));
        println!(
            "{group}: microflow {:.1} us, shortcrust {:.1} us ({:.1} times faster), run() alone {:.1} us ({:.1} times)",
            peer / 1e3,
            whole / 1e3,
            peer / whole,
            run / 1e3,
            peer / run
        );
    }
}
