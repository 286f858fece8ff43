package io.promptmill.udf.tokenizer;

import static io.promptmill.udf.tokenizer.CharacterKind.ASCII_LOWER;
import static io.promptmill.udf.tokenizer.CharacterKind.ASCII_PUNCTUATION;
import static io.promptmill.udf.tokenizer.CharacterKind.ASCII_SYMBOL;
import static io.promptmill.udf.tokenizer.CharacterKind.ASCII_UPPER;
import static io.promptmill.udf.tokenizer.CharacterKind.BLANK;
import static io.promptmill.udf.tokenizer.CharacterKind.HAN;
import static io.promptmill.udf.tokenizer.CharacterKind.LETTER;
import static io.promptmill.udf.tokenizer.CharacterKind.MARK;
import static io.promptmill.udf.tokenizer.CharacterKind.NEWLINE;
import static io.promptmill.udf.tokenizer.CharacterKind.NUMBER;
import static io.promptmill.udf.tokenizer.CharacterKind.OTHER_LOWER;
import static io.promptmill.udf.tokenizer.CharacterKind.OTHER_UPPER;
import static io.promptmill.udf.tokenizer.CharacterKind.PUNCTUATION;
import static io.promptmill.udf.tokenizer.CharacterKind.SPACE;
import static io.promptmill.udf.tokenizer.CharacterKind.SYMBOL;
import static io.promptmill.udf.tokenizer.CharacterKind.UNCASED;
import static io.promptmill.udf.tokenizer.SplitRule.casedWord;
import static io.promptmill.udf.tokenizer.SplitRule.contraction;
import static io.promptmill.udf.tokenizer.SplitRule.lineBreaks;
import static io.promptmill.udf.tokenizer.SplitRule.literal;
import static io.promptmill.udf.tokenizer.SplitRule.run;
import static io.promptmill.udf.tokenizer.SplitRule.runExcept;
import static io.promptmill.udf.tokenizer.SplitRule.runOf;
import static io.promptmill.udf.tokenizer.SplitRule.spaces;

import io.promptmill.udf.error.ModelFileException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The pre-tokenizers by the name that a model file gives under {@code tokenizer.ggml.pre}. The patterns are the ones of
 * the {@code tokenizer.json} that each family of models was published with.
 */
final class PreTokenizers {
    private static final Map<String, PreTokenizer> BY_NAME = new TreeMap<>();

    private static final int NOT_A_WORD = ~(SPACE | LETTER | NUMBER);
    private static final int BEFORE_A_WORD = ~(NEWLINE | LETTER | NUMBER);
    private static final int UPPER_OR_UNCASED = ASCII_UPPER | OTHER_UPPER | HAN | UNCASED | MARK;
    private static final int LOWER_OR_UNCASED = ASCII_LOWER | OTHER_LOWER | HAN | UNCASED | MARK;
    /** Ends of clauses in Latin, Chinese, Devanagari and Arabic script. */
    private static final String CLAUSE_ENDS = "(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)";

    private static final SplitStage GPT2_WORDS = SplitStage.of(
            contraction(false),
            run(LETTER).after(BLANK),
            run(NUMBER).after(BLANK),
            run(NOT_A_WORD).after(BLANK),
            spaces());
    private static final SplitStage EACH_NUMBER = SplitStage.of(run(NUMBER, 1));
    private static final SplitStage THREE_DIGITS = SplitStage.of(run(CharacterKind.ASCII_DIGIT, 1)
            .then(run(CharacterKind.ASCII_DIGIT, 1))
            .then(run(CharacterKind.ASCII_DIGIT, 1)));

    static {
        registerGpt2Like();
        registerLlama3Like();
        registerCased();
        registerDeepseek();
        registerOthers();
    }

    private PreTokenizers() {}

    /**
     * The pre-tokenizer called {@code name}.
     *
     * @param source the model file, for the message
     * @throws ModelFileException if there is none of that name
     */
    static PreTokenizer named(String source, String name) {
        PreTokenizer preTokenizer = BY_NAME.get(name);
        if (preTokenizer == null) {
            throw new ModelFileException(source + ": key '" + TokenizerKeys.PRE_TOKENIZER + "' is '" + name
                    + "'; expected one of " + BY_NAME.keySet()
                    + ". Convert the model anew with a current converter, or use a model with one of these");
        }
        return preTokenizer;
    }

