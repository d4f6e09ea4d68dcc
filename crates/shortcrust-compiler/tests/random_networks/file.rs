//! A graph as the bytes of a `.tflite` file.

use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};
use shortcrust_compiler::graph::{Element, Graph, Node, Tensor};
use shortcrust_compiler::tflite::Options;

type Offset = WIPOffset<UnionWIPOffset>;
type File = FlatBufferBuilder<'static>;

/// The codes of the operators (tensorflow/lite/schema/schema.fbs, BuiltinOperator).
#[rustfmt::skip]
const CODES: [(&str, i32); 38] = [
    ("ADD", 0), ("ARG_MAX", 56), ("AVERAGE_POOL_2D", 1), ("CONCATENATION", 2), ("CONV_2D", 3), ("DEPTHWISE_CONV_2D", 4),
    ("DEQUANTIZE", 6), ("EXPAND_DIMS", 70), ("FULLY_CONNECTED", 9), ("GATHER", 36), ("HARD_SWISH", 117),
    ("LEAKY_RELU", 98), ("LOGISTIC", 14), ("MAXIMUM", 55), ("MAX_POOL_2D", 17), ("MEAN", 40), ("MINIMUM", 57),
    ("MUL", 18), ("PACK", 83), ("PAD", 34), ("PADV2", 60), ("QUANTIZE", 114), ("RELU", 19), ("RELU6", 21),
    ("RESHAPE", 22), ("RESIZE_BILINEAR", 23), ("RESIZE_NEAREST_NEIGHBOR", 97), ("SLICE", 65), ("SOFTMAX", 25),
    ("SPLIT", 49), ("SQUEEZE", 43), ("STRIDED_SLICE", 45), ("SUB", 41), ("SUM", 74), ("TANH", 28),
    ("TRANSPOSE", 39), ("TRANSPOSE_CONV", 67), ("UNPACK", 88),
];

/// The bytes of a file with this graph.
pub fn bytes(graph: &Graph) -> Vec<u8> {
    let mut b = FlatBufferBuilder::new();
    let codes: Vec<Offset> = CODES
        .iter()
        .map(|(_, code)| {
            let code = *code;
            table(&mut b, |b| {
                b.push_slot::<i8>(slot(0), code as i8, 0);
                b.push_slot::<i32>(slot(3), code, 0);
            })
        })
        .collect();
    let codes = b.create_vector(&codes);
    // Buffer 0 is empty by convention.
    let contents = [Vec::new()];
    let contents = contents.iter().chain(
        graph
            .tensors
            .iter()
            .filter_map(|tensor| tensor.data.as_ref()),
    );
    let buffers: Vec<Offset> = contents
        .map(|data| {
            let data = b.create_vector(data);
            table(&mut b, |b| b.push_slot_always(slot(0), data))
        })
        .collect();
    let buffers = b.create_vector(&buffers);
    let subgraph = subgraph(&mut b, graph);
    let subgraphs = b.create_vector(&[subgraph]);
    let root = table(&mut b, |b| {
        b.push_slot::<u32>(slot(0), 3, 0);
        b.push_slot_always(slot(1), codes);
        b.push_slot_always(slot(2), subgraphs);
        b.push_slot_always(slot(4), buffers);
    });
    b.finish(root, Some("TFL3"));
    b.finished_data().to_vec()
}

fn subgraph(b: &mut File, graph: &Graph) -> Offset {
    let mut buffers = 0;
    let tensors: Vec<Offset> = graph
        .tensors
        .iter()
        .map(|t| {
            buffers += u32::from(t.data.is_some());
            tensor(b, t, if t.data.is_some() { buffers } else { 0 })
        })
        .collect();
    let tensors = b.create_vector(&tensors);
    let operators: Vec<Offset> = graph.nodes.iter().map(|node| operator(b, node)).collect();
    let operators = b.create_vector(&operators);
    let [inputs, outputs] = [&graph.inputs, &graph.outputs].map(|ids| {
        let ids: Vec<i32> = ids.iter().map(|id| id.0 as i32).collect();
        b.create_vector(&ids)
    });
    table(b, |b| {
        b.push_slot_always(slot(0), tensors);
        b.push_slot_always(slot(1), inputs);
        b.push_slot_always(slot(2), outputs);
        b.push_slot_always(slot(3), operators);
    })
}

