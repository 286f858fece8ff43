/** Arithmetic over tensors: one interface, a scalar and a Vector API provider, and the choice between them. Knows no model words. */
package io.promptmill.udf.kernels;
