/** The step loop: requests in, completions out. */
package io.promptmill.udf.engine;
