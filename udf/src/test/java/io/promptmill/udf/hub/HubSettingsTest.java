package io.promptmill.udf.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.promptmill.udf.error.ConfigException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HubSettingsTest {
    @Test
    void theEnvironmentDecides() {
        HubSettings none = HubSettings.of(Map.of("HF_TOKEN", " ", "HF_ENDPOINT", ""));
        assertEquals(URI.create("https://huggingface.co"), none.endpoint());
        assertNull(none.token());
        HubSettings given = HubSettings.of(Map.of(
                "HF_ENDPOINT", "https://hub.example/prefix/", "HF_TOKEN", "hf_a\n", "HUGGING_FACE_HUB_TOKEN", "hf_b"));
        assertEquals(URI.create("https://hub.example/prefix"), given.endpoint());
        assertEquals("hf_a", given.token());
        assertEquals(
                "hf_b", HubSettings.of(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_b")).token());
        assertFalse(given.toString().contains("hf_a"));
    }

    @Test
    void theTokenIsForTheEndpointAlone() {
        HubSettings settings = HubSettings.of(Map.of("HF_ENDPOINT", "https://hub.example"));
        assertTrue(settings.isOwn(URI.create("https://HUB.example:443/a")));
        for (String other : List.of(
                "http://hub.example/a", "https://hub.example:8443/a", "https://cdn.hub.example/a", "https:/a")) {
            assertFalse(settings.isOwn(URI.create(other)), other);
        }
    }

    @Test
    void badValuesAreRefusedAndNotRepeated() {
        for (Map<String, String> environment : List.of(
                Map.of("HF_TOKEN", "hf_se cret"),
                Map.of("HF_TOKEN", "hf_se\u00E9cret"),
                Map.of("HF_ENDPOINT", "ftp://secret"),
                Map.of("HF_ENDPOINT", "secret"),
                Map.of("HF_ENDPOINT", "https://user:secret@host"),
                Map.of("HF_ENDPOINT", "https://se cret"))) {
            ConfigException refused = assertThrows(ConfigException.class, () -> HubSettings.of(environment));
            String name = environment.keySet().iterator().next();
            assertTrue(refused.getMessage().startsWith(name), refused.getMessage());
            assertFalse(refused.getMessage().contains("cret"), refused.getMessage());
        }
    }
}
