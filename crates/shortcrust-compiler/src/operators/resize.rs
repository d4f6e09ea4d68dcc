//! RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR.

use shortcrust_kernels::resize_bilinear::ResizeBilinear;
use shortcrust_kernels::resize_nearest_neighbor::{ResizeNearestNeighbor, source_index};
use shortcrust_kernels::shape::Image;

use super::Lowering;
use super::windows::images;
use crate::error::{ErrorKind, Result};
use crate::graph::TensorId;
use crate::tflite::{ResizeBilinearOptions, ResizeNearestNeighborOptions};

/// The nearest neighbour: sources of rows and columns are constants.
pub fn lower_nearest_neighbor(lowering: &mut Lowering) -> Result<()> {
    let options: ResizeNearestNeighborOptions = lowering.options()?;
    let Resize {
        input,
        output,
        batches,
        from,
        to,
    } = Resize::new(lowering)?;
    let sources = |input: usize, output: usize| -> Vec<i32> {
        (0..output)
            .map(|index| {
                source_index(
                    index,
                    input,
                    output,
                    options.align_corners,
                    options.half_pixel_centers,
                ) as i32
            })
            .collect()
    };
    let rows = lowering.constant(&sources(from.height, to.height));
    let columns = lowering.constant(&sources(from.width, to.width));
    let operands = vec![lowering.operand(input), rows, columns];
    lowering.step(
        ResizeNearestNeighbor {
            batches,
            input: from,
            output: to,
        },
        operands,
        output,
    );
    Ok(())
}

/// Bilinear.
pub fn lower_bilinear(lowering: &mut Lowering) -> Result<()> {
    let options: ResizeBilinearOptions = lowering.options()?;
    if options.align_corners && options.half_pixel_centers {
        return Err(lowering.error(
            ErrorKind::Unsupported,
            "it aligns corners and takes pixels at their centres",
            "choose one of align_corners and half_pixel_centers",
        ));
    }
    let Resize {
        input,
        output,
        batches,
        from,
        to,
    } = Resize::new(lowering)?;
    let kernel = ResizeBilinear {
        batches,
        input: from,
        output: to,
        align_corners: options.align_corners,
        half_pixel_centers: options.half_pixel_centers,
    };
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}

/// The operands of both operators, checked.
struct Resize {
    input: TensorId,
    output: TensorId,
    batches: usize,
    from: Image,
    to: Image,
}

impl Resize {
    fn new(lowering: &Lowering) -> Result<Self> {
        let (input, size, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
        let (batches, from) = images(lowering, input)?;
        let (_, to) = images(lowering, output)?;
        lowering.expect_shape(size, &[2])?;
        let size = lowering.tensor(size).i32s()?;
        let [height, width] = size[..] else {
            return Err(lowering.error(
                ErrorKind::Shape,
                format!("its new size {size:?} should be a height and a width"),
                "convert the model again",
            ));
        };
        let wanted = [height, width].map(|size| usize::try_from(size).unwrap_or_default());
        lowering.expect_shape(output, &[batches, wanted[0], wanted[1], from.channels])?;
        Ok(Self {
            input,
            output,
            batches,
            from,
            to,
        })
    }
}
