package io.promptmill.udf.kernels;

import static io.promptmill.udf.kernels.BlockTwin.bits;
import static io.promptmill.udf.kernels.BlockTwin.halfAt;

import io.promptmill.udf.tensor.BlockFormat;

/** {@link BlockTwin} for the formats whose numbers are indexes of {@link Codebooks}; the codebooks are shared. */
final class CodebookTwin {
    private CodebookTwin() {}

    /** Value {@code j} of the block at {@code block}. */
    static double value(BlockFormat format, byte[] source, int block, int j) {
        int run = j / 32;
        int group = j / 8;
        int four = j / 4;
        return switch (format) {
            case IQ2_XXS -> {
                int start = block + 2 + run * 8;
                double scale = halfAt(source, block) * (0.5 + bits(source, start + 4, 28, 4)) / 4;
                int value = Codebooks.IQ2_XXS[(int) bits(source, start, group % 4 * 8, 8) * 8 + j % 8];
                yield scale * evenSign(bits(source, start + 4, group % 4 * 7, 7), j % 8) * value;
            }
            case IQ2_XS -> {
                double scale = halfAt(source, block) * (0.5 + bits(source, block + 66, j / 16 * 4, 4)) / 4;
                int value = Codebooks.IQ2_XS[(int) bits(source, block + 2, group * 16, 9) * 8 + j % 8];
                yield scale * evenSign(bits(source, block + 2, group * 16 + 9, 7), j % 8) * value;
            }
            case IQ2_S -> {
                double scale = halfAt(source, block) * (0.5 + bits(source, block + 74, j / 16 * 4, 4)) / 4;
                long index = bits(source, block + 2, group * 8, 8) + 256 * bits(source, block + 66, group * 2, 2);
                yield scale * sign(bits(source, block + 34, j, 1)) * Codebooks.IQ2_S[(int) index * 8 + j % 8];
            }
            case IQ3_XXS -> {
                int start = block + 66 + run * 4;
                double scale = halfAt(source, block) * (0.5 + bits(source, start, 28, 4)) / 2;
                int value = Codebooks.IQ3_XXS[(int) bits(source, block + 2, four * 8, 8) * 4 + j % 4];
                yield scale * evenSign(bits(source, start, group % 4 * 7, 7), j % 8) * value;
            }
            case IQ3_S -> {
                double scale = halfAt(source, block) * (1 + 2 * bits(source, block + 106, run * 4, 4));
                long index = bits(source, block + 2, four * 8, 8) + 256 * bits(source, block + 66, four, 1);
                yield scale * sign(bits(source, block + 74, j, 1)) * Codebooks.IQ3_S[(int) index * 4 + j % 4];
            }
            case IQ1_S -> {
                int start = block + 34 + run * 2;
                double scale = halfAt(source, block) * (1 + 2 * bits(source, start, 12, 3));
                long index = bits(source, block + 2, group * 8, 8) + 256 * bits(source, start, group % 4 * 3, 3);
                yield scale * (Codebooks.IQ1[(int) index * 8 + j % 8] + sign(bits(source, start, 15, 1)) / 8);
            }
            case IQ1_M -> {
                int half = 0;
                for (int part = 0; part < 4; part++) {
                    half += (int) bits(source, block + 48, part * 16 + 12, 4) << part * 4;
                }
                long groupScale = bits(source, block + 48, j / 64 * 16 + j % 64 / 16 * 3, 3);
                long index = bits(source, block, group * 8, 8) + 256 * bits(source, block + 32, group * 4, 3);
                double shift = sign(bits(source, block + 32, group * 4 + 3, 1)) / 8;
                yield BlockTwin.half(half) * (1 + 2 * groupScale) * (Codebooks.IQ1[(int) index * 8 + j % 8] + shift);
            }
            default -> throw new IllegalArgumentException(format.name());
        };
    }

    private static double sign(long bit) {
        return bit == 0 ? 1 : -1;
    }

    /** The sign of value {@code j}; that of the last makes the product of all eight positive. */
    private static double evenSign(long seven, int j) {
        if (j < 7) {
            return sign(seven >> j & 1);
        }
        double product = 1;
        for (int i = 0; i < 7; i++) {
            product *= sign(seven >> i & 1);
        }
        return product;
    }
}