    /** All names, sorted. */
    static Set<String> names() {
        return Collections.unmodifiableSet(BY_NAME.keySet());
    }

    private static void registerGpt2Like() {
        register(
                PreTokenizer.of(GPT2_WORDS),
                "gpt-2",
                "mpt",
                "olmo",
                "jais",
                "trillion",
                "granite-docling",
                "phi-2",
                "gigachat",
                "exaone4",
                "mellum",
                "a.x-4.0");
        register(
                PreTokenizer.of(EACH_NUMBER, GPT2_WORDS),
                "starcoder",
                "smollm",
                "command-r",
                "minerva-7b",
                "refact",
                "exaone",
                "codeshell",
                "mellum2");
        SplitRule marks = run(PUNCTUATION | ASCII_SYMBOL);
        register(PreTokenizer.of(SplitStage.of(marks), GPT2_WORDS, THREE_DIGITS), "falcon");
        SplitRule marksButBacktick = (text, position, end) -> {
            int next = position;
            while (next < end && (text.kind(next) & (PUNCTUATION | ASCII_SYMBOL)) != 0 && text.at(next) != '`') {
                next++;
            }
            return next > position ? next : SplitRule.NO_MATCH;
        };
        register(
                PreTokenizer.of(SplitStage.of(marksButBacktick), GPT2_WORDS, SplitStage.of(run(NUMBER)), THREE_DIGITS),
                "default");
    }

    private static void registerLlama3Like() {
        PreTokenizer llama3 = PreTokenizer.of(words(LETTER, 3, NEWLINE));
        register(llama3, "dbrx", "smaug-bpe", "glm4", "chatglm-bpe");
        register(
                llama3.ignoringMerges().addingBeginOfText(),
                "llama-bpe",
                "llama3",
                "llama-v3",
                "falcon3",
                "falcon-h1",
                "pixtral",
                "midm-2.0",
                "lfm2");
        SplitStage qwen2 = words(LETTER, 1, NEWLINE);
        register(
                PreTokenizer.of(qwen2),
                "qwen2",
                "bailingmoe",
                "bailingmoe2",
                "llada-moe",
                "f2llmv2",
                "deepseek-r1-qwen",
                "stablelm2",
                "hunyuan",
                "megrez",
                "kormo",
                "solar-open",
                "grok-2");
        SplitStage lines = SplitStage.of(runOf(0, '\n' - 1, '\n' + 1, Character.MAX_CODE_POINT), runOf('\n', '\n'));
        register(PreTokenizer.of(lines, qwen2), "laguna");
        register(PreTokenizer.of(words(LETTER | MARK, 1, NEWLINE)), "qwen35");
        register(PreTokenizer.of(words(LETTER, 1, 0)), "seed-coder");
        register(
                PreTokenizer.of(SplitStage.of(run(NUMBER, 3)), words(LETTER, Integer.MAX_VALUE, NEWLINE))
                        .ignoringMerges(),
                "minicpm5");
    }

    /**
     * The pattern that Llama 3 introduced, which its successors vary.
     *
     * @param letters the kinds that words are made of
     * @param mostDigits the longest run of digits that stays together
     * @param afterMarks what a run of punctuation takes along
     */
    private static SplitStage words(int letters, int mostDigits, int afterMarks) {
        return SplitStage.of(
                contraction(true),
                run(letters).after(BEFORE_A_WORD),
                run(NUMBER, mostDigits),
                run(~(SPACE | letters | NUMBER)).after(BLANK).thenMaybe(run(afterMarks)),
                lineBreaks(),
                spaces());
    }

