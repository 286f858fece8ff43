package io.promptmill.udf.prompt;

/** One turn of a conversation. {@code role} is {@code system}, {@code user}, {@code assistant} or what the template knows. */
public record ChatMessage(String role, String content) {}
