//! From bytes to a graph: everything that later stages rely on is checked here.

use std::collections::{HashMap, HashSet};

use flatbuffers::{Follow, ForwardsUOffset, Vector, VerifierOptions};

use super::operator_names::operator_name;
use super::options::{self, Options};
use super::schema::{Model, Operator, SubGraph, Tensor as RawTensor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Graph, Node, Padding, Tensor, TensorId};

/// What every `.tflite` file has at byte 4.
const IDENTIFIER: &[u8] = b"TFL3";

/// The version of the schema since 2017.
const VERSION: u32 = 3;

/// The code of operators that are not builtin.
const CUSTOM: i32 = 32;

/// Constants may together be this many times as long as the file, for tensors may share a buffer.
const CONSTANTS_PER_FILE: usize = 4;

/// What to do about a file that is not sound.
const CONVERT_AGAIN: &str = "the file is damaged or was not written by a TensorFlow Lite converter: convert the model again";

/// Reads a `.tflite` file.
///
/// # Errors
/// The file is not sound, or holds something that no later stage supports; the error names the operator and the tensor.
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
    let subgraphs: Vec<SubGraph> = model.subgraphs().into_iter().flatten().collect();
    let [subgraph] = subgraphs[..] else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "it has {} subgraphs, exactly one is supported",
                subgraphs.len()
            ),
            "convert the model without control flow (IF, WHILE, CALL_ONCE), and with one signature",
        ));
    };
    Reader {
        model,
        subgraph,
        bytes: bytes.len(),
        constants: 0,
        tensors: Vec::new(),
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
    let limits = VerifierOptions {
        max_depth: 16,
        max_tables: bytes.len(),
        // Tensors may share a buffer, and vtables are shared: what is visited may exceed the file, within reason.
        max_apparent_size: bytes.len().saturating_mul(16),
        ..VerifierOptions::default()
    };
    let root = flatbuffers::root_with_opts::<Model>(&limits, bytes);
    root.map_err(|error| {
        let detail = error.to_string();
        let first = detail
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches('.')
            .to_owned();
        Error::new(
            ErrorKind::Format,
            format!("it is truncated or corrupt: {first}"),
            CONVERT_AGAIN,
        )
    })
}

/// The elements of a vector that may be absent.
fn items<'a, T: Follow<'a> + 'a>(
    vector: Option<Vector<'a, T>>,
) -> impl Iterator<Item = T::Inner> + use<'a, T> {
    vector.into_iter().flatten()
}

/// The element of an index that the file states.
fn at<'a, T: Follow<'a> + 'a>(
    vector: Option<Vector<'a, ForwardsUOffset<T>>>,
    index: u32,
) -> Option<T::Inner> {
    let vector = vector?;
    let index = usize::try_from(index).ok()?;
    (index < vector.len()).then(|| vector.get(index))
}

/// One subgraph on its way into a [`Graph`]: tensors are read when something names them.
struct Reader<'a> {
    model: Model<'a>,
    subgraph: SubGraph<'a>,
    bytes: usize,
    constants: usize,
    tensors: Vec<Tensor>,
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
        };
        fill_empty_constants(&mut graph);
        super::check::check(&graph)?;
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
            Error::new(ErrorKind::Format, problem, CONVERT_AGAIN).at_operator(number, "unknown")
        })?;
        // Files from before and after the code outgrew 8 bits.
        let builtin = code
            .builtin_code()
            .max(i32::from(code.deprecated_builtin_code()));
        if builtin == CUSTOM {
            let name: Vec<u8> = items(code.custom_code()).collect();
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the custom operator `{}` is not supported",
                    String::from_utf8_lossy(&name)
                ),
                "build the network from TensorFlow Lite's builtin operators",
            )
            .at_operator(number, "CUSTOM"));
        }
        let kind = operator_name(builtin).ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("its code {builtin} is not an operator of TensorFlow Lite"),
                "convert the model with a released TensorFlow Lite converter",
            )
            .at_operator(number, "unknown")
        })?;
        self.operands(number, kind, operator)
            .map_err(|error| error.at_operator(number, kind))
    }

    fn operands(
        &mut self,
        number: usize,
        kind: &'static str,
        operator: Operator<'a>,
    ) -> Result<Node> {
        let options = match operator.builtin_options() {
            None => Options::None,
            Some(table) => {
                options::read(operator.builtin_options_type(), &table).map_err(|field| {
                    Error::new(
                        ErrorKind::Format,
                        format!("its option `{field}` has no meaning"),
                        CONVERT_AGAIN,
                    )
                })?
            }
        };
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
        let name: Vec<u8> = items(raw.name()).collect();
        let name = match name.is_empty() {
            true => format!("tensor {index}"),
            false => String::from_utf8_lossy(&name).into_owned(),
        };
        let mut tensor = super::tensor::header(&raw, name)?;
        tensor.data = self.data(&raw, &tensor)?;
        self.tensors.push(tensor);
        let id = TensorId(self.tensors.len() - 1);
        self.ids.insert(index, id);
        Ok(id)
    }

    /// The contents of a constant; `None` for an activation.
    fn data(&mut self, raw: &RawTensor<'a>, tensor: &Tensor) -> Result<Option<Vec<u8>>> {
        if raw.buffer() == 0 {
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
        let Some(data) = buffer.data().filter(|data| !data.is_empty()) else {
            return Ok(None);
        };
        if data.len() != tensor.bytes() {
            return Err(format(format!(
                "its buffer holds {} bytes, its shape and type ({}) need {}",
                data.len(),
                tensor.element.rust_name(),
                tensor.bytes()
            )));
        }
        self.constants += data.len();
        if self.constants > self.bytes * CONSTANTS_PER_FILE {
            return Err(format("too many tensors share one buffer".to_owned()));
        }
        if tensor.element == Element::Bool && data.bytes().iter().any(|&byte| byte > 1) {
            return Err(format("a boolean is neither 0 nor 1".to_owned()));
        }
        Ok(Some(data.bytes().to_vec()))
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
