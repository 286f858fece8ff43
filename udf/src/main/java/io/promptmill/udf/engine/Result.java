package io.promptmill.udf.engine;

/** What becomes of a request, its error included. */
interface Result<R extends Result<R>> {
    /** The same for an equal request. */
    R copy();

    /** Why there is none, or null. */
    String error();

    /** Memory that it takes, about. */
    long bytes();
}
