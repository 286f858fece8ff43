/** The Spark application: commands, job configuration, input, output and reports. Nothing here computes. */
package io.promptmill.job;
