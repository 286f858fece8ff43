package io.promptmill.job;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.promptmill.udf.error.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads a job configuration, YAML or JSON by its ending, and lays {@code --set key.path=value} over it. */
final class ConfigLoader {
    /** Sections whose keys contain dots themselves: what follows them in a key path is one key. */
    private static final List<String> FLAT_SECTIONS = List.of("spark", "input.options");

    private final ObjectMapper yaml = YAMLMapper.builder(YAMLFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private final ObjectMapper json = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * @param settings {@code key.path=value} each, the value in YAML; an empty value removes the key
     * @throws ConfigException where the file cannot be read or anything in it is wrong
     */
    JobConfig load(Path file, List<String> settings) {
        JsonNode root = parse(file);
        for (String setting : settings) {
            if (!(root instanceof ObjectNode mapping)) {
                break;
            }
            set(mapping, setting);
        }
        try {
            return JobConfig.of(root);
        } catch (ConfigException e) {
            throw new ConfigException(file + ": " + e.getMessage(), e);
        }
    }

    private JsonNode parse(Path file) {
        // In yarn cluster mode a file shipped with --files lies in the working directory, whatever its folder was.
        Path found = Files.exists(file) || file.getFileName() == null ? file : file.getFileName();
        if (!Files.isRegularFile(found)) {
            throw new ConfigException("no configuration file at '" + file + "' (working directory "
                    + Path.of("").toAbsolutePath() + ")");
        }
        ObjectMapper mapper = file.toString().endsWith(".json") ? json : yaml;
        try {
            JsonNode root = mapper.readTree(Files.readString(found));
            return root == null || root.isNull() || root.isMissingNode() ? mapper.createObjectNode() : root;
        } catch (JsonProcessingException e) {
            throw new ConfigException(file + position(e) + ": " + firstLine(e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read as UTF-8 text: " + e.getMessage(), e);
        }
    }

    private void set(ObjectNode root, String setting) {
        int equals = setting.indexOf('=');
        if (equals < 1) {
            throw new ConfigException("--set " + setting + ": expected key.path=value");
        }
        String path = setting.substring(0, equals).strip();
        JsonNode value;
        try {
            value = yaml.readTree(setting.substring(equals + 1));
        } catch (JsonProcessingException e) {
            throw new ConfigException(
                    "--set " + setting + ": the value is not YAML; put text with special characters in quotes ("
                            + firstLine(e.getOriginalMessage()) + ")",
                    e);
        }
        List<String> keys = split(path);
        ObjectNode parent = root;
        for (String key : keys.subList(0, keys.size() - 1)) {
            parent = parent.get(key) instanceof ObjectNode child ? child : parent.putObject(key);
        }
        parent.set(keys.get(keys.size() - 1), value == null || value.isMissingNode() ? root.nullNode() : value);
    }

    private static List<String> split(String path) {
        for (String section : FLAT_SECTIONS) {
            if (path.startsWith(section + ".")) {
                List<String> keys = new ArrayList<>(List.of(section.split("\\.")));
                keys.add(path.substring(section.length() + 1));
                return keys;
            }
        }
        return List.of(path.split("\\.", -1));
    }

    private static String position(JsonProcessingException failure) {
        JsonLocation location = failure.getLocation();
        return location == null ? "" : ":" + location.getLineNr() + ":" + location.getColumnNr();
    }

    private static String firstLine(String message) {
        return message == null ? "not valid" : message.lines().findFirst().orElse("not valid");
    }
}
