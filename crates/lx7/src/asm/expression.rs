//! Constant expressions in assembly text.

/// A number, possibly relative to labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub number: i64,
    /// Labels that count positively and negatively; `.` is a label, too.
    pub plus: Vec<String>,
    pub minus: Vec<String>,
}

impl Value {
    fn number(number: i64) -> Self {
        Value {
            number,
            plus: Vec::new(),
            minus: Vec::new(),
        }
    }

    fn constant(&self) -> Result<i64, String> {
        if self.plus.is_empty() && self.minus.is_empty() {
            Ok(self.number)
        } else {
            Err("labels can only be added and subtracted".to_owned())
        }
    }
}

/// Parses an expression; names found in `constants` are numbers, others labels.
pub(super) fn parse(text: &str, constants: &dyn Fn(&str) -> Option<i64>) -> Result<Value, String> {
    let mut parser = Parser {
        rest: text.trim(),
        constants,
        depth: 0,
    };
    let value = parser.sum()?;
    if parser.rest.is_empty() {
        Ok(value)
    } else {
        Err(format!(
            "`{}` is left over behind an expression",
            parser.rest
        ))
    }
}

struct Parser<'a> {
    rest: &'a str,
    constants: &'a dyn Fn(&str) -> Option<i64>,
    depth: u32,
}

impl Parser<'_> {
    fn accept(&mut self, token: &str) -> bool {
        if let Some(rest) = self.rest.strip_prefix(token) {
            self.rest = rest.trim_start();
            true
        } else {
            false
        }
    }

    fn sum(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("the expression is nested too deeply".to_owned());
        }
        let mut left = self.product()?;
        loop {
            if self.accept("+") {
                let right = self.product()?;
                left.number = left.number.wrapping_add(right.number);
                left.plus.extend(right.plus);
                left.minus.extend(right.minus);
            } else if self.accept("-") {
                let right = self.product()?;
                left.number = left.number.wrapping_sub(right.number);
                left.plus.extend(right.minus);
                left.minus.extend(right.plus);
            } else {
                self.depth -= 1;
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Value, String> {
        let mut left = self.unary()?;
        loop {
            let operators = ["*", "/", "%", "<<", ">>", "&", "|", "^"];
            let Some(operator) = operators.into_iter().find(|o| self.accept(o)) else {
                return Ok(left);
            };
            let (a, b) = (left.constant()?, self.unary()?.constant()?);
            let shift = u32::try_from(b).ok().filter(|s| *s < 64);
            let number = match operator {
                "*" => Some(a.wrapping_mul(b)),
                "/" => a.checked_div(b),
                "%" => a.checked_rem(b),
                "<<" => shift.map(|s| a << s),
                ">>" => shift.map(|s| a >> s),
                "&" => Some(a & b),
                "|" => Some(a | b),
                _ => Some(a ^ b),
            };
            left =
                Value::number(number.ok_or_else(|| format!("`{a} {operator} {b}` has no value"))?);
        }
    }

    fn unary(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("the expression is nested too deeply".to_owned());
        }
        let value = if self.accept("-") {
            let v = self.unary()?;
            Value {
                number: v.number.wrapping_neg(),
                plus: v.minus,
                minus: v.plus,
            }
        } else if self.accept("+") {
            self.unary()?
        } else if self.accept("~") {
            Value::number(!self.unary()?.constant()?)
        } else if self.accept("(") {
            let value = self.sum()?;
            if !self.accept(")") {
                return Err("`)` is missing".to_owned());
            }
            value
        } else {
            self.atom()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn atom(&mut self) -> Result<Value, String> {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || "_.$'".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        if word.is_empty() {
            return Err("a number or label is missing".to_owned());
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) && !word.ends_with(['f', 'b'])
            || word.starts_with("0x")
            || word.starts_with("0b") && word.len() > 2
        {
            return number(word)
                .map(Value::number)
                .ok_or_else(|| format!("`{word}` is no number"));
        }
        if let Some(number) = (self.constants)(word) {
            return Ok(Value::number(number));
        }
        Ok(Value {
            number: 0,
            plus: vec![word.to_owned()],
            minus: Vec::new(),
        })
    }
}

fn number(text: &str) -> Option<i64> {
    let text = text.to_ascii_lowercase();
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0b") => (&text[2..], 2),
        _ => (text.as_str(), 10),
    };
    i64::from_str_radix(digits, radix).ok()
}
