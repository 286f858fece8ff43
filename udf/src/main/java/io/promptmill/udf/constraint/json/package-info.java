/** JSON schemas as grammars: their text, the set of values that they describe, and the texts of those values. */
package io.promptmill.udf.constraint.json;
