//! A function of one int8 value as a table: how the activations run.

/// Looks every value up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupTable;

impl LookupTable {
    /// `table` has 256 entries; a value's entry is at the value's bits as an unsigned number.
    #[inline]
    pub fn run(&self, input: &[i8], table: &[i8], output: &mut [i8]) {
        debug_assert_eq!(input.len(), output.len());
        let Some(table) = table.first_chunk::<256>() else {
            return;
        };
        for (output, &input) in output.iter_mut().zip(input) {
            *output = entry(table, input);
        }
    }

    /// Writes the entries over the values.
    #[inline]
    pub fn run_in_place(&self, values: &mut [i8], table: &[i8]) {
        let Some(table) = table.first_chunk::<256>() else {
            return;
        };
        for value in values {
            *value = entry(table, *value);
        }
    }
}

#[inline]
fn entry(table: &[i8; 256], value: i8) -> i8 {
    table
        .get(usize::from(value as u8))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_values_are_in_the_upper_half() {
        let table: [i8; 256] = core::array::from_fn(|index| (index as u8 as i8).wrapping_neg());
        let mut output = [0; 4];
        LookupTable.run(&[0, 1, -1, -128], &table, &mut output);
        assert_eq!(output, [0, -1, 1, -128]);
        LookupTable.run_in_place(&mut output, &table);
        assert_eq!(output, [0, 1, -1, -128]);
    }
}
