/** Logits to token id. */
package io.promptmill.udf.sampler;
