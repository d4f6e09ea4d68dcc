//! From bytes to a graph, as the file states it.
//!
//! The file is verified here. What its operators and tensors are is judged later, when it is known which of them count.

use std::collections::{HashMap, HashSet};

use super::flatbuffer::{self, Invalid, Value, Vector, items};
use super::operator_names::operator_name;
use super::options::{self, Options};
use super::schema::{Model, Operator, SubGraph, Tensor as RawTensor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Graph, Node, Padding, Tensor, TensorId};

/// What every `.tflite` file has at byte 4.
const IDENTIFIER: &[u8] = b"TFL3";

/// The version of the schema since 2017.
const VERSION: u32 = 3;

/// Constants may together be this many times as long as the file, for tensors may share a buffer.
const CONSTANTS_PER_FILE: usize = 4;

/// What to do about a file that is not sound.
const CONVERT_AGAIN: &str = "the file is damaged or was not written by a TensorFlow Lite converter: convert the model again";

/// Reads a `.tflite` file: its first subgraph, which is the network. Others are of no consequence unless an operator calls them.
///
/// # Errors
/// The file is not sound. What is wrong with a tensor alone is noted in [`Graph::faults`].
pub fn read(bytes: &[u8]) -> Result<Graph> {
    let model = verify(bytes)?;
    if model.version() != VERSION {
        return Err(Error::new(
            ErrorKind::Format,
            format!(
                "it has version {} of the schema, version {VERSION} is supported",
                model.version()
            ),
            "convert the model again with a current TensorFlow Lite converter",
        ));
    }
    let subgraph = at(model.subgraphs(), 0)
        .ok_or_else(|| Error::new(ErrorKind::Format, "it has no network", CONVERT_AGAIN))?;
    Reader {
        model,
        subgraph,
        bytes: bytes.len(),
        constants: 0,
        tensors: Vec::new(),
        faults: HashMap::new(),
        ids: HashMap::new(),
    }
    .read()
}

/// Checks that every offset stays inside of the file.
fn verify(bytes: &[u8]) -> Result<Model<'_>> {
    if bytes.get(4..8) != Some(IDENTIFIER) {
        let problem = match bytes {
            [] => "the file is empty".to_owned(),
            _ if bytes.len() < 8 => format!("the file has only {} bytes", bytes.len()),
            _ => "it is not a .tflite file: the identifier TFL3 is missing at byte 4".to_owned(),
        };
        return Err(Error::new(
            ErrorKind::Format,
            problem,
            "pass a model that a TensorFlow Lite converter wrote",
        ));
    }
    flatbuffer::root::<Model>(bytes).map_err(|Invalid(detail)| {
        Error::new(
            ErrorKind::Format,
            format!("it is truncated or corrupt: {detail}"),
            CONVERT_AGAIN,
        )
    })
}

/// The element of an index that the file states.
fn at<'a, T: Value<'a>>(vector: Option<Vector<'a, T>>, index: u32) -> Option<T> {
    vector?.get(usize::try_from(index).ok()?)
}

/// A name, which need not be UTF-8.
fn text(bytes: Option<Vector<u8>>) -> String {
    String::from_utf8_lossy(bytes.map_or(&[], Vector::bytes)).into_owned()
}

/// An operator's options.
fn options(operator: Operator) -> Options {
    if let Some(table) = operator.builtin_options() {
        return options::read(operator.builtin_options_type(), table);
    }
    match operator.composite().map(|options| text(options.name())) {
        Some(name) if !name.is_empty() => Options::Named(name),
        _ => Options::None,
    }
}

