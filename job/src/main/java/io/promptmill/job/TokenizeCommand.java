package io.promptmill.job;

import io.promptmill.udf.tokenizer.Tokenizer;
import io.promptmill.udf.tokenizer.TokenizerFactory;
import io.promptmill.udf.weights.ModelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints the token ids of a text. */
@Command(
        name = "tokenize",
        description = "Prints the token ids of a text: --text, or all of standard input as one text.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class TokenizeCommand implements Callable<Integer> {

    @Parameters(paramLabel = "MODEL", description = "path or URI of a GGUF file")
    private String model;

    @Option(names = "--text", paramLabel = "TEXT", description = "text to tokenize")
    private String text;

    @Option(names = "--special", description = "adds the begin-of-text token that the model asks for")
    private boolean special;

    @Option(names = "--pieces", description = "prints a line for each token: its id and its spelling")
    private boolean pieces;

    @Override
    public Integer call() throws IOException {
        String input = text == null ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : text;
        try (ModelFile file = ModelFile.open(ModelFiles.local(model))) {
            Tokenizer tokenizer = TokenizerFactory.create(file.metadata());
            int[] tokens = tokenizer.encode(input, special);
            if (pieces) {
                for (int token : tokens) {
                    System.out.println(token + "\t" + tokenizer.piece(token));
                }
            } else {
                System.out.println(
                        Arrays.stream(tokens).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
            }
        }
        System.out.flush();
        return 0;
    }
}
