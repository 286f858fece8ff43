package io.promptmill.udf.constraint;

import java.util.SplittableRandom;

/** Texts that differ a little from others. */
final class TextMutations {
    private TextMutations() {}

    /**
     * {@code text} after one to three changes of a character.
     *
     * @param spare characters to take new ones from, besides those of the text
     */
    static String mutated(String text, String spare, SplittableRandom random) {
        String mutated = text;
        for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
            int[] codePoints = mutated.codePoints().toArray();
            int[] pool = (mutated + spare).codePoints().toArray();
            int at = random.nextInt(codePoints.length + 1);
            String before = new String(codePoints, 0, at);
            String rest = new String(codePoints, at, codePoints.length - at);
            String inserted = Character.toString(pool[random.nextInt(pool.length)]);
            String shorter = rest.isEmpty() ? rest : rest.substring(rest.offsetByCodePoints(0, 1));
            mutated = switch (random.nextInt(4)) {
                case 0 -> before + inserted + rest;
                case 1 -> before + inserted + shorter;
                case 2 -> before + shorter;
                default -> random.nextBoolean() ? before : before + rest + before;
            };
            mutated = mutated.length() > 400 ? mutated.substring(0, 200) : mutated;
        }
        return mutated;
    }
}
