/** Properties of Unicode characters, by the names that patterns use. */
package io.promptmill.udf.unicode;
