//! Writes small `.tflite` files, sound and broken, field by field.

use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, UnionWIPOffset, Vector, WIPOffset};

/// A tensor of the file.
#[derive(Clone)]
pub struct TensorSpec {
    pub name: &'static str,
    pub shape: Vec<i32>,
    /// The schema's code: 0 float32, 1 float16, 2 int32, 7 int16, 9 int8, 13 resource.
    pub element_type: i8,
    pub buffer: u32,
    pub scale: Vec<f32>,
    pub zero_point: Vec<i64>,
    pub variable: bool,
}

impl TensorSpec {
    /// A quantised int8 activation.
    pub fn int8(name: &'static str, shape: &[i32]) -> Self {
        Self::of(name, shape, 9)
    }

    /// An activation of any type.
    pub fn of(name: &'static str, shape: &[i32], element_type: i8) -> Self {
        Self {
            name,
            shape: shape.to_vec(),
            element_type,
            buffer: 0,
            scale: vec![0.5],
            zero_point: vec![3],
            variable: false,
        }
    }
}

/// An operator of the file: its index into the codes, inputs and outputs.
#[derive(Clone)]
pub struct OperatorSpec {
    pub code: u32,
    pub inputs: Vec<i32>,
    pub outputs: Vec<i32>,
}

/// A file. [`FileSpec::relu`] is a sound one; tests break one field of it.
#[derive(Clone)]
pub struct FileSpec {
    pub version: u32,
    pub identifier: &'static str,
    pub codes: Vec<i32>,
    /// The name of the custom operators, which have code 32.
    pub custom_code: &'static str,
    /// The name of the composite layers, which have code 206.
    pub composite: &'static str,
    pub tensors: Vec<TensorSpec>,
    pub operators: Vec<OperatorSpec>,
    pub inputs: Vec<i32>,
    pub outputs: Vec<i32>,
    pub buffers: Vec<Vec<u8>>,
    pub subgraphs: usize,
}

impl FileSpec {
    /// RELU (code 19) on eight values.
    pub fn relu() -> Self {
        Self {
            version: 3,
            identifier: "TFL3",
            codes: vec![19],
            custom_code: "",
            composite: "",
            tensors: vec![
                TensorSpec::int8("in", &[1, 8]),
                TensorSpec::int8("out", &[1, 8]),
            ],
            operators: vec![OperatorSpec {
                code: 0,
                inputs: vec![0],
                outputs: vec![1],
            }],
            inputs: vec![0],
            outputs: vec![1],
            buffers: vec![vec![]],
            subgraphs: 1,
        }
    }

    /// Adds an operator of a builtin code.
    pub fn operator(&mut self, code: i32, inputs: &[i32], outputs: &[i32]) {
        let known = self.codes.iter().position(|&known| known == code);
        let index = known.unwrap_or_else(|| {
            self.codes.push(code);
            self.codes.len() - 1
        });
        self.operators.push(OperatorSpec {
            code: index as u32,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
        });
    }

    /// Adds a tensor; gives its number.
    pub fn tensor(&mut self, tensor: TensorSpec) -> i32 {
        self.tensors.push(tensor);
        self.tensors.len() as i32 - 1
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut b = FlatBufferBuilder::new();
        let codes: Vec<_> = self
            .codes
            .iter()
            .map(|&code| {
                let custom_code = b.create_string(self.custom_code);
                table(&mut b, |b| {
                    b.push_slot::<i8>(slot(0), code.min(127) as i8, 0);
                    b.push_slot_always(slot(1), custom_code);
                    b.push_slot::<i32>(slot(3), code, 0);
                })
            })
            .collect();
        let codes = b.create_vector(&codes);
        let buffers: Vec<_> = self
            .buffers
            .iter()
            .map(|data| {
                let data = b.create_vector(data);
                table(&mut b, |b| b.push_slot_always(slot(0), data))
            })
            .collect();
        let buffers = b.create_vector(&buffers);
        let subgraphs: Vec<_> = (0..self.subgraphs).map(|_| self.subgraph(&mut b)).collect();
        let subgraphs = b.create_vector(&subgraphs);
        let root = table(&mut b, |b| {
            b.push_slot::<u32>(slot(0), self.version, 0);
            b.push_slot_always(slot(1), codes);
            b.push_slot_always(slot(2), subgraphs);
            b.push_slot_always(slot(4), buffers);
        });
        b.finish(root, Some(self.identifier));
        b.finished_data().to_vec()
    }

    fn subgraph<'a>(&self, b: &mut FlatBufferBuilder<'a>) -> WIPOffset<UnionWIPOffset> {
        let tensors: Vec<_> = self.tensors.iter().map(|tensor| tensor.write(b)).collect();
        let tensors = b.create_vector(&tensors);
        let operators: Vec<_> = self
            .operators
            .iter()
            .map(|operator| {
                let inputs = b.create_vector(&operator.inputs);
                let outputs = b.create_vector(&operator.outputs);
                let name = b.create_string(self.composite);
                let composite = table(b, |b| b.push_slot_always(slot(0), name));
                let code = self.codes.get(operator.code as usize);
                table(b, |b| {
                    if code == Some(&206) {
                        b.push_slot::<u8>(slot(11), 21, 0);
                        b.push_slot_always(slot(12), composite);
                    }
                    b.push_slot::<u32>(slot(0), operator.code, 0);
                    b.push_slot_always(slot(1), inputs);
                    b.push_slot_always(slot(2), outputs);
                })
            })
            .collect();
        let operators: WIPOffset<Vector<ForwardsUOffset<UnionWIPOffset>>> =
            b.create_vector(&operators);
        let inputs = b.create_vector(&self.inputs);
        let outputs = b.create_vector(&self.outputs);
        table(b, |b| {
            b.push_slot_always(slot(0), tensors);
            b.push_slot_always(slot(1), inputs);
            b.push_slot_always(slot(2), outputs);
            b.push_slot_always(slot(3), operators);
        })
    }
}

impl TensorSpec {
    fn write<'a>(&self, b: &mut FlatBufferBuilder<'a>) -> WIPOffset<UnionWIPOffset> {
        let name = b.create_string(self.name);
        let shape = b.create_vector(&self.shape);
        let scale = b.create_vector(&self.scale);
        let zero_point = b.create_vector(&self.zero_point);
        let quantization = table(b, |b| {
            b.push_slot_always(slot(2), scale);
            b.push_slot_always(slot(3), zero_point);
        });
        table(b, |b| {
            b.push_slot_always(slot(0), shape);
            b.push_slot::<i8>(slot(1), self.element_type, 0);
            b.push_slot::<u32>(slot(2), self.buffer, 0);
            b.push_slot_always(slot(3), name);
            b.push_slot_always(slot(4), quantization);
            b.push_slot::<bool>(slot(5), self.variable, false);
        })
    }
}

fn slot(number: u16) -> u16 {
    4 + 2 * number
}

fn table<'a>(
    b: &mut FlatBufferBuilder<'a>,
    fields: impl FnOnce(&mut FlatBufferBuilder<'a>),
) -> WIPOffset<UnionWIPOffset> {
    let start = b.start_table();
    fields(b);
    WIPOffset::new(b.end_table(start).value())
}
