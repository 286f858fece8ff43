package io.promptmill.udf.constraint.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All of the schemas at these pointers at once; of none, any value. Equal whatever the order. */
record Conjunction(Set<String> pointers) {
    static final Conjunction ANY = new Conjunction(Set.of());

    Conjunction {
        pointers = Collections.unmodifiableSet(new LinkedHashSet<>(pointers));
    }

    static Conjunction of(String pointer) {
        return new Conjunction(Set.of(pointer));
    }

    Conjunction and(Conjunction other) {
        if (pointers.containsAll(other.pointers)) {
            return this;
        }
        List<String> both = new ArrayList<>(pointers);
        both.addAll(other.pointers);
        return new Conjunction(new LinkedHashSet<>(both));
    }

    boolean isAny() {
        return pointers.isEmpty();
    }

    /** Names the rule for it; a pointer itself never has a tilde before a space. */
    String rule() {
        return String.join(" ~ & ", pointers.stream().map(Pointers::shown).toList());
    }
}
