/**
 * The template language, Jinja as Hugging Face uses it: lexer, compiler, expressions, values, filters, and the budget that
 * keeps a stranger's template from running away.
 */
package io.promptmill.udf.prompt.template;
