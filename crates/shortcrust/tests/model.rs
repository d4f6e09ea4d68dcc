//! `#[model]` as a user sees it.

use std::thread;

use shortcrust::{Buffer, Buffer1D, Buffer2D, Buffer4D, Model, OneCore, SecondCore};

#[shortcrust::model("../../models/person_detect.tflite", ram = "55296")]
/// Sees people.
pub(crate) struct PersonDetect;

#[shortcrust::model("../../models/person_detect.tflite", cores = 2)]
struct Halves;

#[shortcrust::model("../../models/sine.tflite")]
struct Sine;

/// Two inputs, int8 and uint8, and five outputs: the first as int16, the second as float32 beside constants, and three constants, of
/// which a TRANSPOSE of a constant makes the last.
#[shortcrust::model("tests/ends.tflite")]
struct Ends;

#[test]
fn shapes_and_costs_are_constants() {
    const ARENA: usize = PersonDetect::ARENA_BYTES;
    const { assert!(ARENA <= 55_296) };
    assert_eq!(size_of::<PersonDetect>(), ARENA);
    assert_eq!(align_of::<PersonDetect>(), 16);
    assert_eq!(PersonDetect::MACS, 7_157_888);
    assert_eq!(
        <PersonDetect as Model>::WEIGHT_BYTES,
        PersonDetect::WEIGHT_BYTES
    );
    assert_eq!(
        <Buffer4D<i8, 1, 96, 96, 1> as Buffer>::SHAPE,
        [1, 96, 96, 1]
    );

    let mut net = Box::new(PersonDetect::new());
    let input: &mut Buffer4D<i8, 1, 96, 96, 1> = net.input_mut();
    assert_eq!(input.as_ptr().addr() % 16, 0);
    let output: &Buffer2D<i8, 1, 2> = net.output();
    assert_eq!(output.as_ptr().addr() % 16, 0);
}

#[test]
fn sine_is_a_sine() {
    let mut net = Sine::default();
    // The bundled network leaves the sine near the end of the period it was trained on.
    for step in 0..=50 {
        let x = step as f32 * 0.1;
        net.input_mut()[0] = Sine::INPUT.quantise(x);
        net.run();
        let y = Sine::OUTPUT.dequantise(net.output()[0]);
        assert!((y - x.sin()).abs() < 0.15, "sin({x}) = {y}");
    }
}

#[test]
fn a_run_leaves_no_trace_in_the_next() {
    let mut net = Box::new(PersonDetect::new());
    let mut scores = |value: i8| {
        net.input_mut().fill(value);
        net.run();
        net.output().0
    };
    let first = scores(-128);
    assert_ne!(scores(77), first);
    assert_eq!(scores(-128), first);
}

#[test]
fn layers_are_reported_one_by_one() {
    let mut net = Box::new(PersonDetect::new());
    net.input_mut().fill(55);
    net.run();
    let whole = net.output().0;
    net.input_mut().fill(55);
    let mut finished = Vec::new();
    net.run_layers(&OneCore, |layer| finished.push(PersonDetect::LAYERS[layer]));
    assert_eq!(net.output().0, whole);
    assert_eq!(finished, PersonDetect::LAYERS);
    assert!(finished[0].ends_with("CONV_2D"), "{finished:?}");
}

#[test]
fn two_cores_compute_what_one_computes() {
    let second = SecondCore::new();
    let (mut whole, mut halves) = (PersonDetect::new(), Halves::new());
    thread::scope(|scope| {
        scope.spawn(|| second.work());
        while !second.works() {
            thread::yield_now();
        }
        for run in 0..8_usize {
            for (index, pixel) in whole.input_mut().iter_mut().enumerate() {
                *pixel = (index * (2 * run + 1) / 7) as i8;
            }
            halves.input_mut().copy_from_slice(whole.input());
            whole.run();
            halves.run_on(&second);
            assert_eq!(whole.output(), halves.output(), "run {run}");
        }
        second.dismiss();
    });
}

#[test]
fn halves_run_on_one_core_as_well() {
    let (mut whole, mut halves) = (PersonDetect::new(), Halves::new());
    whole.input_mut().fill(40);
    halves.input_mut().fill(40);
    whole.run();
    let mut layers = 0;
    halves.run_layers(&OneCore, |_| layers += 1);
    assert_eq!(whole.output(), halves.output());
    assert_eq!(
        (layers, Halves::LAYERS),
        (PersonDetect::LAYERS.len(), PersonDetect::LAYERS)
    );
}

#[test]
fn ends_are_of_every_type_and_constants_are_outputs() {
    let mut net = Ends::new();
    net.input_0_mut()
        .copy_from_slice(&[-128, -7, 3, 4, 60, 127, 0, 1]);
    net.input_1_mut()
        .copy_from_slice(&[0, 3, 4, 131, 200, 255, 130, 132]);
    net.run();
    // TFLite Micro's answers.
    let wide: &Buffer2D<i16, 1, 8> = net.output_0();
    assert_eq!(**wide, [-6550, -500, 0, 50, 2850, 6200, -150, -100]);
    let reals: &Buffer2D<f32, 2, 6> = net.output_1();
    assert_eq!(
        **reals,
        [
            -2.62, -2.56, -2.54, 0.0, 1.5, -2.0, 1.38, 2.48, -0.02, 0.02, 3.0, 0.25
        ]
    );
    let flags: &Buffer1D<u8, 3> = net.output_2();
    assert_eq!(**flags, [1, 0, 1]);
    let version: &Buffer1D<i64, 2> = net.output_3();
    assert_eq!(**version, [-5, 1 << 40]);
    let anchors: &Buffer2D<i8, 3, 2> = net.output_4();
    assert_eq!(**anchors, [1, 4, 2, 5, 3, 6]);
}