fn tensor(b: &mut File, tensor: &Tensor, buffer: u32) -> Offset {
    let name = b.create_string(&tensor.name);
    let shape: Vec<i32> = tensor.shape.iter().map(|&size| size as i32).collect();
    let shape = b.create_vector(&shape);
    let quantisation = tensor.quantisation.as_ref().map(|quantisation| {
        let scales = b.create_vector(&quantisation.scales);
        let zero_points: Vec<i64> = quantisation.zero_points.iter().map(|&z| z.into()).collect();
        let zero_points = b.create_vector(&zero_points);
        table(b, |b| {
            b.push_slot_always(slot(2), scales);
            b.push_slot_always(slot(3), zero_points);
            b.push_slot::<i32>(slot(6), quantisation.axis as i32, 0);
        })
    });
    let element: i8 = match tensor.element {
        Element::Float32 => 0,
        Element::Int32 => 2,
        Element::UInt8 => 3,
        Element::Int64 => 4,
        Element::Int16 => 7,
        Element::Int8 => 9,
        other => unreachable!("no random graph has {other:?}"),
    };
    table(b, |b| {
        b.push_slot_always(slot(0), shape);
        b.push_slot::<i8>(slot(1), element, 0);
        b.push_slot::<u32>(slot(2), buffer, 0);
        b.push_slot_always(slot(3), name);
        if let Some(quantisation) = quantisation {
            b.push_slot_always(slot(4), quantisation);
        }
    })
}

fn operator(b: &mut File, node: &Node) -> Offset {
    let inputs: Vec<i32> = node
        .inputs
        .iter()
        .map(|id| id.map_or(-1, |id| id.0 as i32))
        .collect();
    let inputs = b.create_vector(&inputs);
    let outputs: Vec<i32> = node.outputs.iter().map(|id| id.0 as i32).collect();
    let outputs = b.create_vector(&outputs);
    let options = options(b, &node.options);
    let code = CODES.iter().position(|(kind, _)| *kind == node.kind);
    table(b, |b| {
        b.push_slot::<u32>(slot(0), code.expect("a listed operator") as u32, 0);
        b.push_slot_always(slot(1), inputs);
        b.push_slot_always(slot(2), outputs);
        if let Some((kind, options)) = options {
            b.push_slot::<u8>(slot(3), kind, 0);
            b.push_slot_always(slot(4), options);
        }
    })
}

/// A field of an options table.
enum Field {
    Byte(i8),
    Number(i32),
    Real(f32),
    Flag(bool),
    Numbers(Vec<i32>),
}

