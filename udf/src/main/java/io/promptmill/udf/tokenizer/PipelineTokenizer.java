package io.promptmill.udf.tokenizer;

import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The steps of Hugging Face's library: added tokens out of the raw text, the rest normalized, added tokens out of that,
 * the rest cut into words, and words to token ids. What a user's text may contain is found by one set of matchers, what a
 * template may contain by another one.
 *
 * <p>Control tokens are always searched in raw text, even where the file wants them in normalized text: a user's text
 * must not become one by being normalized.
 */
final class PipelineTokenizer implements Tokenizer {

    /**
     * What a text goes through.
     *
     * @param inTemplate added tokens of all kinds, in raw text
     * @param inText added tokens that a user may write, in raw text
     * @param inNormalized added tokens that a user may write, in normalized text
     */
    record Steps(
            AddedTokens inTemplate,
            AddedTokens inText,
            AddedTokens inNormalized,
            TextNormalizer normalizer,
            WordSplitter splitter,
            WordEncoder encoder,
            TokenDecoder decoder) {}

    private static final byte[] NO_BYTES = {};

    private final Vocabulary vocabulary;
    private final Map<String, Integer> controlTokens;
    private final Set<Integer> ends;
    private final Steps steps;
    private final PipelineFrame frame;
    private final byte[][] texts;
    private final byte[][] firstTexts;

    PipelineTokenizer(
            Vocabulary vocabulary,
            Map<String, Integer> controlTokens,
            Set<Integer> ends,
            Steps steps,
            PipelineFrame frame) {
        this.vocabulary = vocabulary;
        this.controlTokens = controlTokens;
        this.ends = ends;
        this.steps = steps;
        this.frame = frame;
        texts = steps.decoder().texts(vocabulary, false);
        firstTexts = steps.decoder().firstTexts(vocabulary, texts);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int[] encode(String text, boolean addSpecial) {
        IntList ids = new IntList(text.length() / 3 + 2);
        encodeUserText(text, true, ids);
        return addSpecial ? frame.around(ids.toArray()) : ids.toArray();
    }

    @Override
    public int[] encodeTemplate(String text, boolean addSpecial, char shield) {
        IntList ids = new IntList(text.length() / 3 + 2);
        steps.inTemplate().split(text, new AddedTokens.Receiver() {
            @Override
            public void text(int start, int end) {
                String part = text.substring(start, end).replace(String.valueOf(shield), "");
                encodeUserText(part, start == 0, ids);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        });
        return addSpecial ? frame.aroundTemplate(ids.toArray()) : ids.toArray();
    }

    private void encodeUserText(String text, boolean beginsText, IntList ids) {
        steps.inText().split(text, new AddedTokens.Receiver() {
            @Override
            public void text(int start, int end) {
                encodeNormalized(
                        steps.normalizer().normalize(text.substring(start, end)), beginsText && start == 0, ids);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        });
    }

    private void encodeNormalized(String text, boolean beginsText, IntList ids) {
        steps.inNormalized().split(text, new AddedTokens.Receiver() {
            @Override
            public void text(int start, int end) {
                encodeWords(CodePoints.of(text, start, end), beginsText && start == 0, ids);
            }

            @Override
            public void token(int id) {
                ids.add(id);
            }
        });
    }

    private void encodeWords(CodePoints text, boolean beginsText, IntList ids) {
        Words words = steps.splitter().split(Words.whole(text, beginsText));
        for (int word = 0; word < words.count(); word++) {
            steps.encoder().encode(words.text(), words.start(word), words.end(word), ids);
        }
    }

    @Override
    public String piece(int token) {
        return token < vocabulary.size() ? vocabulary.piece(token) : "[UNUSED_" + token + "]";
    }

    @Override
    public boolean isControl(int token) {
        return token < vocabulary.size()
                && (vocabulary.kind(token) == TokenKind.CONTROL || vocabulary.kind(token) == TokenKind.UNKNOWN);
    }

    @Override
    public Map<String, Integer> controlTokens() {
        return controlTokens;
    }

    @Override
    public OptionalInt beginOfText() {
        return frame.begin() < 0 ? OptionalInt.empty() : OptionalInt.of(frame.begin());
    }

    @Override
    public Set<Integer> endTokens() {
        return ends;
    }

    @Override
    public boolean addsBeginOfText() {
        return frame.addsBegin();
    }

    @Override
    public byte[] bytes(int token, boolean beginsText) {
        byte[] text = token >= texts.length ? null : (beginsText ? firstTexts : texts)[token];
        if (text == null || text.length == 0) {
            return NO_BYTES;
        }
        boolean dropsSpace = beginsText && steps.decoder().dropsFirstSpace() && text[0] == ' ';
        return dropsSpace ? Arrays.copyOfRange(text, 1, text.length) : text;
    }

    @Override
    public StreamingDecoder decoder(int previousToken) {
        boolean startsText = beginsText(previousToken);
        TokenDecoder decoder = steps.decoder();
        return new Utf8StreamingDecoder(
                texts, firstTexts, startsText, decoder.dropsFirstSpace() && startsText, decoder.holdsLastSpace());
    }
}
