package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class SplitNameTest {
    private static final List<String> PARTS =
            List.of("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf");

    @Test
    void aPartStandsForAllOfThem() {
        for (String part : PARTS) {
            assertEquals(PARTS, SplitName.partsOf(part));
        }
    }

    @Test
    void whatIsNotAPartStandsForItself() {
        for (String name : List.of(
                "m.gguf",
                "m-00004-of-00003.gguf",
                "m-00000-of-00003.gguf",
                "m-00001-of-00000.gguf",
                "m-1-of-3.gguf",
                "m-00001-of-00003.bin")) {
            assertEquals(List.of(name), SplitName.partsOf(name));
        }
    }

    @Test
    void digitsDoNotFollowTheLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-SA-u-nu-arab"));
            assertEquals(PARTS, SplitName.partsOf(PARTS.get(1)));
            SplitName.check(Path.of(PARTS.get(1)), 1, 3);
            assertEquals(Path.of(PARTS.get(2)), SplitName.sibling(Path.of(PARTS.get(0)), 0, 3, 2));
        } finally {
            Locale.setDefault(before);
        }
    }
}
