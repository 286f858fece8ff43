package io.promptmill.udf.prompt.template;

/** A filter such as {@code | trim}. Stateless. */
@FunctionalInterface
interface TemplateFilter {

    Object apply(Object value, Arguments arguments, TemplateInterpreter interpreter);

    /**
     * The filter of that name. An unknown one fails where it is used, not where it is written: real templates name
     * filters of other renderers in branches that are never taken.
     */
    static TemplateFilter named(String name) {
        TemplateFilter filter = TemplateFilters.BY_NAME.get(name);
        return filter != null
                ? filter
                : (value, arguments, interpreter) -> {
                    throw new TemplateFailure(unknown(name));
                };
    }

    static boolean isKnown(String name) {
        return TemplateFilters.BY_NAME.containsKey(name);
    }

    /** Says that a filter is unknown and lists those that are. */
    static String unknown(String name) {
        return "unknown filter '" + name + "'; expected one of "
                + TemplateFilters.BY_NAME.keySet().stream().sorted().toList();
    }
}
