package io.promptmill.udf.constraint;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * All texts of a grammar up to a length, by putting short texts together until no new ones come: slow and obvious. Texts are
 * in UTF-8, each byte a character of ISO-8859-1.
 */
final class GrammarTexts {
    private final Grammar grammar;
    private final int most;
    private final Map<String, Set<String>> texts = new HashMap<>();

    private GrammarTexts(Grammar grammar, int most) {
        this.grammar = grammar;
        this.most = most;
    }

    /** @param most bytes */
    static Set<String> of(Grammar grammar, int most) {
        GrammarTexts all = new GrammarTexts(grammar, most);
        grammar.rules().keySet().forEach(rule -> all.texts.put(rule, new TreeSet<>()));
        boolean changed;
        do {
            changed = false;
            for (Map.Entry<String, Expression> rule : grammar.rules().entrySet()) {
                changed |= all.texts.get(rule.getKey()).addAll(all.of(rule.getValue()));
            }
        } while (changed);
        return all.texts.get(grammar.root());
    }

    private Set<String> of(Expression expression) {
        Set<String> found = new TreeSet<>();
        if (expression instanceof Expression.Reference reference) {
            found.addAll(texts.get(reference.rule()));
        } else if (expression instanceof Expression.Choice choice) {
            choice.alternatives().forEach(part -> found.addAll(of(part)));
        } else if (expression instanceof Expression.Sequence sequence) {
            found.add("");
            for (Expression part : sequence.parts()) {
                Set<String> longer = joined(found, of(part));
                found.clear();
                found.addAll(longer);
            }
        } else if (expression instanceof Expression.Repetition repetition) {
            repeat(found, of(repetition.part()), repetition.least(), repetition.most());
        } else {
            spell(((Expression.Regular) expression).codePoints(), 0, "", found);
        }
        return found;
    }

    private void repeat(Set<String> found, Set<String> part, int least, int times) {
        Set<String> last = Set.of("");
        for (int count = 0; count <= Math.min(times, least + most); count++) {
            if (count >= least) {
                found.addAll(last);
            }
            last = joined(last, part);
        }
    }

    private Set<String> joined(Set<String> left, Set<String> right) {
        Set<String> joined = new TreeSet<>();
        for (String one : left) {
            for (String other : right) {
                if (one.length() + other.length() <= most) {
                    joined.add(one + other);
                }
            }
        }
        return joined;
    }

    private void spell(Automaton automaton, int state, String text, Set<String> found) {
        if (automaton.getNumStates() == 0 || text.length() > most) {
            return;
        }
        if (automaton.isAccept(state)) {
            found.add(text);
        }
        Transition transition = new Transition();
        for (int index = 0; index < automaton.getNumTransitions(state); index++) {
            automaton.getTransition(state, index, transition);
            for (int character = transition.min; character <= transition.max; character++) {
                spell(automaton, transition.dest, text + bytes(Character.toString(character)), found);
            }
        }
    }

    /** The UTF-8 of a text, each byte a character. */
    static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
