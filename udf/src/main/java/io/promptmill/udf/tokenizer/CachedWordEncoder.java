package io.promptmill.udf.tokenizer;

/** Remembers the ids of short words. */
final class CachedWordEncoder implements WordEncoder {
    private final WordEncoder encoder;
    private final WordCache cache = new WordCache();

    CachedWordEncoder(WordEncoder encoder) {
        this.encoder = encoder;
    }

    @Override
    public void encode(CodePoints text, int start, int end, IntList ids) {
        int[] known = cache.get(text, start, end);
        if (known == null) {
            int before = ids.size();
            encoder.encode(text, start, end, ids);
            cache.put(text, start, end, ids.tail(before));
        } else {
            ids.addAll(known);
        }
    }
}
