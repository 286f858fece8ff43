package io.promptmill.udf.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptmill.udf.ConformanceData;
import io.promptmill.udf.error.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Real templates against the text, or the refusal, of the reference engine. */
final class ConformanceChatTemplateTest {
    /** Templates that must stay exact; of others the failures are only counted. */
    private static final Set<String> EXACT = Set.of(
            "Apertus-8B-Instruct",
            "Apriel-1.6-15b-Thinker-fixed",
            "ByteDance-Seed-OSS",
            "Cohere2MoE",
            "CohereForAI-c4ai-command-r-plus-tool_use",
            "GLM-4.6",
            "GLM-4.7-Flash",
            "GigaChat3-10B-A1.8B",
            "HuggingFaceTB-SmolLM3-3B",
            "Kimi-K2-Instruct",
            "Kimi-K2-Thinking",
            "LFM2.5-8B-A1B",
            "LFM2.5-Instruct",
            "MiMo-VL",
            "MiniMax-M3",
            "Mistral-Small-3.2-24B-Instruct-2506",
            "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
            "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
            "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
            "Qwen-QwQ-32B",
            "Qwen-Qwen2.5-7B-Instruct",
            "Qwen-Qwen3-0.6B",
            "Qwen3-Coder",
            "Qwen3.5-4B",
            "StepFun3.5-Flash",
            "deepseek-ai-DeepSeek-R1-Distill-Llama-8B",
            "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
            "deepseek-ai-DeepSeek-V3.2",
            "deepseek-ai-DeepSeek-V4-Flash-0731",
            "deepseek-ai-DeepSeek-V4",
            "google-gemma-2-2b-it",
            "google-gemma-4-31B-it-interleaved",
            "google-gemma-4-31B-it",
            "ibm-granite-granite-4.0",
            "ibm-granite-granite-4.1",
            "llama-cpp-deepseek-r1",
            "meetkai-functionary-medium-v3.1",
            "meetkai-functionary-medium-v3.2",
            "meta-llama-Llama-3.1-8B-Instruct",
            "meta-llama-Llama-3.3-70B-Instruct",
            "microsoft-Phi-3.5-mini-instruct",
            "mistralai-Ministral-3-14B-Reasoning-2512",
            "moonshotai-Kimi-K2",
            "openai-gpt-oss-120b",
            "openbmb-MiniCPM5-1B",
            "poolside-Laguna-XS-2.1",
            "poolside-Laguna-XS.2",
            "tencent-Hy3",
            "unsloth-mistral-Devstral-Small-2507",
            "upstage-Solar-Open-100B");

    @Test
    void rendersAsTheReferenceEngine() throws IOException {
        Path folder = ConformanceData.folder("chat-templates").orElse(null);
        assumeTrue(folder != null, "no folder chat-templates in the conformance data");
        Map<String, String> sources = new TreeMap<>();
        Map<String, String> failures = new TreeMap<>();
        int cases = 0;
        for (JsonNode entry :
                new ObjectMapper().readTree(folder.resolve("cases.json").toFile())) {
            cases++;
            String file = entry.get("template").asText();
            if (!sources.containsKey(file)) {
                sources.put(file, Files.readString(folder.resolve(file)));
            }
            String failure = run(entry, sources.get(file));
            if (failure != null) {
                failures.put(file + " / " + entry.get("case").asText(), failure);
            }
        }
        System.out.println("chat templates: " + (cases - failures.size()) + " of " + cases + " cases of "
                + sources.size() + " templates as the reference engine");
        failures.forEach((name, failure) -> System.out.println("  " + name + ": " + failure));
        assertTrue(cases > 0, "cases.json lists no case");
        failures.keySet().removeIf(name -> !EXACT.contains(name.substring(0, name.indexOf(".jinja"))));
        assertEquals(Map.of(), failures);
    }

    private static String run(JsonNode entry, String source) {
        LocalDateTime now = LocalDateTime.parse(entry.get("now").asText());
        ChatTemplate template = new ChatTemplate(
                entry.get("template").asText(),
                source,
                entry.get("bos_token").asText(),
                entry.get("eos_token").asText());
        List<ChatMessage> messages = new ArrayList<>();
        entry.get("messages")
                .forEach(message -> messages.add(new ChatMessage(
                        message.get("role").asText(), message.get("content").asText())));
        boolean refused = entry.has("error");
        try {
            String text =
                    template.render(messages, entry.get("add_generation_prompt").asBoolean(), Map.of(), now);
            if (refused) {
                return "rendered; the reference engine refuses it: "
                        + entry.get("error").asText();
            }
            String expected = entry.get("expected").asText();
            return expected.equals(text) ? null : difference(expected, text);
        } catch (RequestException e) {
            return refused ? null : e.getMessage();
        }
    }

    private static String difference(String expected, String actual) {
        int at = 0;
        while (at < Math.min(expected.length(), actual.length()) && expected.charAt(at) == actual.charAt(at)) {
            at++;
        }
        return "differs at " + at + ": expected <" + near(expected, at) + ">, got <" + near(actual, at) + ">";
    }

    private static String near(String text, int at) {
        return text.substring(Math.max(0, at - 20), Math.min(text.length(), at + 40))
                .replace("\n", "\\n");
    }
}
