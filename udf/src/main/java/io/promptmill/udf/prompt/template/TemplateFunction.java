package io.promptmill.udf.prompt.template;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that templates may call: Jinja's, and the two that Hugging Face's renderer adds. */
@FunctionalInterface
interface TemplateFunction {

    Object call(Arguments arguments, TemplateInterpreter interpreter);

    static boolean isKnown(String name) {
        return Table.BY_NAME.containsKey(name);
    }

    static TemplateFunction named(String name) {
        TemplateFunction function = Table.BY_NAME.get(name);
        if (function == null) {
            throw new TemplateFailure("'" + name + "' is undefined; it cannot be called");
        }
        return function;
    }

    /** The functions by name. */
    final class Table {
        static final Map<String, TemplateFunction> BY_NAME = Map.of(
                "raise_exception",
                        (arguments, interpreter) -> {
                            throw new TemplateFailure(
                                    PythonText.of(arguments.get(0, "message", ""), interpreter.budget()));
                        },
                "strftime_now", (arguments, interpreter) -> strftime(arguments.text(0, "format"), interpreter.now()),
                "namespace", (arguments, interpreter) -> new Namespace(dictionary(arguments)),
                "dict", (arguments, interpreter) -> dictionary(arguments),
                "range", Table::range);

        private Table() {}

        private static Map<Object, Object> dictionary(Arguments arguments) {
            Map<Object, Object> values = new LinkedHashMap<>();
            if (arguments.get(0, "mapping", null) instanceof Map<?, ?> mapping) {
                values.putAll(mapping);
            }
            values.putAll(arguments.named());
            return values;
        }

        private static List<Object> range(Arguments arguments, TemplateInterpreter interpreter) {
            boolean onlyStop = arguments.count() == 1;
            long start = onlyStop ? 0 : arguments.integer(0, "start", 0);
            long stop = arguments.integer(onlyStop ? 0 : 1, "stop", 0);
            long step = arguments.integer(2, "step", 1);
            if (step == 0) {
                throw new TemplateFailure("range() with a step of zero");
            }
            long count = Math.max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
            interpreter.budget().charge(8 * count);
            List<Object> numbers = new ArrayList<>((int) count);
            for (long i = 0; i < count; i++) {
                numbers.add(start + i * step);
            }
            return numbers;
        }

        /** The C directives that prompts use; a directive beyond them is refused rather than printed as it is. */
        private static String strftime(String format, LocalDateTime now) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < format.length(); i++) {
                char character = format.charAt(i);
                if (character != '%' || i + 1 == format.length()) {
                    text.append(character);
                    continue;
                }
                boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
                char directive = format.charAt(unpadded ? i + 2 : i + 1);
                i += unpadded ? 2 : 1;
                String value = Strftime.directive(directive, now);
                if (value == null) {
                    throw new TemplateFailure("strftime_now does not know %" + directive);
                }
                text.append(unpadded ? value.replaceFirst("^[0 ]+(?=.)", "") : value);
            }
            return text.toString();
        }
    }
}
