package io.promptmill.udf.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.promptmill.udf.error.ModelFileException;
import io.promptmill.udf.tensor.BlockFormat;
import io.promptmill.udf.tensor.ByteStorage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule of the safetensors header, and what happens to headers that are damaged at random. */
final class SafetensorsHeaderTest {
    private static final int MUTATIONS = 20_000;

    private record Memory(byte[] bytes) implements ByteStorage {
        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void read(long offset, byte[] target, int targetOffset, int length) {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            System.arraycopy(bytes, (int) offset, target, targetOffset, length);
        }
    }

    private static byte[] file(String header) {
        return SafetensorsWriter.file(header, new byte[8]);
    }

    private static byte[] tensor(String type, String shape, String offsets) {
        return file("{\"t\":{\"dtype\":" + type + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static Stream<Arguments> lies() {
        String good = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
        String second = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}";
        return Stream.of(
                arguments("the file is empty", new byte[0]),
                arguments("expected JSON from byte 8 on", new byte[8]),
                arguments("expected JSON from byte 8 on", bytes("GGUF\3\0\0\0\0\0\0\0\0\0\0\0")),
                arguments("Git LFS pointer", bytes("version https://git-lfs.github.com/spec/v1\n")),
                arguments("zip archive", bytes("PK\3\4xxxxxxxxxx")),
                arguments("web page", bytes("<html><body>404</body></html>")),
                arguments("claims 9223372036854775808 bytes", bytes("\0\0\0\0\0\0\0\u0080{}")),
                arguments("claims 3 bytes; expected at most 2, where the file ends", bytes("\3\0\0\0\0\0\0\0{}")),
                arguments("not JSON", bytes("\1\0\0\0\0\0\0\0{\"")),
                arguments("not JSON", file("{\"t\":" + good + ",}")),
                arguments("not JSON", file("{\"__metadata__\":" + "[".repeat(2000))),
                arguments("not JSON", bytes("\2\0\0\0\0\0\0\0{\u0080")),
                arguments("goes on after its object", file("{\"t\":" + good + ",\"u\":" + second + "}{}")),
                arguments("not JSON (Duplicate field", file("{\"t\":" + good + ",\"t\":" + second + "}")),
                arguments("tensor 't' is not described by an object", file("{\"t\":7}")),
                arguments("a tensor has no name", file("{\"\":" + good + "}")),
                arguments("Name length (70000) exceeds", file("{\"" + "n".repeat(70_000) + "\":" + good + "}")),
                arguments("has the key 'x'", file("{\"t\":{\"x\":1}}")),
                arguments("'t' has no dtype", file("{\"t\":{\"shape\":[1],\"data_offsets\":[0,4]}}")),
                arguments("'t' has no shape", file("{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}")),
                arguments("no data_offsets of two numbers", tensor("\"F32\"", "[2]", "[0]")),
                arguments("data_offsets of more than 2 numbers", tensor("\"F32\"", "[2]", "[0,4,8]")),
                arguments("stored as 'Q4_0', which is unknown", tensor("\"Q4_0\"", "[2]", "[0,8]")),
                arguments("a dtype that is not text", tensor("7", "[2]", "[0,8]")),
                arguments("shape that is not an array", tensor("\"F32\"", "2", "[0,8]")),
                arguments("shape that is not of whole numbers", tensor("\"F32\"", "[-2]", "[0,8]")),
                arguments("shape that is not of whole numbers", tensor("\"F32\"", "[2.0]", "[0,8]")),
                arguments("shape that is not of whole numbers", tensor("\"F32\"", "[\"2\"]", "[0,8]")),
                arguments("not of whole numbers", tensor("\"F32\"", "[2]", "[0,99999999999999999999]")),
                arguments("more than 8 numbers", tensor("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]")),
                arguments("overflows", tensor("\"F32\"", "[4294967296,4294967296]", "[0,0]")),
                arguments("takes 96 bits, but its data_offsets span 8 bytes", tensor("\"F32\"", "[3]", "[0,8]")),
                arguments("takes 4 bits", tensor("\"F4\"", "[1]", "[0,8]")),
                arguments("ends at byte 0 of the data, before it begins at byte 8", tensor("\"F32\"", "[2]", "[8,0]")),
                arguments("begins at byte 4 of the data; expected byte 0", tensor("\"F32\"", "[1]", "[4,8]")),
                arguments("ends at byte 16 of the data, which has 8 bytes", tensor("\"F32\"", "[4]", "[0,16]")),
                arguments("the tensors end at byte 4 of the data, which has 8 bytes", file("{\"t\":" + good + "}")),
                arguments(
                        "'u' begins at byte 0 of the data; expected byte 4",
                        file("{\"t\":" + good + ",\"u\":" + good + "}")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lies")
    void refusesLiesByName(String part, byte[] file) {
        String message = assertThrows(ModelFileException.class, () -> SafetensorsHeader.read("model", new Memory(file)))
                .getMessage();
        assertTrue(message.startsWith("model: "), message);
        assertTrue(message.contains(part), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void refusesHeadersThatWouldFillTheHeap() {
        ByteStorage huge = new ByteStorage() {
            @Override
            public long size() {
                return 1L << 40;
            }

            @Override
            public void read(long offset, byte[] target, int targetOffset, int length) {
                Arrays.fill(target, targetOffset, targetOffset + length, (byte) '{');
                if (offset == 0 && length >= 8) {
                    System.arraycopy(bytes("\0\0\0\0\1\0\0\0"), 0, target, targetOffset, 8);
                }
            }
        };
        String message = assertThrows(ModelFileException.class, () -> SafetensorsHeader.read("model", huge))
                .getMessage();
        assertTrue(message.contains("claims 4294967296 bytes; expected at most 67108864"), message);
    }

    @Test
    void refusesEveryTruncation() {
        byte[] file = valid();
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThrows(ModelFileException.class, () -> SafetensorsHeader.read("cut", new Memory(cut)));
        }
    }

    @Test
    void readsEmptyAndScalarTensors() {
        byte[] file = file("{\"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F16\",\"shape\":[0,5],\"data_offsets\":[0,0]}}");
        Map<String, SafetensorsTensor> read = SafetensorsHeader.read("model", new Memory(file));
        assertEquals(List.of(0L, 5L), read.get("b").shape());
        assertEquals(List.of(), read.get("a").shape());
        assertEquals(SafetensorsType.I64, read.get("a").type());
    }

    @Test
    void readsOrRefusesWhateverTheBytesAre() {
        byte[] valid = valid();
        Random random = new Random(20_240_301);
        int read = 0;
        for (int round = 0; round < MUTATIONS; round++) {
            byte[] mutant = mutate(valid, random);
            try {
                SafetensorsHeader.read("mutant " + round, new Memory(mutant))
                        .values()
                        .forEach(SafetensorsHeaderTest::readWhole);
                read++;
            } catch (ModelFileException expected) {
                assertTrue(expected.getMessage().startsWith("mutant " + round + ": "), expected.getMessage());
            }
        }
        // Both ends of the contract must have been exercised.
        assertTrue(read > MUTATIONS / 50 && read < MUTATIONS / 2, read + " read");
    }

    private static byte[] valid() {
        return new SafetensorsWriter()
                .tensor("model.norm.weight", BlockFormat.F32, new float[4], List.of(4L))
                .tensor("lm_head.weight", BlockFormat.BF16, new float[20], List.of(4L, 5L))
                .tensor("mask", "BOOL", new byte[6], List.of(2L, 3L))
                .toBytes();
    }

    private static void readWhole(SafetensorsTensor tensor) {
        long values = tensor.shape().stream().reduce(1L, Math::multiplyExact);
        int length = Math.toIntExact(values * tensor.type().bits() / 8);
        tensor.storage().read(tensor.offset(), new byte[length], 0, length);
    }

    private static byte[] mutate(byte[] valid, Random random) {
        byte[] mutant = random.nextInt(8) == 0 ? Arrays.copyOf(valid, random.nextInt(valid.length)) : valid.clone();
        int header = mutant.length - 62;
        for (int change = random.nextInt(3); change >= 0 && header > 8; change--) {
            int at = random.nextInt(header);
            switch (random.nextInt(3)) {
                case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutant[at] = (byte) "0123456789,:{}[]\"".charAt(random.nextInt(17));
                default -> mutant[at] = valid[8 + random.nextInt(valid.length - 70)];
            }
        }
        return mutant;
    }
}
