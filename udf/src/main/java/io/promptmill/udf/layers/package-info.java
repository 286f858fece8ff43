/** The parts that architectures are made of: attention, rotary embedding, norms, feed-forward, and the storage of the KV cache. */
package io.promptmill.udf.layers;
