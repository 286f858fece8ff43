package io.promptmill.udf.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * The tokens that go around a text, as the {@code post_processor} of a tokenizer.json and the settings beside it say.
 *
 * @param begin the begin-of-text token, -1 without one
 * @param before tokens in front, in order
 * @param after tokens behind, in order
 */
record PipelineFrame(int begin, List<Integer> before, List<Integer> after) {
    /** No known frame has more than three. */
    private static final int MAXIMUM_TOKENS = 64;

    /**
     * @param tokens number of tokens in the vocabulary
     * @throws io.promptmill.udf.error.ModelFileException for a post-processor that is unknown or damaged
     */
    static PipelineFrame read(JsonPlace postProcessor, TokenizerSettings settings, int tokens) {
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        postProcessor.steps("processors").forEach(step -> readStep(step, tokens, before, after));
        int begin = settings.begin();
        if (begin < 0 && !before.isEmpty()) {
            begin = before.get(0);
        }
        if (settings.addsBegin().isPresent() && begin >= 0) {
            before.removeIf(List.of(begin)::contains);
            if (settings.addsBegin().get()) {
                before.add(0, begin);
            }
        }
        int end = settings.end();
        if (settings.addsEnd().isPresent() && end >= 0) {
            after.removeIf(List.of(end)::contains);
            if (settings.addsEnd().get()) {
                after.add(end);
            }
        }
        return new PipelineFrame(begin, List.copyOf(before), List.copyOf(after));
    }

    private static void readStep(JsonPlace place, int tokens, List<Integer> before, List<Integer> after) {
        String type = place.at("type").text();
        switch (type) {
            case "ByteLevel" -> {
                // Trims offsets, which nobody asks for here.
            }
            case "TemplateProcessing" -> readTemplate(place, tokens, before, after);
            case "BertProcessing", "RobertaProcessing" -> {
                before.add(0, tokenOfPair(place.at("cls"), tokens));
                after.add(tokenOfPair(place.at("sep"), tokens));
            }
            default ->
                throw place.at("type")
                        .problem("is '" + Vocabulary.shortened(type)
                                + "'; expected a known post-processor such as TemplateProcessing");
        }
    }

    private static int tokenOfPair(JsonPlace pair, int tokens) {
        List<JsonPlace> elements = pair.elements();
        if (elements.size() != 2) {
            throw pair.problem("is no pair of a token and its id");
        }
        return elements.get(1).integer(0, tokens - 1);
    }

    private static void readTemplate(JsonPlace place, int tokens, List<Integer> before, List<Integer> after) {
        List<Integer> front = new ArrayList<>();
        boolean behind = false;
        for (JsonPlace part : place.at("single").elements()) {
            JsonPlace special = part.at("SpecialToken");
            if (special.isAbsent()) {
                if (behind || !part.at("Sequence").at("id").text().equals("A")) {
                    throw part.problem("is no special token; expected the sequence A, once");
                }
                behind = true;
                continue;
            }
            JsonPlace ids =
                    place.at("special_tokens").at(special.at("id").text()).at("ids");
            if (ids.isAbsent()) {
                throw ids.problem("is missing; expected the ids of this special token");
            }
            for (JsonPlace id : ids.elements()) {
                (behind ? after : front).add(id.integer(0, tokens - 1));
            }
        }
        before.addAll(0, front);
        if (!behind || before.size() + after.size() > MAXIMUM_TOKENS) {
            throw place.at("single")
                    .problem("does not put at most " + MAXIMUM_TOKENS + " tokens around the sequence A");
        }
    }

    boolean addsBegin() {
        return begin >= 0 && before.contains(begin);
    }

    /** {@code ids} with what goes around them. */
    int[] around(int[] ids) {
        return around(ids, before);
    }

    /** As {@link #around(int[])}; a template that writes the begin-of-text token itself gets no second one. */
    int[] aroundTemplate(int[] ids) {
        boolean begun = !before.isEmpty() && ids.length > 0 && ids[0] == before.get(0);
        return around(ids, begun ? List.of() : before);
    }

    private int[] around(int[] ids, List<Integer> front) {
        IntList all = new IntList(ids.length + front.size() + after.size());
        front.forEach(all::add);
        all.addAll(ids);
        after.forEach(all::add);
        return all.toArray();
    }
}
