package io.promptmill.udf.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class ChatTemplateTest {
    private static final int THREADS = 8;
    private static final int CONVERSATIONS = 300;

    /** Writes to variables, a namespace, a list, a macro and a loop, all of which must belong to one rendering. */
    private static final String SOURCE = "{{ strftime_now('%Y') }}{% set ns = namespace(count=0, names=[]) %}"
            + "{% macro turn(m) %}<{{ m.role }}>{{ m.content | trim }}</>{% endmacro %}"
            + "{% for m in messages %}{% if m.role == 'skip' %}{% continue %}{% endif %}"
            + "{% set ns.count = ns.count + 1 %}{% set _ = ns.names.append(m.content | length) %}"
            + "{{ loop.index }}{{ turn(m) }}{% endfor %}"
            + "[{{ ns.count }}:{{ ns.names | join(',') }}]{{ own }}";

    @Test
    void threadsShareATemplateAndNothingElse() throws Exception {
        ChatTemplate template = new ChatTemplate("shared", SOURCE, "<s>", "</s>");
        CyclicBarrier start = new CyclicBarrier(THREADS);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<List<String>>> rendered = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int own = thread;
                rendered.add(threads.submit(() -> {
                    start.await();
                    List<String> texts = new ArrayList<>();
                    for (int number = 0; number < CONVERSATIONS; number++) {
                        texts.add(template.render(
                                conversation(own, number),
                                true,
                                Map.of("own", own),
                                LocalDateTime.of(2000 + own, 1, 1, 0, 0)));
                    }
                    return texts;
                }));
            }
            for (int thread = 0; thread < THREADS; thread++) {
                List<String> texts = rendered.get(thread).get();
                for (int number = 0; number < CONVERSATIONS; number++) {
                    assertEquals(expected(thread, number), texts.get(number));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static String content(int thread, int number, int turn) {
        return ("t" + thread + "n" + number + "m" + turn + " ").repeat(1 + (thread + number + turn) % 5);
    }

    private static List<ChatMessage> conversation(int thread, int number) {
        List<ChatMessage> messages = new ArrayList<>();
        for (int turn = 0; turn <= (thread + number) % 7; turn++) {
            messages.add(new ChatMessage(turn % 3 == 2 ? "skip" : "user" + thread, content(thread, number, turn)));
        }
        return messages;
    }

    private static String expected(int thread, int number) {
        StringBuilder text = new StringBuilder().append(2000 + thread);
        List<String> lengths = new ArrayList<>();
        for (int turn = 0; turn <= (thread + number) % 7; turn++) {
            if (turn % 3 != 2) {
                String content = content(thread, number, turn);
                lengths.add(String.valueOf(content.length()));
                text.append(turn + 1)
                        .append("<user" + thread + ">")
                        .append(content.trim())
                        .append("</>");
            }
        }
        return text.append("[" + lengths.size() + ":" + String.join(",", lengths) + "]" + thread)
                .toString();
    }
}
