package io.promptmill.job;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.promptmill.udf.error.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;

/**
 * How a JSON file holds its rows. Read in the wrong way, Spark would take the first row and drop the others without a
 * word, so what cannot be told is refused.
 */
enum JsonLayout {
    /** One value a line. */
    LINES,
    /** One value that takes several lines. */
    DOCUMENT,
    /** At most one value, on one line: both ways of reading give the same. */
    EITHER;

    private static final JsonFactory JSON = new JsonFactory();

    /**
     * The layout that all of these files have.
     *
     * @throws DataException where they differ, or one is neither
     */
    static JsonLayout of(List<Path> files, Configuration hadoop) {
        JsonLayout layout = EITHER;
        Path decisive = null;
        for (Path file : files) {
            JsonLayout found = of(file, hadoop);
            if (found == EITHER || found == layout) {
                continue;
            }
            if (decisive != null) {
                throw new DataException("the input holds JSON of one object a line and JSON documents: "
                        + (found == LINES ? file : decisive) + " and " + (found == LINES ? decisive : file)
                        + "; run a job for each");
            }
            layout = found;
            decisive = file;
        }
        return layout;
    }

    private static JsonLayout of(Path file, Configuration hadoop) {
        CompressionCodec codec = new CompressionCodecFactory(hadoop).getCodec(file);
        try (InputStream stored = file.getFileSystem(hadoop).open(file);
                InputStream text = codec == null ? stored : codec.createInputStream(stored);
                JsonParser parser = JSON.createParser(text)) {
            return of(file, parser);
        } catch (JsonProcessingException e) {
            JsonLocation place = e.getLocation();
            throw new DataException(
                    file + (place == null ? "" : ":" + place.getLineNr() + ":" + place.getColumnNr())
                            + " is not valid JSON (" + Failures.firstLine(e)
                            + "); correct it, or give input.format jsonl where each line is an object of its own",
                    e);
        } catch (IOException | RuntimeException e) {
            if (e instanceof DataException refused) {
                throw refused;
            }
            throw new DataException(file + " cannot be read: " + Failures.firstLine(e), e);
        }
    }

    private static JsonLayout of(Path file, JsonParser parser) throws IOException {
        if (parser.nextToken() == null) {
            return EITHER;
        }
        int first = parser.currentTokenLocation().getLineNr();
        parser.skipChildren();
        // A scalar is read when it is asked for.
        parser.finishToken();
        int last = parser.currentLocation().getLineNr();
        int next;
        try {
            JsonToken following = parser.nextToken();
            if (following == null) {
                return first == last ? EITHER : DOCUMENT;
            }
            next = parser.currentTokenLocation().getLineNr();
        } catch (JsonProcessingException broken) {
            next = broken.getLocation() == null ? last : broken.getLocation().getLineNr();
        }
        if (first != last || next == last) {
            throw new DataException(file + " holds several JSON values and the first does not have its line for itself"
                    + " (lines " + first + " to " + last + ", the next begins in line " + next
                    + "); write one object a line, or one array of them");
        }
        return LINES;
    }
}
