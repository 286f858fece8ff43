package io.promptmill.udf.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.RandomLora;
import io.promptmill.udf.engine.EngineConfig;
import io.promptmill.udf.error.ConfigException;
import io.promptmill.udf.prompt.PromptSpec;
import io.promptmill.udf.sampler.SamplingParameters;
import io.promptmill.udf.weights.ModelFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Rows that name their adapters, under Spark. */
class AdapterColumnTest {
    private static final Path DEMO = Path.of("../datasets/demo-model/promptmill-demo-q8_0.gguf");
    private static final StructType SCHEMA = StructType.fromDDL("id int, prompt string, style string");
    private static final String[] STYLES = {"plain", null, "bold", "", "plain", "bolt"};

    @TempDir
    private Path folder;

    private AdapterSpec.Entry write(String name, int seed) {
        try (ModelFile base = ModelFile.open(DEMO)) {
            Path path =
                    new RandomLora(seed, 8, 1.2, RandomLora.ALL).writeTo(folder.resolve(name + seed + ".gguf"), base);
            return new AdapterSpec.Entry(name, path.toString(), 1);
        }
    }

    private static List<Row> run(int partitions, EngineConfig engine, AdapterSpec adapters) {
        SamplingParameters sampling = SamplingParameters.DEFAULT.toBuilder()
                .temperature(0.8)
                .seed(2)
                .maxTokens(24)
                .build();
        GenerateSpec spec = new GenerateSpec(
                        DEMO.toAbsolutePath().normalize().toString(),
                        "id",
                        new PromptSpec(PromptSpec.Source.COLUMN, "prompt", null, null),
                        sampling,
                        Map.of(),
                        engine)
                .withAdapters(adapters);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            rows.add(RowFactory.create(i, "Tell me a story about a ball and a kite.", STYLES[i % STYLES.length]));
        }
        Dataset<Row> input = LocalSpark.session().createDataFrame(rows, SCHEMA).repartition(partitions);
        return new GenerateFunction(spec, SCHEMA, null)
                .applyTo(input).collectAsList().stream()
                        .sorted(Comparator.comparingInt(row -> row.getInt(0)))
                        .toList();
    }

    private static String completion(Row row) {
        return row.getAs(OutputSchema.COMPLETION);
    }

    @Test
    void eachRowIsServedByTheAdapterThatItNamesWhereverItIsComputed() {
        AdapterSpec named = new AdapterSpec(List.of(write("plain", 1), write("bold", 2)), null, "style");
        List<Row> expected = run(1, new EngineConfig(1, 512, 64, 0, 0, true, "int8", "auto"), named);
        assertEquals(expected, run(5, new EngineConfig(2, 16, 9, 0, 0, false, "int8", "auto"), named));
        List<Row> without = run(1, new EngineConfig(1, 512, 64, 0, 0, true, "int8", "auto"), AdapterSpec.NONE);
        List<Row> usual = run(
                2,
                new EngineConfig(1, 512, 64, 0, 0, true, "int8", "auto"),
                new AdapterSpec(named.entries(), "bold", "style"));
        for (int i = 0; i < expected.size(); i++) {
            String style = STYLES[i % STYLES.length];
            Row row = expected.get(i);
            if ("bolt".equals(style)) {
                assertEquals(
                        "adapter 'bolt' is not known; did you mean 'bold'? the adapters are [plain, bold]",
                        row.getAs(OutputSchema.ERROR));
                continue;
            }
            boolean none = style == null || style.isEmpty();
            assertEquals(none, completion(row).equals(completion(without.get(i))), "row " + i);
            assertEquals(!none, completion(row).equals(completion(usual.get(i))), "row " + i);
        }
    }

    @Test
    void anAdapterThatIsReplacedIsLoadedAnew() {
        EngineConfig engine = new EngineConfig(2, 64, 16, 0, 0, true, "int8", "auto");
        AdapterSpec.Entry entry = write("bold", 2);
        List<Row> first = run(1, engine, new AdapterSpec(List.of(entry), "bold", null));
        AdapterSpec.Entry other = write("bold", 3);
        List<Row> second = run(1, engine, new AdapterSpec(List.of(other), "bold", null));
        List<Row> weaker =
                run(1, engine, new AdapterSpec(List.of(new AdapterSpec.Entry("bold", entry.path(), 0)), "bold", null));
        List<Row> without = run(1, engine, AdapterSpec.NONE);
        assertNotEquals(
                first.stream().map(AdapterColumnTest::completion).toList(),
                second.stream().map(AdapterColumnTest::completion).toList());
        assertEquals(without, weaker);
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingRuns() {
        AdapterSpec.Entry bold = new AdapterSpec.Entry("bold", "bold.gguf", 1);
        refuse("two adapters are named 'bold'", () -> new AdapterSpec(List.of(bold, bold), null, null));
        refuse(
                "adapter 'bolt' is not known; did you mean 'bold'? the adapters are [bold]",
                () -> new AdapterSpec(List.of(bold), "bolt", null));
        refuse("the job has no adapters; list them", () -> new AdapterSpec(List.of(), "bold", null));
        refuse("column 'style' is to name each row's adapter", () -> new AdapterSpec(List.of(), null, "style"));
        refuse("the scale of adapter 'b' is NaN", () -> new AdapterSpec.Entry("b", "b.gguf", Double.NaN));
        refuse("adapter 'b' has no path", () -> new AdapterSpec.Entry("b", " ", 1));
        refuse(
                "adapter column 'stile' is not a column of the input; did you mean 'style'?",
                () -> function(new AdapterSpec(List.of(bold), null, "stile")));
        refuse(
                "adapter column 'id' is of type int; expected string",
                () -> function(new AdapterSpec(List.of(bold), null, "id")));
    }

    private static void function(AdapterSpec adapters) {
        GenerateSpec spec = LocalSpark.spec(null, LocalSpark.column("prompt"), Map.of());
        new GenerateFunction(spec.withAdapters(adapters), SCHEMA, null, new StubSource("none"));
    }

    private static void refuse(String part, Executable attempt) {
        String message = assertThrows(ConfigException.class, attempt).getMessage();
        assertTrue(message.contains(part), message);
    }
}
