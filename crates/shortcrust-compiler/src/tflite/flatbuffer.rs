//! FlatBuffers: numbers, vectors and tables in little-endian bytes.
//!
//! A file is verified as a whole, then read. Nothing needs to be aligned: TensorFlow Lite reads files whose vectors lie anywhere.

use std::marker::PhantomData;

/// What is verified may be this many times as long as the file: tables may share what they refer to, within reason.
const VISITED_PER_FILE: usize = 16;

/// Why bytes are not a FlatBuffer.
#[derive(Debug, PartialEq)]
pub(super) struct Invalid(pub(super) String);

/// Verifies a file and reads its root table.
pub(super) fn root<'a, T: Value<'a>>(bytes: &'a [u8]) -> Result<T, Invalid> {
    let mut verifier = Verifier {
        bytes,
        remaining: bytes.len().saturating_mul(VISITED_PER_FILE),
    };
    T::verify(&mut verifier, 0)?;
    Ok(T::read(bytes, 0))
}

/// What a table's field or a vector's element may hold.
pub(super) trait Value<'a>: Copy {
    /// The bytes that it takes in the table or vector: its own, or those of the offset that leads to it.
    const BYTES: usize;

    /// Whether an offset leads to it.
    const BEHIND_OFFSET: bool;

    /// Verifies the value at a position, and everything that it leads to.
    fn verify(verifier: &mut Verifier<'a>, position: usize) -> Result<(), Invalid>;

    /// Reads the value at a position that has been verified.
    fn read(bytes: &'a [u8], position: usize) -> Self;
}

/// Follows offsets through a file and keeps account of how much is visited.
pub(super) struct Verifier<'a> {
    bytes: &'a [u8],
    remaining: usize,
}

impl<'a> Verifier<'a> {
    fn range(&mut self, start: usize, length: usize) -> Result<(), Invalid> {
        let end = start.saturating_add(length);
        if end > self.bytes.len() {
            return Err(Invalid(format!(
                "something is said to lie at bytes {start} to {end}, and the file has {}",
                self.bytes.len()
            )));
        }
        self.remaining = self.remaining.checked_sub(length).ok_or_else(|| {
            Invalid("its tables lead to the same contents over and over".to_owned())
        })?;
        Ok(())
    }

    fn number<N: Value<'a>>(&mut self, position: usize) -> Result<N, Invalid> {
        N::verify(self, position)?;
        Ok(N::read(self.bytes, position))
    }

    /// Where the offset at a position leads.
    fn target(&mut self, position: usize) -> Result<usize, Invalid> {
        let offset: u32 = self.number(position)?;
        Ok(position.saturating_add(offset as usize))
    }

    /// The table behind the offset at a position, without its fields.
    pub(super) fn table(&mut self, position: usize) -> Result<Table<'a>, Invalid> {
        let start = self.target(position)?;
        let back: i32 = self.number(start)?;
        let fields = start as i64 - i64::from(back);
        let fields = usize::try_from(fields).map_err(|_| {
            Invalid(format!(
                "the table at byte {start} has its fields before the file"
            ))
        })?;
        let length: u16 = self.number(fields)?;
        self.range(fields, usize::from(length))?;
        Ok(Table::read(self.bytes, position))
    }

    /// A field of a table, where it is present.
    pub(super) fn field<T: Value<'a>>(
        &mut self,
        table: Table<'a>,
        number: usize,
    ) -> Result<(), Invalid> {
        match table.position(number) {
            Some(position) => T::verify(self, position),
            None => Ok(()),
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl<'a> Value<'a> for $number {
            const BYTES: usize = size_of::<Self>();
            const BEHIND_OFFSET: bool = false;

            fn verify(verifier: &mut Verifier<'a>, position: usize) -> Result<(), Invalid> {
                verifier.range(position, Self::BYTES)
            }

            fn read(bytes: &'a [u8], position: usize) -> Self {
                let bytes = bytes[position..].first_chunk().expect("verified to be inside of the file");
                Self::from_le_bytes(*bytes)
            }
        }
    )*};
}

