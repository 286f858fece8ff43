package io.promptmill.udf.error;

/**
 * Why a row has no result.
 *
 * @param message for the row's owner: what is wrong and what to do
 */
public record RowError(ErrorCategory category, String message) {}
