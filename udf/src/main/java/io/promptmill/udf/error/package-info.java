/** The one small hierarchy of exceptions. Imports nothing of Promptmill. */
package io.promptmill.udf.error;