numbers!(u8, i8, u16, u32, i32, u64, i64, f32);

impl<'a> Value<'a> for bool {
    const BYTES: usize = 1;
    const BEHIND_OFFSET: bool = false;

    fn verify(verifier: &mut Verifier<'a>, position: usize) -> Result<(), Invalid> {
        u8::verify(verifier, position)
    }

    fn read(bytes: &'a [u8], position: usize) -> Self {
        u8::read(bytes, position) != 0
    }
}

/// A vector of numbers or tables.
#[derive(Clone, Copy)]
pub(super) struct Vector<'a, T> {
    bytes: &'a [u8],
    start: usize,
    len: usize,
    element: PhantomData<T>,
}

impl<'a, T: Value<'a>> Vector<'a, T> {
    pub(super) fn len(self) -> usize {
        self.len
    }

    pub(super) fn get(self, index: usize) -> Option<T> {
        (index < self.len).then(|| T::read(self.bytes, self.start + index * T::BYTES))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = T> + use<'a, T> {
        (0..self.len).map_while(move |index| self.get(index))
    }
}

/// The elements of a vector that may be absent.
pub(super) fn items<'a, T: Value<'a>>(
    vector: Option<Vector<'a, T>>,
) -> impl Iterator<Item = T> + use<'a, T> {
    vector.into_iter().flat_map(Vector::iter)
}

impl<'a> Vector<'a, u8> {
    pub(super) fn bytes(self) -> &'a [u8] {
        &self.bytes[self.start..][..self.len]
    }
}

impl<'a, T: Value<'a>> Value<'a> for Vector<'a, T> {
    const BYTES: usize = u32::BYTES;
    const BEHIND_OFFSET: bool = true;

    fn verify(verifier: &mut Verifier<'a>, position: usize) -> Result<(), Invalid> {
        let target = verifier.target(position)?;
        let len: u32 = verifier.number(target)?;
        let start = target + u32::BYTES;
        verifier.range(start, (len as usize).saturating_mul(T::BYTES))?;
        if T::BEHIND_OFFSET {
            for index in 0..len as usize {
                T::verify(verifier, start + index * T::BYTES)?;
            }
        }
        Ok(())
    }

    fn read(bytes: &'a [u8], position: usize) -> Self {
        let target = position + u32::read(bytes, position) as usize;
        Self {
            bytes,
            start: target + u32::BYTES,
            len: u32::read(bytes, target) as usize,
            element: PhantomData,
        }
    }
}

/// A table, of which no field is verified yet.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    start: usize,
    /// Where the list of field positions starts.
    fields: usize,
}

impl<'a> Table<'a> {
    /// Where a field lies; `None` where the table leaves it out.
    fn position(self, number: usize) -> Option<usize> {
        // The list begins with its own length and the table's.
        let entry = (2 + number) * u16::BYTES;
        let length = usize::from(u16::read(self.bytes, self.fields));
        if entry + u16::BYTES > length {
            return None;
        }
        let offset = usize::from(u16::read(self.bytes, self.fields + entry));
        (offset > 0).then(|| self.start + offset)
    }

    /// A field that was verified with this type.
    pub(super) fn get<T: Value<'a>>(self, number: usize) -> Option<T> {
        let position = self.position(number)?;
        Some(T::read(self.bytes, position))
    }
}

impl<'a> Value<'a> for Table<'a> {
    const BYTES: usize = u32::BYTES;
    const BEHIND_OFFSET: bool = true;

    fn verify(verifier: &mut Verifier<'a>, position: usize) -> Result<(), Invalid> {
        verifier.table(position).map(|_| ())
    }

    fn read(bytes: &'a [u8], position: usize) -> Self {
        let start = position + u32::read(bytes, position) as usize;
        let back = i64::from(i32::read(bytes, start));
        Self {
            bytes,
            start,
            fields: (start as i64 - back) as usize,
        }
    }
}
