/** Which sequences run, how many tokens each takes in this step, and which KV blocks they own: ids and counts only, no tensors. */
package io.promptmill.udf.scheduler;
