/** Shapes and storage of weights and activations; no arithmetic. */
package io.promptmill.udf.tensor;
