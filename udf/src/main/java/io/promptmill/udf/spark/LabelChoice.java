package io.promptmill.udf.spark;

import java.io.Serializable;

/**
 * One of the labels that a row may get.
 *
 * @param text that the model would answer, and the label
 * @param description for the prompt's template, or null
 */
public record LabelChoice(String text, String description) implements Serializable {}