/// One subgraph on its way into a [`Graph`]: tensors are read when something names them.
struct Reader<'a> {
    model: Model<'a>,
    subgraph: SubGraph<'a>,
    bytes: usize,
    constants: usize,
    tensors: Vec<Tensor>,
    faults: HashMap<TensorId, Error>,
    ids: HashMap<u32, TensorId>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Graph> {
        let operators: Vec<Operator> = items(self.subgraph.operators()).collect();
        if operators.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "its network has no operators",
                "convert a network that computes something",
            ));
        }
        let inputs = self.ports("input", self.subgraph.inputs())?;
        let outputs = self.ports("output", self.subgraph.outputs())?;
        let mut nodes = Vec::with_capacity(operators.len());
        for (number, operator) in operators.into_iter().enumerate() {
            nodes.push(self.node(number, operator)?);
        }
        let mut graph = Graph {
            tensors: self.tensors,
            nodes,
            inputs,
            outputs,
            faults: self.faults,
        };
        fill_empty_constants(&mut graph);
        Ok(graph)
    }

    /// The tensors at the network's ends.
    fn ports(&mut self, name: &str, indices: Option<Vector<'a, i32>>) -> Result<Vec<TensorId>> {
        let ids: Vec<TensorId> = items(indices)
            .map(|index| self.tensor(index))
            .collect::<Result<_>>()?;
        if ids.is_empty() {
            return Err(Error::new(
                ErrorKind::Format,
                format!("its network has no {name}"),
                format!("convert a network with at least one {name}"),
            ));
        }
        Ok(ids)
    }

    fn node(&mut self, number: usize, operator: Operator<'a>) -> Result<Node> {
        let code = at(self.model.operator_codes(), operator.opcode_index()).ok_or_else(|| {
            let problem = format!(
                "it has the operator code {}, which the file does not list",
                operator.opcode_index()
            );
            Error::new(ErrorKind::Format, problem, CONVERT_AGAIN).at_operator(number, "UNKNOWN")
        })?;
        // Files from before and after the code outgrew 8 bits.
        let builtin = code
            .builtin_code()
            .max(i32::from(code.deprecated_builtin_code()));
        let (kind, options) = match operator_name(builtin) {
            Some("CUSTOM") => ("CUSTOM", Options::Named(text(code.custom_code()))),
            Some(kind) => (kind, options(operator)),
            None => ("UNKNOWN", Options::Named(builtin.to_string())),
        };
        self.operands(number, kind, options, operator)
            .map_err(|error| error.at_operator(number, kind))
    }

    fn operands(
        &mut self,
        number: usize,
        kind: &'static str,
        options: Options,
        operator: Operator<'a>,
    ) -> Result<Node> {
        let inputs = items(operator.inputs())
            .map(|index| {
                if index == -1 {
                    Ok(None)
                } else {
                    self.tensor(index).map(Some)
                }
            })
            .collect::<Result<_>>()?;
        let outputs = items(operator.outputs())
            .map(|index| self.tensor(index))
            .collect::<Result<_>>()?;
        Ok(Node {
            number,
            kind,
            inputs,
            outputs,
            options,
            folded_padding: Padding::default(),
        })
    }

    /// The tensor of an index in the file, read when it is first named.
    fn tensor(&mut self, index: i32) -> Result<TensorId> {
        let missing = || {
            Error::new(
                ErrorKind::Format,
                format!("there is no tensor {index}"),
                CONVERT_AGAIN,
            )
        };
        let index = u32::try_from(index).map_err(|_| missing())?;
        if let Some(&id) = self.ids.get(&index) {
            return Ok(id);
        }
        let raw = at(self.subgraph.tensors(), index).ok_or_else(missing)?;
        let name = match text(raw.name()) {
            name if name.is_empty() => format!("tensor {index}"),
            name => name,
        };
        let id = TensorId(self.tensors.len());
        self.ids.insert(index, id);
        let tensor = super::tensor::header(&raw, &name).and_then(|tensor| {
            let data = self.data(&raw, &tensor)?;
            Ok(Tensor { data, ..tensor })
        });
        let tensor = tensor.unwrap_or_else(|fault| {
            self.faults.insert(id, fault);
            super::tensor::without_shape(&raw, name)
        });
        self.tensors.push(tensor);
        Ok(id)
    }

    /// The contents of a constant; `None` for an activation.
    fn data(&mut self, raw: &RawTensor<'a>, tensor: &Tensor) -> Result<Option<Vec<u8>>> {
        if raw.buffer() == 0 || matches!(tensor.element, Element::Other(_)) {
            return Ok(None);
        }
        let format =
            |problem: String| tensor.blame(Error::new(ErrorKind::Format, problem, CONVERT_AGAIN));
        let buffer = at(self.model.buffers(), raw.buffer())
            .ok_or_else(|| format(format!("its buffer {} is missing", raw.buffer())))?;
        if buffer.size() > 1 {
            return Err(tensor.blame(Error::new(
                ErrorKind::Unsupported,
                "its contents lie outside of the FlatBuffer",
                "convert the model into a file below 2 GB, without external buffers",
            )));
        }
        let Some(data) = buffer
            .data()
            .map(Vector::bytes)
            .filter(|data| !data.is_empty())
        else {
            return Ok(None);
        };
        if data.len() != tensor.bytes() {
            return Err(format(format!(
                "its buffer holds {} bytes, its shape and type ({}) need {}",
                data.len(),
                tensor.element.name(),
                tensor.bytes()
            )));
        }
        self.constants += data.len();
        if self.constants > self.bytes * CONSTANTS_PER_FILE {
            return Err(format("too many tensors share one buffer".to_owned()));
        }
        if tensor.element == Element::Bool && data.iter().any(|&byte| byte > 1) {
            return Err(format("a boolean is neither 0 nor 1".to_owned()));
        }
        Ok(Some(data.to_vec()))
    }
}

/// Gives tensors without elements that nobody writes their contents: a file has no data for them.
fn fill_empty_constants(graph: &mut Graph) {
    let written = graph.nodes.iter().flat_map(|node| &node.outputs);
    let written: HashSet<TensorId> = written.chain(&graph.inputs).copied().collect();
    for (index, tensor) in graph.tensors.iter_mut().enumerate() {
        if tensor.is_empty() && !written.contains(&TensorId(index)) {
            tensor.data = Some(Vec::new());
        }
    }
}
