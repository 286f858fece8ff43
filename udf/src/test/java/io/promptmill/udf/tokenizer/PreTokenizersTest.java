package io.promptmill.udf.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ModelFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scanners against the published patterns in the JDK's own pattern engine, and against texts made to be slow. */
class PreTokenizersTest {
    private static final String CONTRACTION = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String LLAMA3 = CONTRACTION
            + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String CASED_TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @Test
    void splitsAsThePublishedPatterns() {
        agrees("gpt-2", GPT2);
        agrees("starcoder", "\\p{N}", GPT2);
        agrees("llama-bpe", LLAMA3);
        agrees("qwen2", LLAMA3.replace("{1,3}", ""));
        agrees("laguna", "[^\\n]+|[\\n]+", LLAMA3.replace("{1,3}", ""));
        agrees(
                "bailingmoe",
                "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+");
        agrees(
                "qwen35",
                LLAMA3.replace("{1,3}", "")
                        .replace("?\\p{L}+", "?[\\p{L}\\p{M}]+")
                        .replace("[^\\s\\p{L}\\p{N}]", "[^\\s\\p{L}\\p{M}\\p{N}]"));
        agrees(
                "seed-coder",
                LLAMA3.replace("{1,3}", "").replace("[^\\s\\p{L}\\p{N}]+[\\r\\n]*", "[^\\s\\p{L}\\p{N}\\r\\n]+"));
        agrees(
                "tekken",
                "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+|[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER
                        + "*|\\p{N}" + CASED_TAIL);
        agrees(
                "gpt-4o",
                "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+" + CONTRACTION + "?|[^\\r\\n\\p{L}\\p{N}]?" + UPPER
                        + "+" + LOWER + "*" + CONTRACTION + "?|\\p{N}{1,3}" + CASED_TAIL);
        agrees(
                "deepseek-v3",
                "\\p{N}{1,3}",
                "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                        + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
        agrees(
                "deepseek-coder",
                "[\\r\\n]",
                "\\s?\\p{L}+",
                "\\s?\\p{P}+",
                "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+",
                "\\p{N}");
        agrees("falcon", "[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]");
        agrees("default", "[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]");
        agrees("bloom", " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+");
        agrees("superbpe", "\\p{N}+", "(?=([0-9]{3})+(?![0-9]))");
    }

    private static void agrees(String name, String... stages) {
        PreTokenizer preTokenizer = PreTokenizers.named("test", name);
        List<Pattern> patterns = Stream.of(stages)
                .map(stage -> Pattern.compile(stage, Pattern.UNICODE_CHARACTER_CLASS))
                .toList();
        Random random = new Random(name.hashCode());
        for (int round = 0; round < 3_000; round++) {
            String text = RandomText.of(random, 1 + random.nextInt(24));
            assertEquals(byPattern(text, patterns), words(preTokenizer, text), () -> name + ": " + text);
        }
    }

    private static List<String> words(PreTokenizer preTokenizer, String text) {
        CodePoints codePoints = CodePoints.of(text);
        IntList ends = preTokenizer.split(codePoints);
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int index = 0; index < ends.size(); index++) {
            words.add(new String(codePoints.copy(start, ends.get(index)), 0, ends.get(index) - start));
            start = ends.get(index);
        }
        return words;
    }

    private static List<String> byPattern(String text, List<Pattern> patterns) {
        List<String> parts = List.of(text);
        for (Pattern pattern : patterns) {
            List<String> finer = new ArrayList<>();
            for (String part : parts) {
                Matcher matcher = pattern.matcher(part);
                int end = 0;
                while (matcher.find()) {
                    finer.add(part.substring(end, matcher.start()));
                    finer.add(matcher.group());
                    end = matcher.end();
                }
                finer.add(part.substring(end));
            }
            finer.removeIf(String::isEmpty);
            parts = finer;
        }
        return parts;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "a",
                "A",
                "\u4E2D",
                "0",
                "\n",
                " \n",
                "'",
                "\u0301",
                "Aa",
                "a ",
                ".\r",
                "IMGIMG",
                "<sentinel:1"
            })
    void longTextsTakeLinearTime(String unit) {
        String text = unit.repeat(200_000 / unit.length());
        CodePoints runs = CodePoints.of(text);
        CodePoints runThenLetter = CodePoints.of(text + "x");
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            Set<PreTokenizer> distinct = new HashSet<>();
            for (String name : PreTokenizers.names()) {
                PreTokenizer preTokenizer = PreTokenizers.named("test", name);
                if (distinct.add(preTokenizer)) {
                    IntList ends = preTokenizer.split(runs);
                    assertEquals(runs.length(), ends.get(ends.size() - 1), name);
                    assertTrue(preTokenizer.split(runThenLetter).size() > 0, name);
                }
            }
        });
    }

    @Test
    void everyPreTokenizerCoversTheTextInOrder() {
        Random random = new Random(5);
        for (String name : PreTokenizers.names()) {
            for (int round = 0; round < 200; round++) {
                String text = RandomText.of(random, random.nextInt(30));
                assertEquals(text, String.join("", words(PreTokenizers.named("test", name), text)), name);
            }
        }
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        ModelFileException refused =
                assertThrows(ModelFileException.class, () -> PreTokenizers.named("m.gguf", "gpt-9"));
        assertTrue(
                refused.getMessage().contains("gpt-9") && refused.getMessage().contains("llama-bpe"));
    }
}
