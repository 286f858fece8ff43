package io.promptmill.udf.weights;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names that Hugging Face transformers gives to the tensors of one kind of model, and those of GGUF. Immutable and
 * thread-safe.
 */
final class TensorNames {
    private static final Pattern EXPERT = Pattern.compile("(.{1,200}\\.experts)\\.(\\d{1,5})\\.(\\w{1,40})");
    private static final Pattern LAYER = Pattern.compile("(\\d{1,5})\\.(.{1,400})");
    /** Towers for images and sound, which take no part in text. */
    private static final List<String> OTHER_TOWERS = List.of(
            "vision_tower.",
            "vision_model.",
            "multi_modal_projector.",
            "model.vision_tower.",
            "model.multi_modal_projector.");
    /** Tables and masks that old versions of transformers saved along with the weights. */
    private static final List<String> DERIVED = List.of(
            "rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias", ".attn.bias", ".attn.masked_bias");

    private final String root;
    private final String layers;
    private final Map<String, String> modules;
    private final Map<String, String> layerModules;

    /**
     * A tensor's name in GGUF.
     *
     * @param expert number of the expert whose part of the tensor it is, or -1
     */
    record Target(String name, int expert) {}

    private TensorNames(String root, String layers, Map<String, String> modules, Map<String, String> layerModules) {
        this.root = root;
        this.layers = layers;
        this.modules = modules;
        this.layerModules = layerModules;
    }

    /**
     * @param root what names may begin with, such as {@code model.}
     * @param layers what follows it for a layer, such as {@code layers.}
     * @param modules lines of a name after the root, and the GGUF name, both without ending
     * @param layerModules the same for names after the layer's number
     */
    static TensorNames of(String root, String layers, String modules, String layerModules) {
        return new TensorNames(root, layers, table(modules), table(layerModules));
    }

    /** These names and, before them, others for layers. */
    TensorNames with(String moreLayerModules) {
        Map<String, String> all = new HashMap<>(layerModules);
        all.putAll(table(moreLayerModules));
        return new TensorNames(root, layers, modules, Map.copyOf(all));
    }

    private static Map<String, String> table(String lines) {
        Map<String, String> table = new HashMap<>();
        lines.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(line -> {
            String[] names = line.split(" +");
            table.put(names[0], names[1]);
        });
        return Map.copyOf(table);
    }

    /** True for tensors that a model computes without: towers for images, and tables derived from the settings. */
    static boolean isLeftOut(String name) {
        return OTHER_TOWERS.stream().anyMatch(name::startsWith)
                || DERIVED.stream().anyMatch(name::endsWith);
    }

    /** The name in GGUF; empty for one that this kind of model does not have. */
    Optional<Target> find(String name) {
        String plain = name.replace("language_model.", "");
        String inner = plain.startsWith(root) ? plain.substring(root.length()) : plain;
        int dot = inner.lastIndexOf('.');
        String ending = dot < 0 ? "" : inner.substring(dot);
        if (!ending.equals(".weight") && !ending.equals(".bias")) {
            return Optional.empty();
        }
        String module = inner.substring(0, dot);
        Matcher layer = LAYER.matcher(module.startsWith(layers) ? module.substring(layers.length()) : "");
        if (!layer.matches()) {
            return Optional.ofNullable(modules.get(module)).map(known -> new Target(known + ending, -1));
        }
        Matcher expert = EXPERT.matcher(layer.group(2));
        boolean isExpert = expert.matches();
        String known = layerModules.get(isExpert ? expert.group(1) + "." + expert.group(3) : layer.group(2));
        return Optional.ofNullable(known)
                .filter(found -> found.endsWith("_exps") == isExpert)
                .map(found -> new Target(
                        "blk." + Integer.parseInt(layer.group(1)) + "." + found + ending,
                        isExpert ? Integer.parseInt(expert.group(2)) : -1));
    }
}
