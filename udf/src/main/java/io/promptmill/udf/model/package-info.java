/** Architectures, one file each, and the registry that chooses among them. */
package io.promptmill.udf.model;
