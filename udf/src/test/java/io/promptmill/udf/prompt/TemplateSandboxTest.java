package io.promptmill.udf.prompt;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.RequestException;
import io.promptmill.udf.prompt.template.CompiledTemplate;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that mean harm are refused within a second, in the thread that renders them, and reach nothing. */
final class TemplateSandboxTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 5, 7, 8);
    private static final List<ChatMessage> HELLO = List.of(new ChatMessage("user", "Hello"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% set ns=namespace(s='x') %}{% for i in range(64) %}{% set ns.s=ns.s+ns.s %}{% endfor %}{{ ns.s }}",
                "{% set ns=namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s=ns.s+ns.s %}{% endfor %}",
                "{% set ns=namespace(s='x') %}{% for i in range(64) %}{% set ns.s=ns.s~ns.s %}{% endfor %}",
                "{% set ns=namespace(s='xx') %}{% for i in range(64) %}{% set ns.s=ns.s|replace('x', ns.s) %}{% endfor %}",
                "{% set ns=namespace(s='xx') %}{% for i in range(64) %}{% set ns.s=ns.s.join([ns.s, ns.s]) %}{% endfor %}",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
                "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
                "{% for i in range(1000000000) %}{% endfor %}",
                "{% for i in range(-2147483648, 2147483647) %}{% endfor %}",
                "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
                "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
                "{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
                "{{ 'x' * 1000000000 }}",
                "{{ 'x' * 99999999999999 }}",
                "{{ 9 ** 9 ** 9 ** 9 }}",
                "{{ 9 ** 9999999999 }}",
                "{% set l = [1] %}{% for i in l %}{% set _ = l.append(i) %}{% endfor %}{{ l[9] }}"
                        + "{% for i in range(999999) %}{% set _ = l.extend(l) %}{% endfor %}",
                "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
                "{% set l = [] %}{% set _ = l.append(l) %}{{ l | tojson }}",
                "{% set a = namespace(x=[1]) %}{% set b = namespace(x=[1]) %}{% for i in range(60) %}"
                        + "{% set a.x = [a.x, a.x] %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}",
                "{% set a = namespace(x=[1]) %}{% for i in range(60) %}{% set a.x = [a.x, a.x] %}{% endfor %}{{ a.x }}",
                "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ 'b' in s }}{% endfor %}",
                "{% set s = 'a ' * 1000000 %}{% for i in range(100000) %}{{ s.split()[0] }}{% endfor %}",
                "{{ 'x'.center(999999999) }}",
                "{{ 'a' | indent(99999999) | indent(99999999) | frob }}",
                "{% include '/etc/passwd' %}",
                "{% import '/etc/passwd' as p %}",
                "{% extends '/etc/passwd' %}",
                "{{ ''.getClass() }}",
                "{{ ''.class.forName('java.lang.Runtime') }}",
                "{{ messages.getClass().getClassLoader() }}",
                "{{ ''.__class__.__mro__ }}",
                "{{ ____int3rpr3t3r____.getConfig() }}",
                "{{ [].stream() }}",
                "{{ messages[0].entrySet() }}",
                "{{ loop.getClass() }}",
                "{{ '{{ 7 * 7 }}' | render }}",
                "{{ 'x' | attr('class') | frob }}",
            })
    void refuses(String source) {
        withinASecond(() -> {
            ChatTemplate template = new ChatTemplate("hostile", source, "<s>", "</s>");
            RequestException refusal =
                    assertThrows(RequestException.class, () -> template.render(HELLO, true, Map.of(), NOW));
            assertFalse(refusal.getMessage().isBlank());
        });
    }

    @Test
    void refusesSourceThatIsTooDeepOrTooLong() {
        for (String source : List.of(
                "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
                "{{ " + "[".repeat(9_000) + "]".repeat(9_000) + " }}",
                "{{ " + "not ".repeat(4_900) + "1 }}",
                "{{ " + "-".repeat(19_000) + "1 }}",
                "{{ 1" + " if 1 else 1".repeat(1_600) + " }}{{ frob() }}",
                "{{ 1" + "+1".repeat(9_900) + " }}{{ frob() }}",
                "{{ x" + "|trim".repeat(3_900) + "|frob }}",
                "{% if 1 %}".repeat(20_000),
                "{% if 1 %}".repeat(5_000) + "{% endif %}".repeat(5_000),
                "{% raw %}" + "{%".repeat(100_000),
                "{% raw %}" + "{%".repeat(100_000) + "%}",
                "{{".repeat(100_000),
                "{#".repeat(100_000),
                "'".repeat(300_000))) {
            withinASecond(() -> {
                ChatTemplate template = new ChatTemplate("hostile", source, null, null);
                assertThrows(
                        RequestException.class,
                        () -> template.render(HELLO, true, Map.of(), NOW),
                        () -> source.substring(0, 40));
            });
        }
    }

    @Test
    void javaMembersDoNotExist() {
        assertEquals(
                "FalseFalseFalse",
                CompiledTemplate.compile("{{ ''.bytes is defined }}{{ x.class is defined }}{{ [].empty is defined }}")
                        .render(Map.of("x", 1), NOW));
    }

    @Test
    void valuesAreNeverTemplates() {
        ChatTemplate template = new ChatTemplate("plain", "{% for m in messages %}{{ m.content }}{% endfor %}", "", "");
        String content = "{{ 7*7 }}{% for i in range(9) %}x{% endfor %}{# gone? #} {{ raise_exception('no') }}";
        assertEquals(content, template.render(List.of(new ChatMessage("user", content)), true, Map.of(), NOW));
    }

    @Test
    void aTemplateCannotChangeWhatItIsGiven() {
        List<Object> given = new ArrayList<>(List.of("a"));
        CompiledTemplate template = CompiledTemplate.compile("{% set _ = given.append('b') %}{{ given | length }}");
        assertEquals("2", template.render(Map.of("given", given), NOW));
        assertEquals(List.of("a"), given);
    }

    @Test
    void longConversationsStayWithinTheLimits() {
        ChatTemplate template = new ChatTemplate(
                "chatml",
                "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}",
                "",
                "");
        List<ChatMessage> turns = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            turns.add(new ChatMessage(i % 2 == 0 ? "user" : "assistant", "words and more words ".repeat(100)));
        }
        assertTrue(template.render(turns, true, Map.of(), NOW).length() > 4_000_000);
    }

    @Test
    void refusesTheHostileModelFiles() throws IOException {
        Path folder = ConformanceData.folder("hostile").orElse(null);
        assumeTrue(folder != null, "no folder hostile in the conformance data");
        int count = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("template-"))
                    .toList()) {
                count++;
                withinASecond(() -> {
                    ChatTemplate template =
                            new ChatTemplate(file.getFileName().toString(), source(Files.readAllBytes(file)), "", "");
                    RequestException refusal =
                            assertThrows(RequestException.class, () -> template.render(HELLO, true, Map.of(), NOW));
                    assertTrue(refusal.getMessage().contains(file.getFileName().toString()));
                });
            }
        }
        System.out.println("hostile template files refused: " + count);
        assumeTrue(count > 0, "no template-*.gguf in the folder hostile");
    }

    /** Processor time, since the machine may be busy with something else. */
    private static void withinASecond(Executable check) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        assertDoesNotThrow(check);
        long milliseconds = (threads.getCurrentThreadCpuTime() - start) / 1_000_000;
        assertTrue(milliseconds < 1_000, "took " + milliseconds + " ms");
    }

    /** The value behind the key: a type number (4 bytes), a length (8 bytes), UTF-8. */
    private static String source(byte[] file) {
        int key = new String(file, StandardCharsets.ISO_8859_1).indexOf("tokenizer.chat_template");
        ByteBuffer value = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(key + 23 + 4);
        byte[] text = new byte[(int) value.getLong()];
        value.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }
}
