//! The network, and a test of it. build.rs puts the code of a module with this name into internal RAM.

use esp_flash::Network;
use esp_flash::bytemuck::{cast_slice, cast_slice_mut};

{% macro model(ram, cores) %}
{% set weights = ['weights = "ram"'] if weights_in_ram else [] %}
{% set options = ['"models/' ~ model_file ~ '"', 'ram = "' ~ ram ~ 'K"'] + weights + cores %}
{% if options|join(", ")|length > 70 %}
    shortcrust::model(
        {{ options|join(",\n        ") }}
    )
{%- else %}
    shortcrust::model({{ options|join(", ") }})
{%- endif %}
{% endmacro %}
/// {{ input.shape }} {{ input.element }} in, {{ output.shape }} {{ output.element }} out; {{ macs }} multiply-accumulates a run.
#[cfg_attr(
    not(feature = "dual-core"),
{{ model(ram, []) }}
)]
#[cfg_attr(
    feature = "dual-core",
{{ model(ram_of_two_cores, ["cores = 2"]) }}
)]
pub struct Net;

impl Network for Net {
    const NAME: &'static str = "{{ network }}";

    fn input_bytes_mut(&mut self) -> &mut [u8] {
        cast_slice_mut(self.input_mut())
    }

    fn output_bytes(&self) -> &[u8] {
        cast_slice(self.output())
    }
}

/// What the network is shown in its test.
pub static INPUT: &[u8; {{ input.bytes }}] = include_bytes!("../test/input.raw");

/// What it must answer: the laptop's answer.
pub static OUTPUT: &[u8; {{ output.bytes }}] = include_bytes!("../test/output.raw");
