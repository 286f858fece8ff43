package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.OneDnn.check;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_a;
import static org.bytedeco.dnnl.global.dnnl.dnnl_ab;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_format_tag_any;
import static org.bytedeco.dnnl.global.dnnl.dnnl_fpmath_mode_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_matmul_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_get_size;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_fpmath_mode_v2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scales;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scales_mask;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scratchpad_mode;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_scratchpad_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_weights_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_scratchpad_mode_user;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * A matrix product compiled for one shape: {@code [rows x inputs] * [inputs x outputs] -> [rows x outputs]}, the result
 * row-major in floats. Immutable; any number of threads may execute it, each through its own {@link OneDnnCall}.
 */
final class OneDnnProduct implements AutoCloseable {
    private static final int BY_OUTPUT = 2;
    private static final int BY_INPUT_AND_OUTPUT = 3;

    /** What the weights of a product are laid out for. */
    record Shape(WeightForm form, int inputs, int outputs) {
        /** Numbers from one row of activations to the next: whole cache lines, but no power of two. */
        int inputStride() {
            int line = 64 / form.inputBytes;
            return (inputs + line - 1) / line * line + line;
        }

        dnnl_memory_desc scales() {
            return form.scaleGroup == 0
                    ? OneDnn.tagged(dnnl_f32, dnnl_a, outputs)
                    : OneDnn.tagged(dnnl_f32, dnnl_ab, inputs / form.scaleGroup, outputs);
        }

        int scaleCount() {
            return form.scaleGroup == 0 ? outputs : inputs / form.scaleGroup * outputs;
        }
    }

    private final Shape shape;
    private final int rows;
    private final dnnl_memory_desc input;
    private final dnnl_memory_desc output;
    private final dnnl_primitive_desc description = new dnnl_primitive_desc();
    private final dnnl_primitive primitive = new dnnl_primitive();

    /**
     * @param weights the packed layout that another product of the shape chose; null to choose one
     * @throws UnsupportedOperationException where the library has no fast implementation on this processor
     */
    OneDnnProduct(OneDnn library, Shape shape, int rows, dnnl_memory_desc weights) {
        this.shape = shape;
        this.rows = rows;
        WeightForm form = shape.form();
        input = OneDnn.strided(form.inputType, rows, shape.inputs(), shape.inputStride(), 1);
        output = OneDnn.tagged(dnnl_f32, dnnl_ab, rows, shape.outputs());
        dnnl_memory_desc chosen = weights != null
                ? weights
                : OneDnn.tagged(
                        form.weightType,
                        form.isPacked() ? dnnl_format_tag_any : dnnl_ab,
                        shape.inputs(),
                        shape.outputs());
        dnnl_primitive_attr attributes = attributes(form);
        int status = dnnl_matmul_primitive_desc_create(
                description, library.engine(), input, chosen, null, output, attributes);
        dnnl_primitive_attr_destroy(attributes);
        if (status != dnnl_success) {
            throw new UnsupportedOperationException("oneDNN has no matrix product for " + shape + ": status " + status);
        }
        check(dnnl_primitive_create(primitive, description), "compile a product");
    }

    private static dnnl_primitive_attr attributes(WeightForm form) {
        dnnl_primitive_attr attributes = new dnnl_primitive_attr();
        check(dnnl_primitive_attr_create(attributes), "create attributes");
        check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "set the scratchpad");
        if (form.scaleGroup > 0) {
            check(dnnl_primitive_attr_set_fpmath_mode_v2(attributes, dnnl_fpmath_mode_bf16, 1), "set bfloat16");
            check(
                    dnnl_primitive_attr_set_scales(
                            attributes,
                            DNNL_ARG_WEIGHTS,
                            BY_INPUT_AND_OUTPUT,
                            2,
                            new long[] {form.scaleGroup, 1},
                            dnnl_f32),
                    "set scales");
        } else if (form.hasScales()) {
            check(dnnl_primitive_attr_set_scales_mask(attributes, DNNL_ARG_WEIGHTS, BY_OUTPUT), "set scales");
        }
        return attributes;
    }

    Shape shape() {
        return shape;
    }

    int rows() {
        return rows;
    }

    dnnl_primitive primitive() {
        return primitive;
    }

    dnnl_memory_desc input() {
        return input;
    }

    dnnl_memory_desc output() {
        return output;
    }

    /** Owned by this product. */
    dnnl_memory_desc weights() {
        return dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    }

    /** Owned by this product. */
    dnnl_memory_desc scratchpad() {
        return dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    }

    long weightBytes() {
        return dnnl_memory_desc_get_size(weights());
    }

    String implementation() {
        return OneDnn.implementation(description);
    }

    @Override
    public void close() {
        dnnl_primitive_destroy(primitive);
        dnnl_primitive_desc_destroy(description);
    }
}
