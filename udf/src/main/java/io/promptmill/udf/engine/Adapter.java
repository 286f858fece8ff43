package io.promptmill.udf.engine;

import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.weights.LoraAdapter;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * An adapter that requests may ask for. Immutable and thread-safe.
 *
 * @param name by which they do
 * @param file opens it; called once, at load, and closed after
 * @param scale of what it adds, besides its own
 */
public record Adapter(String name, Supplier<LoraAdapter> file, double scale) {
    public Adapter {
        if (name == null || name.isBlank()) {
            throw new ConfigException("an adapter has no name; give it one");
        }
        if (!Double.isFinite(scale)) {
            throw new ConfigException("the scale of adapter '" + name + "' is " + scale + "; expected a finite number");
        }
    }

    /** The adapter at {@code path}: a GGUF file, or a folder as PEFT saves it. */
    public static Adapter of(String name, Path path, double scale) {
        return new Adapter(name, () -> LoraAdapter.open(path), scale);
    }
}
