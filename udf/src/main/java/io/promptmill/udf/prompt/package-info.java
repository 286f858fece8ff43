/** Prompt and chat templates: a row's values to the text that is tokenized. */
package io.promptmill.udf.prompt;