/// An options table with its code in the schema; its fields stand in the order of their slots.
fn options(b: &mut File, options: &Options) -> Option<(u8, Offset)> {
    use Field::{Byte, Flag, Number, Numbers, Real};
    let (kind, fields) = match options {
        Options::None => return None,
        Options::Conv2D(o) => (
            1,
            vec![
                (0, Byte(o.padding as i8)),
                (1, Number(o.stride_w)),
                (2, Number(o.stride_h)),
                (3, Byte(o.fused_activation_function as i8)),
                (4, Number(o.dilation_w_factor)),
                (5, Number(o.dilation_h_factor)),
            ],
        ),
        Options::DepthwiseConv2D(o) => (
            2,
            vec![
                (0, Byte(o.padding as i8)),
                (1, Number(o.stride_w)),
                (2, Number(o.stride_h)),
                (3, Number(o.depth_multiplier)),
                (4, Byte(o.fused_activation_function as i8)),
                (5, Number(o.dilation_w_factor)),
                (6, Number(o.dilation_h_factor)),
            ],
        ),
        Options::Pool2D(o) => (
            5,
            vec![
                (0, Byte(o.padding as i8)),
                (1, Number(o.stride_w)),
                (2, Number(o.stride_h)),
                (3, Number(o.filter_width)),
                (4, Number(o.filter_height)),
                (5, Byte(o.fused_activation_function as i8)),
            ],
        ),
        Options::FullyConnected(o) => (
            8,
            vec![
                (0, Byte(o.fused_activation_function as i8)),
                (1, Byte(o.weights_format)),
                (2, Flag(o.keep_num_dims)),
            ],
        ),
        Options::Softmax(o) => (9, vec![(0, Real(o.beta))]),
        Options::Concatenation(o) => (
            10,
            vec![
                (0, Number(o.axis)),
                (1, Byte(o.fused_activation_function as i8)),
            ],
        ),
        Options::Add(o) => (11, vec![(0, Byte(o.fused_activation_function as i8))]),
        Options::ResizeBilinear(o) => (
            15,
            vec![(2, Flag(o.align_corners)), (3, Flag(o.half_pixel_centers))],
        ),
        Options::Reshape(o) => (17, vec![(0, Numbers(o.new_shape.clone()))]),
        Options::Mul(o) => (21, vec![(0, Byte(o.fused_activation_function as i8))]),
        Options::Gather(o) => (23, vec![(0, Number(o.axis)), (1, Number(o.batch_dims))]),
        Options::Reducer(o) => (27, vec![(0, Flag(o.keep_dims))]),
        Options::Sub(o) => (28, vec![(0, Byte(o.fused_activation_function as i8))]),
        Options::Squeeze(o) => (30, vec![(0, Numbers(o.squeeze_dims.clone()))]),
        Options::StridedSlice(o) => (
            32,
            vec![
                (0, Number(o.begin_mask)),
                (1, Number(o.end_mask)),
                (2, Number(o.ellipsis_mask)),
                (3, Number(o.new_axis_mask)),
                (4, Number(o.shrink_axis_mask)),
                (5, Flag(o.offset)),
            ],
        ),
        Options::Split(o) => (35, vec![(0, Number(o.num_splits))]),
        Options::ArgMax(o) => (40, vec![(0, Byte(o.output_type))]),
        Options::TransposeConv(o) => (
            49,
            vec![
                (0, Byte(o.padding as i8)),
                (1, Number(o.stride_w)),
                (2, Number(o.stride_h)),
                (3, Byte(o.fused_activation_function as i8)),
            ],
        ),
        Options::Pack(o) => (59, vec![(0, Number(o.values_count)), (1, Number(o.axis))]),
        Options::Unpack(o) => (64, vec![(0, Number(o.num)), (1, Number(o.axis))]),
        Options::ResizeNearestNeighbor(o) => (
            74,
            vec![(0, Flag(o.align_corners)), (1, Flag(o.half_pixel_centers))],
        ),
        Options::LeakyRelu(o) => (75, vec![(0, Real(o.alpha))]),
        other => unreachable!("no random graph has {other:?}"),
    };
    let vectors: Vec<_> = fields
        .iter()
        .map(|(_, field)| match field {
            Numbers(numbers) => Some(b.create_vector(numbers)),
            _ => None,
        })
        .collect();
    let table = table(b, |b| {
        for ((number, field), vector) in fields.iter().zip(vectors) {
            match *field {
                Byte(value) => b.push_slot_always(slot(*number), value),
                Number(value) => b.push_slot_always(slot(*number), value),
                Real(value) => b.push_slot_always(slot(*number), value),
                Flag(value) => b.push_slot_always(slot(*number), value),
                Numbers(_) => {
                    if let Some(vector) = vector {
                        b.push_slot_always(slot(*number), vector);
                    }
                }
            }
        }
    });
    Some((kind, table))
}

fn slot(number: u16) -> u16 {
    4 + 2 * number
}

fn table(b: &mut File, fields: impl FnOnce(&mut File)) -> Offset {
    let start = b.start_table();
    fields(b);
    WIPOffset::new(b.end_table(start).value())
}
