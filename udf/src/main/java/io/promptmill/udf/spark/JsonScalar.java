package io.promptmill.udf.spark;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;

/** A JSON value that becomes one value of a plain type. */
sealed interface JsonScalar extends JsonColumn {

    /** A value without parts. */
    Object of(JsonParser parser, JsonDocument document) throws IOException;

    @Override
    default Object read(JsonParser parser, JsonDocument document) throws IOException {
        if (parser.currentToken().isStructStart()) {
            parser.skipChildren();
            return null;
        }
        return parser.currentToken() == JsonToken.VALUE_NULL ? null : of(parser, document);
    }

    /** JSON strings. */
    record Text() implements JsonScalar {
        @Override
        public DataType type() {
            return DataTypes.StringType;
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            return parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
        }
    }

    /** Values for which there is no one type: as they stand in the document. */
    record AnyJson() implements JsonScalar {
        @Override
        public DataType type() {
            return DataTypes.StringType;
        }

        @Override
        public Object read(JsonParser parser, JsonDocument document) throws IOException {
            return parser.currentToken() == JsonToken.VALUE_NULL ? null : of(parser, document);
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            long from = parser.currentTokenLocation().getCharOffset();
            parser.skipChildren();
            // A string is read to its end only when it is asked for.
            parser.finishToken();
            return document.text((int) from, (int) parser.currentLocation().getCharOffset());
        }
    }

    /** true and false. */
    record Flag() implements JsonScalar {
        @Override
        public DataType type() {
            return DataTypes.BooleanType;
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            return parser.currentToken().isBoolean() ? parser.getBooleanValue() : null;
        }
    }

    /** Integers of 8, 16, 32 or 64 bits; {@code 3.0} and {@code 3e0} are integers, too. */
    record Whole(int bits) implements JsonScalar {
        @Override
        public DataType type() {
            return switch (bits) {
                case 8 -> DataTypes.ByteType;
                case 16 -> DataTypes.ShortType;
                case 32 -> DataTypes.IntegerType;
                default -> DataTypes.LongType;
            };
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            BigDecimal number = number(parser);
            if (number == null || number.stripTrailingZeros().scale() > 0) {
                return null;
            }
            BigInteger whole = number.toBigInteger();
            if (whole.bitLength() >= bits) {
                return null;
            }
            return switch (bits) {
                case 8 -> whole.byteValue();
                case 16 -> whole.shortValue();
                case 32 -> whole.intValue();
                default -> whole.longValue();
            };
        }
    }

    /** Numbers in double precision. */
    record DoublePrecision() implements JsonScalar {
        @Override
        public DataType type() {
            return DataTypes.DoubleType;
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            return parser.currentToken().isNumeric() ? Double.parseDouble(parser.getText()) : null;
        }
    }

    /** Numbers in single precision. */
    record SinglePrecision() implements JsonScalar {
        @Override
        public DataType type() {
            return DataTypes.FloatType;
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            return parser.currentToken().isNumeric() ? Float.parseFloat(parser.getText()) : null;
        }
    }

    /** Numbers in decimal, rounded half up to the scale. */
    record Decimal(int precision, int scale) implements JsonScalar {
        @Override
        public DecimalType type() {
            return DataTypes.createDecimalType(precision, scale);
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            BigDecimal number = number(parser);
            if (number == null) {
                return null;
            }
            BigDecimal rounded = number.setScale(scale, RoundingMode.HALF_UP);
            return rounded.precision() <= precision ? rounded : null;
        }
    }

    /** Days of the calendar, {@code 2026-01-31}. */
    record Day() implements JsonScalar {
        @Override
        public DataType type() {
            return DataTypes.DateType;
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                return null;
            }
            try {
                return document.date(LocalDate.parse(parser.getText()));
            } catch (DateTimeException noDay) {
                return null;
            }
        }
    }

    /** Moments with their offset from UTC, {@code 2026-01-31T09:30:00.5+01:00} (RFC 3339). */
    record Moment() implements JsonScalar {
        /** Digits of a second beyond those that java.time reads. */
        private static final Pattern BEYOND_NANOSECONDS = Pattern.compile("(\\.\\d{9})\\d+");

        @Override
        public DataType type() {
            return DataTypes.TimestampType;
        }

        @Override
        public Object of(JsonParser parser, JsonDocument document) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                return null;
            }
            try {
                String text = BEYOND_NANOSECONDS.matcher(parser.getText()).replaceFirst("$1");
                return document.timestamp(OffsetDateTime.parse(text).toInstant());
            } catch (DateTimeException noMoment) {
                return null;
            }
        }
    }

    /** The number, or null where the value is none or has so large an exponent that its digits would fill the memory. */
    private static BigDecimal number(JsonParser parser) throws IOException {
        int mostDigits = 1000;
        if (!parser.currentToken().isNumeric()) {
            return null;
        }
        try {
            BigDecimal number = new BigDecimal(parser.getText());
            return number.signum() == 0 || Math.abs((long) number.scale()) <= mostDigits + number.precision()
                    ? number
                    : null;
        } catch (NumberFormatException exponent) {
            return null;
        }
    }
}
