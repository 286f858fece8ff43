package io.promptmill.udf.spark;

import java.nio.file.Path;

/**
 * A model on this node.
 *
 * @param path of the file, or of the first part of a split model
 * @param fingerprint changes when the file is replaced: sizes and modification times of all its parts
 */
public record ModelLocation(Path path, String fingerprint) {}
