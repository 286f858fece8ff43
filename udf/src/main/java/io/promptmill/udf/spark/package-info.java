/** The only package that imports Spark: the mapPartitions function and the engine's place in an executor JVM. */
package io.promptmill.udf.spark;
