package io.promptmill.udf.hub;

/**
 * A file that is there and was checked.
 *
 * @param name in its folder
 * @param length in bytes
 * @param sha256 of its content, in lower-case hexadecimal
 */
public record FetchedFile(String name, long length, String sha256) {}
