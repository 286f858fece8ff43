/** What a completion must look like: choices, patterns, JSON schemas and grammars, as masks over the next token. */
package io.promptmill.udf.constraint;
