package io.promptmill.udf.constraint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells which texts a GBNF grammar describes, by a reading and a way of its own: Earley (1970), with the completion of empty
 * rules after Aycock and Horspool (2002). Takes grammars that are well-formed; knows no limits.
 */
public final class GbnfMatcher {
    private static final Pattern TOKEN = Pattern.compile(
            "(?<gap>[ \\t]+|#[^\\r\\n]*)|(?<line>\\r?\\n)|(?<is>::=)"
                    + "|\"(?<text>(?:[^\"\\\\]|\\\\.)*)\"|\\[(?<class>(?:[^\\]\\\\]|\\\\.)+)\\]"
                    + "|\\{\\s*(?<least>\\d+)\\s*(?<comma>,?)\\s*(?<most>\\d*)\\s*\\}|(?<name>[a-zA-Z0-9-]+)|(?<sign>[.()|*+?])");
    private static final Pattern MEMBER =
            Pattern.compile("\\\\x..|\\\\u.{4}|\\\\U.{8}|\\\\.|[\\s\\S]", Pattern.UNICODE_CASE);

    /** Alternatives by the name of what they make up; a part is such a name or a set of characters. */
    private final Map<String, List<List<Object>>> productions = new HashMap<>();

    private final Set<String> empty = new HashSet<>();
    private final List<Matcher> tokens = new ArrayList<>();
    private int at;

    private record Item(String head, List<Object> body, int done, int origin) {
        Object next() {
            return done < body.size() ? body.get(done) : null;
        }

        Item advanced() {
            return new Item(head, body, done + 1, origin);
        }
    }

    public GbnfMatcher(String grammar) {
        Matcher matcher = TOKEN.matcher(grammar);
        for (int end = 0; end < grammar.length(); end = matcher.end()) {
            if (!matcher.region(end, grammar.length()).lookingAt()) {
                throw new IllegalArgumentException("no token at " + grammar.substring(end));
            }
            if (matcher.group("gap") == null) {
                Matcher token = TOKEN.matcher(matcher.group());
                token.matches();
                tokens.add(token);
            }
        }
        for (skipLines(); at < tokens.size(); skipLines()) {
            String name = tokens.get(at).group("name");
            at += 2;
            skipLines();
            alternatives(name, false);
        }
        for (boolean changed = true; changed; ) {
            changed = false;
            for (Map.Entry<String, List<List<Object>>> entry : productions.entrySet()) {
                changed |= entry.getValue().stream().anyMatch(empty::containsAll) && empty.add(entry.getKey());
            }
        }
    }

    /** Whether {@code text} is one that the grammar describes. */
    public boolean matches(String text) {
        Set<Item> last = read(text);
        return last.stream().anyMatch(item -> item.head.equals("root") && item.origin == 0 && item.next() == null);
    }

    /** Whether {@code text} begins one that the grammar describes. */
    public boolean begins(String text) {
        return !read(text).isEmpty();
    }

    private Set<Item> read(String text) {
        int[] codePoints = text.codePoints().toArray();
        List<Set<Item>> chart = new ArrayList<>();
        Set<Item> start = new LinkedHashSet<>();
        productions.get("root").forEach(body -> start.add(new Item("root", body, 0, 0)));
        chart.add(start);
        for (int position = 0; position <= codePoints.length; position++) {
            Set<Item> following = new LinkedHashSet<>();
            List<Item> work = new ArrayList<>(chart.get(position));
            for (int index = 0; index < work.size(); index++) {
                Item item = work.get(index);
                List<Item> found = new ArrayList<>();
                if (item.next() instanceof String name) {
                    int origin = position;
                    productions.get(name).forEach(body -> found.add(new Item(name, body, 0, origin)));
                    if (empty.contains(name)) {
                        found.add(item.advanced());
                    }
                } else if (item.next() instanceof IntPredicate set) {
                    if (position < codePoints.length && set.test(codePoints[position])) {
                        following.add(item.advanced());
                    }
                } else {
                    for (Item waiting : List.copyOf(chart.get(item.origin))) {
                        if (item.head.equals(waiting.next())) {
                            found.add(waiting.advanced());
                        }
                    }
                }
                found.stream().filter(chart.get(position)::add).forEach(work::add);
            }
            if (position < codePoints.length) {
                chart.add(following);
            }
        }
        return chart.get(codePoints.length);
    }

