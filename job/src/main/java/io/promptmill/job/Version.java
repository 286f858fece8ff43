package io.promptmill.job;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the jar. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        Properties properties = new Properties();
        try (InputStream stream = Version.class.getResourceAsStream("promptmill.properties")) {
            properties.load(stream);
        }
        return new String[] {"promptmill " + properties.getProperty("version")};
    }
}
