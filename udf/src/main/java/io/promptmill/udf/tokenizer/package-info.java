/** Text to token ids and back. */
package io.promptmill.udf.tokenizer;
