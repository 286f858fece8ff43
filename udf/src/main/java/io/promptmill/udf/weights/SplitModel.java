package io.promptmill.udf.weights;

import io.promptmill.udf.error.ModelFileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds, opens and joins the parts of a model in several files. */
final class SplitModel {
    private static final String REMEDY = ". Download all parts again, from one place";

    private SplitModel() {}

    /**
     * All parts of the model that {@code opened} belongs to, in order; {@code opened} alone where it is whole.
     *
     * @throws ModelFileException where a part is missing (the message names it) or does not belong to the others
     */
    static List<GgufPart> openAll(GgufPart opened, int windowBytes) {
        int count = opened.count();
        if (count == 1) {
            return List.of(opened);
        }
        SplitName.check(opened.path(), opened.index(), count);
        List<GgufPart> parts = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            parts.add(index == opened.index() ? opened : openSibling(opened, index, windowBytes));
        }
        return parts;
    }

    private static GgufPart openSibling(GgufPart opened, int index, int windowBytes) {
        int count = opened.count();
        Path path = SplitName.sibling(opened.path(), opened.index(), count, index);
        if (!Files.exists(path)) {
            throw new ModelFileException(path + ": no such file; " + opened.path() + " is part " + (opened.index() + 1)
                    + " of " + count + " and needs all of them beside it. Download this part too");
        }
        GgufPart part = GgufPart.open(path, windowBytes);
        if (part.count() != count || part.index() != index) {
            throw new ModelFileException(path + ": says that it is part " + (part.index() + 1) + " of " + part.count()
                    + "; expected part " + (index + 1) + " of " + count + REMEDY);
        }
        return part;
    }

    /**
     * The tensors of all parts.
     *
     * @throws ModelFileException where two parts have a tensor of one name, or there are not as many as the first says
     */
    static Map<String, StoredTensor> join(List<GgufPart> parts) {
        if (parts.size() == 1) {
            return parts.get(0).header().tensors();
        }
        Map<String, StoredTensor> joined = new LinkedHashMap<>();
        for (GgufPart part : parts) {
            part.header().tensors().forEach((name, tensor) -> {
                if (joined.put(name, tensor) != null) {
                    throw new ModelFileException(part.path() + ": tensor " + Quoted.of(name)
                            + " is in an earlier part as well; expected it once" + REMEDY);
                }
            });
        }
        GgufPart first = parts.get(0);
        int expected = first.header().metadata().integerOr("split.tensors.count", joined.size(), 0, Integer.MAX_VALUE);
        if (joined.size() != expected) {
            throw new ModelFileException(first.path() + ": key 'split.tensors.count' is " + expected + ", but the "
                    + parts.size() + " parts hold " + joined.size() + " tensors" + REMEDY);
        }
        return Collections.unmodifiableMap(joined);
    }
}