    private static void registerCased() {
        SplitRule lowerWord =
                casedWord(UPPER_OR_UNCASED, LOWER_OR_UNCASED, true).after(BEFORE_A_WORD);
        SplitRule upperWord =
                casedWord(UPPER_OR_UNCASED, LOWER_OR_UNCASED, false).after(BEFORE_A_WORD);
        SplitRule marks = run(NOT_A_WORD).after(BLANK);
        SplitRule pathMarks = marks.thenMaybe(runOf('/', '/', '\n', '\n', '\r', '\r'));
        register(
                PreTokenizer.of(SplitStage.of(lowerWord, upperWord, run(NUMBER, 1), pathMarks, lineBreaks(), spaces()))
                        .ignoringMerges()
                        .addingBeginOfText(),
                "tekken");
        SplitRule suffix = contraction(true);
        register(
                PreTokenizer.of(SplitStage.of(
                        lowerWord.thenMaybe(suffix),
                        upperWord.thenMaybe(suffix),
                        run(NUMBER, 3),
                        pathMarks,
                        lineBreaks(),
                        spaces())),
                "gpt-4o",
                "llama4",
                "kanana2",
                "talkie",
                "minimax-m2");
        int notHan = ~HAN;
        register(
                PreTokenizer.of(SplitStage.of(
                        run(HAN),
                        casedWord(UPPER_OR_UNCASED & notHan, LOWER_OR_UNCASED & notHan, true)
                                .after(BEFORE_A_WORD)
                                .thenMaybe(suffix),
                        casedWord(UPPER_OR_UNCASED & notHan, LOWER_OR_UNCASED & notHan, false)
                                .after(BEFORE_A_WORD)
                                .thenMaybe(suffix),
                        run(NUMBER, 3),
                        marks.thenMaybe(run(NEWLINE)),
                        lineBreaks(),
                        spaces())),
                "kimi-k2");
    }

    private static void registerDeepseek() {
        SplitStage eachNewline = SplitStage.of(run(NEWLINE, 1));
        SplitStage eastAsian = SplitStage.of(runOf(0x0800, 0x9FA5, 0xAC00, 0xD7FF));
        register(
                PreTokenizer.of(
                        eachNewline,
                        SplitStage.of(runOf(CasedLetters.DEEPSEEK).after(SPACE)),
                        SplitStage.of(runOf(
                                        '!', '/', ':', '~', 0xFF01, 0xFF0F, 0xFF1A, 0xFF5E, 0x2018, 0x201F, 0x3000,
                                        0x3002)
                                .after(SPACE)),
                        SplitStage.trailingSpaces(),
                        eastAsian,
                        SplitStage.of(run(NUMBER))),
                "deepseek-llm");
        register(
                PreTokenizer.of(
                        eachNewline,
                        SplitStage.of(run(LETTER).after(SPACE)),
                        SplitStage.of(run(PUNCTUATION).after(SPACE)),
                        eastAsian,
                        EACH_NUMBER),
                "deepseek-coder");
        register(
                PreTokenizer.of(
                        SplitStage.of(run(NUMBER, 3)),
                        SplitStage.of(runOf(0x4E00, 0x9FA5, 0x3040, 0x30FF)),
                        SplitStage.of(
                                run(ASCII_PUNCTUATION | ASCII_SYMBOL, 1).then(run(ASCII_UPPER | ASCII_LOWER)),
                                run(LETTER | MARK).after(~(NEWLINE | LETTER | PUNCTUATION | SYMBOL)),
                                run(PUNCTUATION | SYMBOL).after(BLANK).thenMaybe(run(NEWLINE)),
                                lineBreaks(),
                                spaces())),
                "deepseek-v3",
                "hunyuan-dense",
                "joyai-llm");
    }

    private static void registerOthers() {
        SplitStage clauses = SplitStage.of(runExcept(CLAUSE_ENDS).after(BLANK));
        register(PreTokenizer.of(clauses), "bloom", "poro-chat", "gpt3-finnish");
        register(PreTokenizer.of(clauses, EACH_NUMBER), "viking");
        register(PreTokenizer.of(SplitStage.of(run(NUMBER)), SplitStage.digitsInThreesFromTheRight()), "superbpe");
        SplitRule imageLetters = (text, position, end) -> {
            int next = position;
            while (next < end && next < position + 4 && text.at(next) >= 'A' && text.at(next) <= 'I') {
                next++;
            }
            return next > position ? next : SplitRule.NO_MATCH;
        };
        register(
                PreTokenizer.of(
                                SplitStage.of(literal("<sentinel:")
                                        .then(run(CharacterKind.ASCII_DIGIT))
                                        .then(literal(">"))),
                                SplitStage.of(
                                        literal("IMGIMG").then(imageLetters).then(literal("Z"))),
                                SplitStage.of(literal("\t"), literal("\n"), literal("    "), literal("  ")),
                                EACH_NUMBER,
                                SplitStage.of(run(PUNCTUATION | ASCII_SYMBOL, 1)),
                                GPT2_WORDS)
                        .addingBeginOfText(),
                "chameleon");
    }

    private static void register(PreTokenizer preTokenizer, String... names) {
        for (String name : names) {
            BY_NAME.put(name, preTokenizer);
        }
    }
}