    private boolean looksAt(String group, String value) {
        return at < tokens.size() && value.equals(tokens.get(at).group(group));
    }

    private void skipLines() {
        while (at < tokens.size() && tokens.get(at).group("line") != null) {
            at++;
        }
    }

    private void alternatives(String head, boolean nested) {
        List<List<Object>> bodies = new ArrayList<>();
        productions.put(head, bodies);
        bodies.add(sequence(head, nested));
        while (looksAt("sign", "|")) {
            at++;
            skipLines();
            bodies.add(sequence(head, nested));
        }
    }

    private List<Object> sequence(String head, boolean nested) {
        List<Object> body = new ArrayList<>();
        int from = 0;
        for (; at < tokens.size(); at++) {
            Matcher token = tokens.get(at);
            if (token.group("line") != null && nested) {
                continue;
            } else if (token.group("line") != null || looksAt("sign", "|") || looksAt("sign", ")")) {
                return body;
            }
            if (token.group("least") != null) {
                int least = Integer.parseInt(token.group("least"));
                boolean exact = token.group("comma").isEmpty();
                int most = token.group("most").isEmpty() ? exact ? least : -1 : Integer.parseInt(token.group("most"));
                repeat(head, body, from, least, most);
            } else if (looksAt("sign", "*") || looksAt("sign", "+") || looksAt("sign", "?")) {
                repeat(head, body, from, looksAt("sign", "+") ? 1 : 0, looksAt("sign", "?") ? 1 : -1);
            } else {
                from = body.size();
                item(head, body);
            }
        }
        return body;
    }

    private void item(String head, List<Object> body) {
        Matcher token = tokens.get(at);
        if (token.group("name") != null) {
            body.add(token.group("name"));
        } else if (token.group("text") != null) {
            members(token.group("text")).forEach(codePoint -> body.add((IntPredicate) other -> other == codePoint));
        } else if (token.group("class") != null) {
            body.add(set(token.group("class")));
        } else if (looksAt("sign", ".")) {
            body.add((IntPredicate) codePoint -> true);
        } else {
            String name = head + "/" + at++;
            alternatives(name, true);
            body.add(name);
        }
    }

    /** Puts a name in place of what stands in the body from {@code from} on. */
    private void repeat(String head, List<Object> body, int from, int least, int most) {
        List<Object> part = new ArrayList<>(body.subList(from, body.size()));
        body.subList(from, body.size()).clear();
        for (int count = 0; count < least; count++) {
            body.addAll(part);
        }
        String rest = head + "/" + at + "+";
        if (most < 0) {
            List<Object> again = new ArrayList<>(part);
            again.add(rest);
            productions.put(rest, List.of(List.of(), again));
            body.add(rest);
        }
        for (int count = least; count < most; count++) {
            List<Object> another = new ArrayList<>(part);
            if (count > least) {
                another.add(rest + (count - 1));
            }
            productions.put(rest + count, List.of(List.of(), another));
        }
        if (most > least) {
            body.add(rest + (most - 1));
        }
    }

    private static IntPredicate set(String source) {
        boolean complement = source.startsWith("^");
        Matcher matcher = MEMBER.matcher(complement ? source.substring(1) : source);
        List<String> spellings = new ArrayList<>();
        while (matcher.find()) {
            spellings.add(matcher.group());
        }
        IntPredicate set = codePoint -> false;
        for (int index = 0; index < spellings.size(); index++) {
            boolean range =
                    index + 2 < spellings.size() && spellings.get(index + 1).equals("-");
            int low = codePoint(spellings.get(index));
            int high = codePoint(spellings.get(index += range ? 2 : 0));
            set = set.or(codePoint -> low <= codePoint && codePoint <= high);
        }
        return complement ? set.negate() : set;
    }

    private static List<Integer> members(String source) {
        List<Integer> members = new ArrayList<>();
        Matcher matcher = MEMBER.matcher(source);
        while (matcher.find()) {
            members.add(codePoint(matcher.group()));
        }
        return members;
    }

    private static int codePoint(String spelling) {
        if (!spelling.startsWith("\\")) {
            return spelling.codePointAt(0);
        }
        return switch (spelling.charAt(1)) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'x', 'u', 'U' -> Integer.parseInt(spelling.substring(2), 16);
            default -> spelling.charAt(1);
        };
    }
}
