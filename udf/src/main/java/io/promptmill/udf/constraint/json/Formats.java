package io.promptmill.udf.constraint.json;

import io.promptmill.udf.error.NearestName;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.util.automaton.Automaton;

/**
 * The strings of {@code format}. Dates and times are those of RFC 3339 in the years 1 to 9999, with seconds up to 59 and
 * offsets up to 18 hours, so that {@code java.time} reads every one of them; mail addresses are those without quotes and
 * comments (RFC 5321) under a host of the usual top-level domains.
 */
final class Formats {
    private static final String MONTHS_OF_31 = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])";
    private static final String MONTHS_OF_30 = "(0[469]|11)-(0[1-9]|[12][0-9]|30)";
    private static final String FEBRUARY = "02-(0[1-9]|1[0-9]|2[0-8])";
    /** Multiples of 4 but 00. */
    private static final String FOURTHS = "(0[48]|[2468][048]|[13579][26])";

    private static final String DATE = "([0-9]{4}-(" + MONTHS_OF_31 + "|" + MONTHS_OF_30 + "|" + FEBRUARY
            + ")|([0-9]{2}" + FOURTHS + "|(00|" + FOURTHS + ")00)-02-29)";
    private static final String TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?";
    private static final String OFFSET = "(Z|[+\\-]((0[0-9]|1[0-7]):[0-5][0-9]|18:00))";
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String WORD = "[A-Za-z0-9_+\\-]{1,30}";
    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9\\-]{0,28}[A-Za-z0-9])?";
    /** Of the root zone database of IANA. */
    private static final List<String> TOP = List.of(
                    "com org net edu gov mil int info biz name io ai app dev cloud online store shop site tech co me tv us uk ca au"
                            + " nz ie de at ch fr be nl lu it es pt pl cz sk hu ro bg gr tr ru ua se no dk fi is ee lv lt si hr rs jp"
                            + " cn kr tw hk sg my th vn id ph in pk bd lk za ng ke eg ma il ae sa br ar mx cl pe uy ve eu asia")
            .stream()
            .flatMap(names -> List.of(names.split(" ")).stream())
            .toList();

    private static final List<String> NAMES = List.of("date", "date-time", "time", "uuid", "email", "ipv4");
    /** Made when they are first asked for. */
    private static final Map<String, Automaton> KNOWN = new ConcurrentHashMap<>();

    private Formats() {}

    private static Automaton make(String name) {
        return switch (name) {
            case "date" -> withoutYearZero(DATE);
            case "date-time" -> withoutUnknownOffset(withoutYearZero(DATE + "T" + TIME + OFFSET));
            case "time" -> withoutUnknownOffset(Automatons.regular(TIME + OFFSET));
            case "uuid" -> Automatons.regular("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
            case "email" ->
                Automatons.regular(
                        WORD + "(\\." + WORD + ")?\\@(" + LABEL + "\\.){1,3}(" + String.join("|", TOP) + ")");
            default -> Automatons.regular("(" + OCTET + "\\.){3}" + OCTET);
        };
    }

    private static Automaton withoutYearZero(String expression) {
        return Automatons.minus(Automatons.regular(expression), Automatons.regular("0000[ -~]*"));
    }

    private static Automaton withoutUnknownOffset(Automaton times) {
        return Automatons.minus(times, Automatons.regular("[ -~]*\\-00:00"));
    }

    /**
     * @throws io.promptmill.udf.error.ConfigException for another name
     */
    static Automaton named(String pointer, String name) {
        if (!NAMES.contains(name)) {
            throw Pointers.problem(
                    pointer,
                    "format '" + name + "' is not supported; " + NearestName.hint(name, NAMES) + "Supported are "
                            + String.join(", ", NAMES) + "; for others use 'pattern'");
        }
        return KNOWN.computeIfAbsent(name, Formats::make);
    }
}
