package io.promptmill.job;

import io.promptmill.udf.error.ConfigException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Binds a section to a record of settings: a component named {@code maxTokens} is the key {@code max_tokens}. A setting
 * is thus declared in one place, the record, and its checks are those of the record's constructor.
 */
final class RecordBinder {

    private RecordBinder() {}

    /** The keys of a record, in the order of its components. */
    static List<String> keys(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents()).map(RecordBinder::key).toList();
    }

    /**
     * A record with the section's values, and those of {@code defaults} for absent keys.
     *
     * @throws ConfigException where a value has the wrong type or the record refuses it
     */
    static <R extends Record> R bind(Section section, R defaults) {
        @SuppressWarnings("unchecked")
        Class<R> type = (Class<R>) defaults.getClass();
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                Optional<?> value = value(section, components[i]);
                values[i] = value.isPresent()
                        ? value.get()
                        : components[i].getAccessor().invoke(defaults);
            }
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof ConfigException refused) {
                throw refused;
            }
            throw new IllegalStateException("cannot make a " + type.getSimpleName(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a " + type.getSimpleName(), e);
        }
    }

    private static Optional<?> value(Section section, RecordComponent component) {
        String key = key(component);
        String type = component
                .getGenericType()
                .getTypeName()
                .replace("java.util.", "")
                .replace("java.lang.", "");
        return switch (type) {
            case "int" -> section.smallInteger(key);
            case "long" -> section.integer(key);
            case "double" -> section.number(key);
            case "boolean" -> section.flag(key);
            case "String" -> Optional.ofNullable(section.text(key));
            case "List<String>" -> section.texts(key);
            case "List<Integer>" -> section.integers(key);
            case "Map<Integer, Float>" -> section.numbersByInteger(key);
            default -> throw new IllegalStateException("no way to bind '" + key + "' of type " + type);
        };
    }

    private static String key(RecordComponent component) {
        return key(component.getName());
    }

    /** The key of a configuration for a name in Java: {@code maxTokens} is {@code max_tokens}. */
    static String key(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}
